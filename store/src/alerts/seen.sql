-- Which alerts were there at some time of a window?
SELECT fingerprint, starts_at, seen_at, stand, ends_at, labels, annotations, generator_url
FROM alerts_seen FINAL
-- A source may say that it begins in the future; then it was there when it was seen.
WHERE least(starts_at, seen_at) < fromUnixTimestamp64Nano({to:Int64})
  AND if(stand = 'resolved', ends_at, toDateTime64('2262-01-01', 9)) >= fromUnixTimestamp64Nano({from:Int64})
ORDER BY starts_at DESC, fingerprint
LIMIT {limit:UInt32}
