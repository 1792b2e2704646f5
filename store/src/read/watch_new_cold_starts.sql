-- Cold starts that newly stored facts tell of. What is known of each is put together from all its facts.
WITH
    (
        SELECT (min(start_min), max(start_max))
        FROM invocation_facts
        WHERE ingested_at > fromUnixTimestamp64Milli({since_ms:Int64})
          AND ingested_at <= fromUnixTimestamp64Milli({until_ms:Int64})
          AND (init_duration_ms IS NOT NULL OR init_span_duration_ms IS NOT NULL)
    ) AS span
SELECT
    function_id,
    toString(version) AS version,
    toString(init_kind) AS init_kind,
    toString(architecture) AS architecture,
    toUnixTimestamp64Milli(start) AS at_ms,
    ifNull(memory_size_mb, 0) AS memory_size_mb,
    assumeNotNull(init_duration_ms) AS init_ms,
    toString(trace_id) AS trace_id
FROM invocations
WHERE day BETWEEN toDate(span.1) - 1 AND toDate(span.2) + 1
  -- Facts of one invocation lie at most three hours apart.
  AND start_min BETWEEN span.1 - 10800 AND span.2 + 10800
  AND (function_key, invocation_id) IN
  (
      SELECT function_key, invocation_id
      FROM invocation_facts
      WHERE ingested_at > fromUnixTimestamp64Milli({since_ms:Int64})
        AND ingested_at <= fromUnixTimestamp64Milli({until_ms:Int64})
        AND (init_duration_ms IS NOT NULL OR init_span_duration_ms IS NOT NULL)
  )
  AND init_duration_ms IS NOT NULL
  AND throttled = 0
ORDER BY at_ms
