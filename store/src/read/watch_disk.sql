-- How much is stored, and how much room is left where it is?
SELECT
    toUInt64(ifNull((SELECT sum(bytes_on_disk) FROM system.parts WHERE database = currentDatabase()), 0)) AS stored_bytes,
    toUInt64(sum(free_space)) AS free_bytes,
    count() AS disks
FROM system.disks
WHERE name IN (SELECT DISTINCT disk_name FROM system.parts WHERE database = currentDatabase())
