-- Which inserts have come since then, by the server's own clock, the oldest first: whoever reads on takes their
-- rows by the insert's id, so that none is missed or read twice, in whatever order they became visible. What we found
-- ourselves (security_logs.rs) is nobody's telemetry.
SELECT InsertId AS insert_id, toUnixTimestamp(min(InsertedAt)) AS at_s, count() AS rows
FROM {table:Identifier}
WHERE InsertedAt >= toDateTime({since_s:UInt32}) AND bitShiftRight(InsertId, 32) != {own:UInt64}
GROUP BY InsertId
ORDER BY at_s, insert_id
LIMIT {limit:UInt32}
