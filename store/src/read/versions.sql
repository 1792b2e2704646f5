SELECT
    function_id,
    version,
    toUnixTimestamp(min(minute)) AS first_minute_s,
    function_id IN (SELECT function_id FROM deploys) AS function_known
FROM invocations_1m AS rollup FINAL
WHERE minute >= toDateTime({since:Int64})
  AND rollup.invocations > 0
  AND version NOT IN ('', '$LATEST')
  AND (function_id, version) NOT IN (SELECT function_id, version FROM deploys)
GROUP BY function_id, version
ORDER BY first_minute_s, version
LIMIT 10000
