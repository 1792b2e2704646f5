-- Which functions sent anything since then?
SELECT
    toString(function_id) AS function_id,
    toString(platform) AS platform,
    toString(runtime) AS runtime,
    toString(architecture) AS architecture,
    CAST(memory_size_mb, 'Nullable(UInt32)') AS memory_size_mb
FROM functions FINAL
WHERE last_seen >= toDateTime({since_s:UInt32})
ORDER BY first_seen, function_id
