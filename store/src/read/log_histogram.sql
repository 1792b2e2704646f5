-- How many records match over time, by how bad they are? Same filters as log_search.sql.
SELECT
    toUInt32(intDiv(toUnixTimestamp(toDateTime(Timestamp)), {step:UInt32}) * {step:UInt32}) AS bucket_s,
    count() AS records,
    countIf(SeverityNumber >= 13 AND SeverityNumber < 17) AS warnings,
    countIf(SeverityNumber >= 17) AS errors
FROM otel_logs
WHERE toStartOfFiveMinutes(Timestamp) >= toStartOfFiveMinutes(fromUnixTimestamp64Nano({from:Int64}))
  AND toStartOfFiveMinutes(Timestamp) <= toStartOfFiveMinutes(fromUnixTimestamp64Nano({to:Int64}))
  AND Timestamp >= fromUnixTimestamp64Nano({from:Int64})
  AND Timestamp < fromUnixTimestamp64Nano({to:Int64})
  AND (NOT {by_token:Bool} OR hasToken(lower(Body), {token:String}))
  AND ({part:String} = '' OR positionCaseInsensitiveUTF8(Body, {part:String}) > 0)
  AND ({min_severity:UInt8} = 0 OR SeverityNumber >= {min_severity:UInt8})
  AND ({function:String} = '' OR FunctionId IN ({function:String}, replaceRegexpOne({function:String}, '^([^:]*):[^:]*:', '\\1::'))
       -- An id without an account means the function, whatever its account.
       OR ({function:String} = replaceRegexpOne({function:String}, '^([^:]*):[^:]*:', '\\1::')
           AND replaceRegexpOne(FunctionId, '^([^:]*):[^:]*:', '\\1::') = {function:String}))
  AND ({service:String} = '' OR ServiceName = {service:String})
  AND ({trace_id:String} = '' OR TraceId = {trace_id:String})
  AND ({key:String} = ''
       OR LogAttributes[{key:String}] = {value:String}
       OR ResourceAttributes[{key:String}] = {value:String})
GROUP BY bucket_s
ORDER BY bucket_s
LIMIT 5000
