-- Which versions came into use since then?
SELECT
    toString(function_id) AS function_id,
    version,
    toUnixTimestamp64Milli(at) AS at_ms,
    toString(source) AS source
FROM deploys
WHERE at >= toDateTime({since_s:UInt32})
ORDER BY at_ms
