-- Which functions belong to these apps? Their names are `app/function`.
SELECT
    toString(function_id) AS function_id, toString(provider) AS provider, toString(account) AS account,
    toString(region) AS region, toString(name) AS name
FROM functions FINAL
WHERE lower(splitByChar('/', toString(name))[1]) IN {apps:Array(String)}
  AND provider = 'azure'
ORDER BY function_id
LIMIT 2000
