-- Log records of a time whose body or attributes name a call that changes a function. Which calls exactly, their
-- reader knows (analyzers/src/deploys/audit): here stands only what is cheap to look for.
SELECT
    toUnixTimestamp64Nano(Timestamp) AS time_ns,
    if(length(Body) <= {bytes:UInt32}, Body, '') AS body,
    CAST(arrayFilter(p -> length(p.2) <= {bytes:UInt32},
                     arrayZip(mapKeys(LogAttributes), mapValues(LogAttributes))),
         'Array(Tuple(String, String))') AS attributes,
    CAST(arrayZip(mapKeys(ResourceAttributes), mapValues(ResourceAttributes)),
         'Array(Tuple(String, String))') AS resource
FROM otel_logs
WHERE Timestamp >= fromUnixTimestamp64Nano({from:Int64})
  AND Timestamp < fromUnixTimestamp64Nano({to:Int64})
  AND (multiSearchAnyCaseInsensitive(Body, {needles:Array(String)})
       OR arrayExists(v -> multiSearchAnyCaseInsensitive(v, {needles:Array(String)}), mapValues(LogAttributes)))
ORDER BY Timestamp
LIMIT {limit:UInt32}
