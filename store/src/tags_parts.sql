-- Parts written since a moment, the newest first, as many as have some number of rows together.
SELECT name
FROM
(
    SELECT name, modification_time, sum(rows) OVER (ORDER BY modification_time DESC, name) AS rows_so_far
    FROM system.parts
    WHERE database = currentDatabase() AND table = {table:String} AND active
      AND toUnixTimestamp(modification_time) >= {since_s:UInt32}
)
WHERE rows_so_far <= {rows_max:UInt64}
