-- Which findings name a version of a function? Held and retracted ones were told to nobody.
SELECT
    id,
    function_id,
    version,
    toUnixTimestamp64Milli(began_at) AS began_ms,
    toUnixTimestamp64Milli(detected_at) AS detected_ms,
    toUnixTimestamp64Milli(closed_at) AS closed_ms
FROM findings FINAL
WHERE version != '' AND function_id != '' AND state IN ('open', 'closed') AND severity != 'info'
  AND ({id:String} = '' OR function_id = {id:String})
  AND detected_at >= fromUnixTimestamp64Milli({from_ms:Int64})
ORDER BY detected_at DESC, id
LIMIT {limit:UInt32}
