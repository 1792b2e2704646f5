-- Which functions were seen without an account, while exactly one account is known for their name? The id
-- without an account is the key of their facts.
SELECT
    replaceRegexpOne(id, '^([^:]*):[^:]*:', '\\1::') AS function_key,
    anyIf(part, part != '') AS account,
    toUnixTimestamp64Milli(now64(3)) AS now_ms
FROM
(
    SELECT toString(function_id) AS id, splitByChar(':', id)[2] AS part
    FROM functions
    GROUP BY id
)
GROUP BY function_key
HAVING countIf(part = '') = 1 AND countIf(part != '') = 1
ORDER BY function_key
