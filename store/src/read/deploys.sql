-- Which versions appeared in the window, newest first? A function's first version ever is no deploy.
SELECT function_id, version, toUnixTimestamp64Milli(at) AS at_ms, toString(source) AS source
FROM
(
    SELECT function_id, version, at, source, min(at) OVER (PARTITION BY function_id) AS first
    FROM deploys FINAL
)
WHERE at >= fromUnixTimestamp64Nano({from:Int64})
  AND at < fromUnixTimestamp64Nano({to:Int64})
  AND at > first
  AND ({id:String} = '' OR function_id = {id:String})
ORDER BY at DESC
LIMIT 200
