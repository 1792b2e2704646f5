-- What was tried in a window?
SELECT at, message, attempt, receiver, kind, nth, group_key, took_ms, request, status, failure, reason, retry_at
FROM alerts_attempts FINAL
WHERE at >= fromUnixTimestamp64Nano({from:Int64}) AND at < fromUnixTimestamp64Nano({to:Int64})
  AND ({receiver:String} = '' OR receiver = {receiver:String})
  AND ({failed:UInt8} = 0 OR failure != '')
ORDER BY at DESC, message
LIMIT {limit:UInt32}
