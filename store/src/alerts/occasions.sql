-- When was this alert there?
SELECT fingerprint, starts_at, seen_at, stand, ends_at, labels, annotations, generator_url
FROM alerts_seen FINAL
WHERE fingerprint = {fingerprint:UInt64}
ORDER BY starts_at DESC
LIMIT 50
