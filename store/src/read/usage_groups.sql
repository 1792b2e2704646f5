-- What did each group use on each day? Beside the group only what prices depend on is told apart.
WITH
    splitByChar(':', toString(u.function_id)) AS parts,
    replaceAll(replaceAll(parts[2], '%3A', ':'), '%25', '%') AS account,
    replaceAll(replaceAll(parts[3], '%3A', ':'), '%25', '%') AS region
SELECT
    multiIf(
        {by:String} = 'function', toString(u.function_id),
        {by:String} = 'version', concat(toString(u.function_id), '\n', toString(u.version)),
        {by:String} = 'provider', parts[1],
        {by:String} = 'account', account,
        {by:String} = 'region', region,
        {by:String} = 'trigger', toString(u.trigger),
        {by:String} = 'tag', transform(toString(u.function_id), {tagged:Array(String)}, {values:Array(String)}, ''),
        '') AS key,
    toUnixTimestamp(toDateTime(u.day, 'UTC')) AS day_s,
    concat(parts[1], ':', parts[2], ':', parts[3], ':-') AS place,
    toString(u.platform) AS platform,
    toString(u.plan) AS plan,
    toString(u.architecture) AS architecture,
    u.memory_mb AS memory_mb,
    u.vcpu_milli AS vcpu_milli,
    toString(u.init_kind) AS init_kind,
    sum(u.invocations) AS invocations,
    sum(u.billed_ms) AS billed_ms,
    sum(u.billed_mb_ms) AS billed_mb_ms
FROM usage_1d AS u FINAL
WHERE u.day BETWEEN toDate({first_day:UInt16}) AND toDate({last_day:UInt16})
  AND (empty({keys:Array(String)}) OR has({keys:Array(String)}, key))
GROUP BY key, day_s, place, platform, plan, architecture, memory_mb, vcpu_milli, init_kind
HAVING invocations > 0
