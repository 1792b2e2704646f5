    )
SELECT c.function_id AS function_id, c.version AS version, c.trigger AS trigger, sum(c.good) AS good, sum(c.total) AS total
FROM counted AS c
INNER JOIN matching AS f ON toString(f.function_id) = c.function_id
WHERE arrayStringConcat(arrayMap(b -> multiIf(
    b = 'provider', toString(f.provider), b = 'account', toString(f.account), b = 'region', toString(f.region),
    b = 'function', c.function_id, b = 'version', c.version, c.trigger), {by:Array(String)}), '\x1f') = {group:String}
GROUP BY function_id, version, trigger
ORDER BY total - good DESC
LIMIT {limit:UInt32}
