-- Which functions are meant: by their id or their name? Six of a name are enough to say that it is not unique.
SELECT
    toString(function_id) AS function_id, toString(provider) AS provider, toString(account) AS account,
    toString(region) AS region, toString(name) AS name
FROM functions FINAL
WHERE (function_id IN {ids:Array(String)} OR name IN {names:Array(String)})
  -- Seen without its account first: the same function, told in full since.
  AND (account != '' OR (provider, region, name) NOT IN
      (SELECT provider, region, name FROM functions FINAL WHERE account != ''
       GROUP BY provider, region, name HAVING count() = 1))
ORDER BY last_seen DESC
LIMIT 6 BY name
LIMIT 2000
