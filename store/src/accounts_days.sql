-- On which days do these functions have facts without an account?
SELECT DISTINCT toUInt16(day) AS day
FROM invocation_facts
WHERE function_key IN {keys:Array(String)}
  AND account = ''
  AND ingested_at > fromUnixTimestamp64Milli({since:Int64})
ORDER BY day
