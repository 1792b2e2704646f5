-- From where did data ever arrive? Ticks the cards of the Connect page.
SELECT
    toString(platform) AS platform,
    toString(runtime) AS runtime,
    count() AS functions,
    toUnixTimestamp64Milli(min(first_seen)) AS first_ms,
    toUnixTimestamp64Milli(max(last_seen)) AS last_ms
FROM functions FINAL
GROUP BY platform, runtime
ORDER BY functions DESC
LIMIT 500
