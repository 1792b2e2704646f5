-- Which attributes tell functions apart? Those most functions carry come first.
SELECT toString(key) AS tag
FROM function_tags
GROUP BY tag
ORDER BY uniq(function_id) DESC, tag
LIMIT 60
