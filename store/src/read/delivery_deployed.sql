-- Which versions came into use, by function and time? Where a function's history begins is no deploy, unless
-- somebody announced it; but a rollback may lead back to it.
SELECT function_id, version, at_ms, counts
FROM
(
    SELECT
        toString(function_id) AS function_id,
        version,
        toUnixTimestamp64Milli(at) AS at_ms,
        toUInt8(turn > 1 OR source IN ('api', 'audit')) AS counts
    FROM deploys
    WHERE ({id:String} = '' OR function_id = {id:String}) AND at < fromUnixTimestamp64Milli({to_ms:Int64})
    ORDER BY at DESC
    LIMIT {limit:UInt32}
)
ORDER BY function_id, at_ms, version
