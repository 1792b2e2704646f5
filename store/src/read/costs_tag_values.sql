-- Which functions carry a tag, and what did it say last?
SELECT toString(function_id) AS function_id, argMax(value, last_seen) AS value
FROM function_tags
WHERE key = {key:String}
GROUP BY function_id
LIMIT {limit:UInt32}
