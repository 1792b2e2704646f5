-- Versions in telemetry of which telemetry has not told yet. Where one was announced within the day before its
-- first invocation, that said all there is to say.
SELECT
    toString(seen.function_id) AS function_id,
    toString(seen.version) AS version,
    seen.first_minute_s AS first_minute_s,
    seen.function_id IN (SELECT function_id FROM deploy_tellings) AS function_known
FROM
(
    SELECT function_id, version, toUnixTimestamp(min(minute)) AS first_minute_s
    FROM invocations_1m AS rollup FINAL
    WHERE minute >= toDateTime({since:Int64})
      AND rollup.invocations > 0
      AND version NOT IN ('', '$LATEST')
      AND (function_id, version) NOT IN
          (SELECT function_id, version FROM deploy_tellings WHERE source IN ('baseline', 'telemetry'))
    GROUP BY function_id, version
) AS seen
LEFT JOIN
(
    SELECT function_id, version, groupArray(toUnixTimestamp(at)) AS announced
    FROM deploy_tellings
    WHERE source IN ('api', 'audit')
    GROUP BY function_id, version
) AS told ON told.function_id = seen.function_id AND told.version = seen.version
WHERE NOT arrayExists(at -> at < seen.first_minute_s + 60 AND at + 86400 > seen.first_minute_s, told.announced)
ORDER BY first_minute_s, version
LIMIT 10000
