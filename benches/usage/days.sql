-- Usage by day of many functions on three clouds, a warm and a cold row each.
INSERT INTO usage_1d
WITH intDiv(number, 2) % {functions:UInt64} AS f, number % 2 AS cold, cityHash64(number, {day:UInt16}) AS h
SELECT
    concat(['aws:123456789012:eu-central-1:', 'aws:210987654321:us-east-1:', 'azure:5b7c2f6e:westeurope:app/', 'gcp:shop:europe-west1:'][1 + f % 4],
           'function-', toString(f)),
    toString(f % 60), ['aws_lambda', 'aws_lambda', 'azure.functions', 'gcp_cloud_run'][1 + f % 4], '', ['arm64', 'x86_64'][1 + f % 2],
    [128, 256, 512, 1024, 2048][1 + f % 5], 0, ['http', 'pubsub', 'timer'][1 + f % 3], ['', 'on-demand'][1 + cold],
    toDate({day:UInt16}), now64(3),
    4000 + h % 1000 AS invocations, 0, invocations, 0, 0, invocations * (10 + h % 100) AS ms, if(cold, 900, 0), h % 100000,
    ms * 512, ms * 1000, 0, 0, if(cold, invocations, 0), h % 10, h % 3, 0, 0, invocations, 100, 900
FROM numbers(2 * {functions:UInt64})
