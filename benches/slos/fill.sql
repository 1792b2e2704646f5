-- Rows of one measure: each group has so many events in each step, of which one in a thousand is bad.
INSERT INTO {table:Identifier}
SELECT
    {measure:String}, toString(number % {groups:UInt64}) AS grp,
    toDateTime({from_s:UInt32} + intDiv(number, {groups:UInt64}) * {step_s:UInt32}), now64(3),
    {events:UInt64} - intDiv({events:UInt64}, 1000), {events:UInt64}
FROM numbers({groups:UInt64} * {steps:UInt64})
