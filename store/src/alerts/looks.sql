-- What was decided when a group was looked at that this alert was in?
SELECT at, group_key, part, path, receiver, next_at, alerts, seen, more, told
FROM alerts_looks FINAL
WHERE at >= fromUnixTimestamp64Nano({from:Int64}) AND at < fromUnixTimestamp64Nano({to:Int64})
  AND has(alerts, {fingerprint:UInt64})
ORDER BY at DESC, group_key
LIMIT {limit:UInt32}
