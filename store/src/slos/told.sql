-- When were findings of a kind open within a time?
SELECT
    detail,
    toUnixTimestamp64Milli(detected_at) AS from_ms,
    ifNull(toUnixTimestamp64Milli(closed_at), {to_ms:Int64}) AS to_ms
FROM findings FINAL
WHERE kind = {kind:String} AND state IN ('open', 'closed')
  AND detected_at < fromUnixTimestamp64Milli({to_ms:Int64})
  AND (closed_at IS NULL OR closed_at > fromUnixTimestamp64Milli({from_ms:Int64}))
ORDER BY detected_at, id
LIMIT {limit:UInt32}
