-- Counts minutes of functions that match, by group.
INSERT INTO slo_minutes (measure, grp, minute, measured_at, good, total)
WITH
    matching AS
    (
        SELECT function_id, provider, account, region
        FROM functions FINAL
        WHERE (empty({providers:Array(String)}) OR arrayExists(p -> provider LIKE p, {providers:Array(String)}))
          AND (empty({accounts:Array(String)}) OR arrayExists(p -> account LIKE p, {accounts:Array(String)}))
          AND (empty({regions:Array(String)}) OR arrayExists(p -> region LIKE p, {regions:Array(String)}))
          AND (empty({names:Array(String)}) OR arrayExists(p -> name LIKE p, {names:Array(String)}))
    ),
    counted AS
    (
