-- By which resource attributes can costs be split? Those of most functions first.
SELECT toString(key) AS key, uniqExact(function_id) AS functions, uniqExact(value) AS values
FROM function_tags
GROUP BY key
ORDER BY functions DESC, key
LIMIT 500
