-- Which configuration decided then?
SELECT at, text
FROM alerts_configs FINAL
WHERE at <= fromUnixTimestamp64Nano({at:Int64})
ORDER BY at DESC
LIMIT 1
