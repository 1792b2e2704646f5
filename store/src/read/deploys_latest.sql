-- The newest deploy of each of these functions.
SELECT toString(function_id) AS function_id, argMax(version, turn) AS version, toUnixTimestamp64Milli(max(at)) AS at_ms
FROM deploys
WHERE function_id IN {ids:Array(String)}
GROUP BY function_id
