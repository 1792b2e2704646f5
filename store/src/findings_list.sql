-- Which findings held in a time, the open ones first?
SELECT
    id, revision, kind, scope, subject, function_id, version, detail, state, severity, confidence, p_value,
    began_at, detected_at, updated_at, closed_at, closed_because, title, sentence,
    relative, relative_low, relative_high, before, after, unit, ms_per_month, micro_usd_per_month, evidence
FROM findings FINAL
WHERE if({state:String} = '', state != 'retracted', state = {state:String})
  AND ({kind:String} = '' OR kind = {kind:String})
  AND ({function_id:String} = '' OR function_id = {function_id:String})
  AND ({severity:String} = '' OR severity = {severity:String})
  AND (state = 'open' OR ifNull(closed_at, updated_at) >= fromUnixTimestamp64Milli({since_ms:Int64}))
  AND ({until_ms:Int64} = 0 OR began_at < fromUnixTimestamp64Milli({until_ms:Int64}))
ORDER BY state = 'open' DESC, detected_at DESC, id
LIMIT {limit:UInt32}
