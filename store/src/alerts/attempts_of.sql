-- What became of these messages?
SELECT at, message, attempt, receiver, kind, nth, group_key, took_ms, request, status, failure, reason, retry_at
FROM alerts_attempts FINAL
WHERE at >= fromUnixTimestamp64Nano({from:Int64}) AND at < fromUnixTimestamp64Nano({to:Int64})
  AND has({messages:Array(String)}, message)
ORDER BY at, message
LIMIT {limit:UInt32}
