-- What is bad, by function, version and trigger?
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
