CREATE OR REPLACE VIEW deploys AS
SELECT
    function_id,
    version,
    turn,
    min(since) AS at,
    argMax(teller, (rank, told_at)) AS source,
    arraySort(groupUniqArray(teller)) AS sources,
    argMaxIf(by_whom, (rank, told_at), by_whom != '') AS who,
    argMaxIf(revision, (rank, told_at), revision != '') AS commit,
    argMaxIf(link, (rank, told_at), link != '') AS url,
    argMaxIf(remark, (rank, told_at), remark != '') AS note,
    argMaxIf(changed, (rank, told_at), changed != '') AS changes
FROM
(
    SELECT
        *,
        transform(toString(teller), ['telemetry', 'audit', 'api'], [1, 2, 3], 0) AS rank,
        sum(begins) OVER
            (PARTITION BY function_id ORDER BY since, version, teller
             ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS turn
    FROM
    (
        SELECT
            function_id,
            version,
            at AS since,
            source AS teller,
            who AS by_whom,
            commit AS revision,
            url AS link,
            note AS remark,
            changes AS changed,
            told_at,
            lagInFrame(version, 1, '\0') OVER before AS version_before,
            lagInFrame(at, 1, at) OVER before AS at_before,
            version != version_before
                OR dateDiff('second', at_before, at) > if(version IN ('', '$LATEST'), 600, 86400) AS begins
        FROM deploy_tellings FINAL
        WINDOW before AS
            (PARTITION BY function_id ORDER BY at, version, source
             ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
    )
)
GROUP BY function_id, version, turn
