-- Which resource attributes the newest spans and log records carry, by function. What varies per sandbox, process or
-- trace is no tag: such keys are skipped by name, and any other once a function has shown more than 16 values of it.
INSERT INTO function_tags (function_id, key, value, last_seen)
SELECT function_id, key, one.1, one.2
FROM
(
    SELECT function_id, key, groupArray(17)((value, at)) AS found
    FROM
    (
        SELECT FunctionId AS function_id, key, value, max(toDateTime(Timestamp)) AS at
        FROM otel_traces
        ARRAY JOIN mapKeys(ResourceAttributes) AS key, mapValues(ResourceAttributes) AS value
        WHERE _part IN {span_parts:Array(String)} AND FunctionId != ''
        GROUP BY function_id, key, value
        UNION ALL
        SELECT FunctionId AS function_id, key, value, max(toDateTime(Timestamp)) AS at
        FROM otel_logs
        ARRAY JOIN mapKeys(ResourceAttributes) AS key, mapValues(ResourceAttributes) AS value
        WHERE _part IN {log_parts:Array(String)} AND FunctionId != ''
        GROUP BY function_id, key, value
    )
    WHERE value != '' AND length(key) <= 100 AND length(value) <= 200 AND NOT match(key, {varying:String})
      AND (function_id, key) NOT IN
          (SELECT function_id, key FROM function_tags GROUP BY function_id, key HAVING uniqExact(value) > 16)
    GROUP BY function_id, key
    HAVING length(found) <= 16
    ORDER BY function_id, key
    LIMIT 64 BY function_id
)
ARRAY JOIN found AS one
