-- Which value of one resource attribute does each function carry? The one seen last.
SELECT toString(function_id) AS function_id, argMax(t.value, (t.last_seen, t.value)) AS value
FROM function_tags AS t
WHERE key = {key:String}
GROUP BY function_id
ORDER BY function_id
LIMIT 100000
