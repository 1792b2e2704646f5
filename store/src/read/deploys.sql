-- Which versions came into use in the window, newest first? Where a function's history begins is no deploy,
-- unless somebody announced it.
SELECT
    toString(function_id) AS function_id, version, toUnixTimestamp64Milli(at) AS at_ms, toString(source) AS source,
    arrayMap(s -> toString(s), sources) AS sources, who, commit, url, note, changes
FROM deploys
WHERE ({id:String} = '' OR function_id = {id:String})
  AND at >= fromUnixTimestamp64Nano({from:Int64})
  AND at < fromUnixTimestamp64Nano({to:Int64})
  AND (turn > 1 OR source IN ('api', 'audit'))
ORDER BY at DESC, function_id, version
LIMIT {limit:UInt32}
