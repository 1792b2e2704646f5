-- Which functions are known? One row each; the page filters, sorts and counts facets itself.
SELECT
    function_id,
    toString(provider) AS provider,
    toString(account) AS account,
    toString(region) AS region,
    toString(name) AS name,
    toString(platform) AS platform,
    toString(runtime) AS runtime,
    toString(architecture) AS architecture,
    toString(service_name) AS service_name,
    CAST(memory_size_mb, 'Nullable(UInt32)') AS memory_size_mb,
    toUnixTimestamp64Milli(first_seen) AS first_seen_ms,
    toUnixTimestamp64Milli(last_seen) AS last_seen_ms,
    last_span IS NOT NULL AS sends_spans,
    last_log IS NOT NULL AS sends_logs,
    last_metric IS NOT NULL AS sends_metrics
FROM functions FINAL
WHERE ({id:String} = '' OR function_id = {id:String}
       -- Log lines and metrics may name it without its account.
       OR replaceRegexpOne(function_id, '^([^:]*):[^:]*:', '\\1::') = {id:String})
  -- Seen without its account first: the same function, told in full since. With two accounts of one name
  -- nobody can say which is meant: then it stays one of its own.
  AND (account != '' OR (provider, region, name) NOT IN
      (SELECT provider, region, name FROM functions FINAL WHERE account != ''
       GROUP BY provider, region, name HAVING count() = 1))
ORDER BY function_id = {id:String} DESC, last_seen DESC
LIMIT {limit:UInt32}
