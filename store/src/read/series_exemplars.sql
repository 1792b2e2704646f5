-- Values of one metric that name the trace they were observed in, newest first.
SELECT toUnixTimestamp64Milli(at_one) AS at_ms, value_one AS value, trace_one AS trace_id
FROM
(
    SELECT Exemplars.TimeUnix AS at, Exemplars.Value AS value, Exemplars.TraceId AS trace
    FROM otel_metrics_gauge
    WHERE TimeUnix >= fromUnixTimestamp64Nano({from:Int64})
      AND TimeUnix < fromUnixTimestamp64Nano({to:Int64})
      AND MetricName = {name:String}
      AND FunctionId IN ({function:String}, replaceRegexpOne({function:String}, '^([^:]*):[^:]*:', '\\1::'))
      AND ({service:String} = '' OR ServiceName = {service:String})
      AND notEmpty(Exemplars.TraceId)
    UNION ALL
    SELECT Exemplars.TimeUnix AS at, Exemplars.Value AS value, Exemplars.TraceId AS trace
    FROM otel_metrics_histogram
    WHERE TimeUnix >= fromUnixTimestamp64Nano({from:Int64})
      AND TimeUnix < fromUnixTimestamp64Nano({to:Int64})
      AND MetricName = {name:String}
      AND FunctionId IN ({function:String}, replaceRegexpOne({function:String}, '^([^:]*):[^:]*:', '\\1::'))
      AND ({service:String} = '' OR ServiceName = {service:String})
      AND notEmpty(Exemplars.TraceId)
    UNION ALL
    SELECT Exemplars.TimeUnix AS at, Exemplars.Value AS value, Exemplars.TraceId AS trace
    FROM otel_metrics_exp_histogram
    WHERE TimeUnix >= fromUnixTimestamp64Nano({from:Int64})
      AND TimeUnix < fromUnixTimestamp64Nano({to:Int64})
      AND MetricName = {name:String}
      AND FunctionId IN ({function:String}, replaceRegexpOne({function:String}, '^([^:]*):[^:]*:', '\\1::'))
      AND ({service:String} = '' OR ServiceName = {service:String})
      AND notEmpty(Exemplars.TraceId)
)
ARRAY JOIN at AS at_one, value AS value_one, trace AS trace_one
WHERE trace_one != '' AND {step:UInt32} > 0
ORDER BY at_ms DESC
LIMIT least(200, {limit:UInt32})
