-- Under which ids touched functions may have invocations: their accounts may become known late, and differ.
SELECT DISTINCT concat(splitByChar(':', function_key)[1], ':', account, substring(function_key, position(function_key, ':') + 1)) AS function_id
FROM invocation_facts
WHERE function_key IN {function_keys:Array(String)}
  AND day BETWEEN toDate(toDateTime({first_hour_s:UInt32})) - 1 AND toDate(toDateTime({last_hour_s:UInt32})) + 1
  AND {hours_s:Array(UInt32)} != []
ORDER BY function_id
