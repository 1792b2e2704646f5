-- Tells the account of invocations that nobody told it of. The start goes along because it merges by min.
-- Facts are sorted by function and invocation, so this needs no memory for those it has passed.
INSERT INTO invocation_facts (function_key, invocation_id, day, account, start_min, start_max)
SELECT
    function_key,
    invocation_id,
    toDate({day:UInt16}) AS on_day,
    transform(toString(function_key), {keys:Array(String)}, {accounts:Array(String)}, '') AS told,
    min(start_min),
    max(start_max)
FROM invocation_facts
WHERE function_key IN {keys:Array(String)}
  AND day = toDate({day:UInt16})
  AND ingested_at > fromUnixTimestamp64Milli({since:Int64})
GROUP BY function_key, invocation_id
HAVING max(account) = ''
SETTINGS optimize_aggregation_in_order = 1
