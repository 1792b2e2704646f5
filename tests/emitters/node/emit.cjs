// Runs the checkout function as AWS Lambda would and exports what OpenTelemetry sees of it.
//
// Prints one JSON line with the truth (ids, outcomes, counts) for a test to compare, and exits 1
// if the SDK gave up on anything it had to export. Packages are found through NODE_PATH, so that
// they can live outside the source tree.
"use strict";
const { createHash } = require("node:crypto");
const { parseArgs } = require("node:util");

const ACCOUNT = "123456789012";
const REGION = "eu-central-1";
const MEMORY_MB = 512;
const PROTOCOLS = ["grpc", "http/protobuf", "http/json"];

function parse() {
  const text = (value) => ({ type: "string", default: value });
  const { values } = parseArgs({
    options: {
      protocol: text(),
      endpoint: text(),
      invocations: text("4"),
      failures: text("1"),
      function: text("checkout-node"),
      version: text("7"),
      header: { type: "string", multiple: true, default: [] },
      compression: text("none"),
      bare: { type: "boolean", default: false },
    },
  });
  if (!PROTOCOLS.includes(values.protocol) || !values.endpoint) {
    console.error(`usage: emit.cjs --protocol ${PROTOCOLS.join("|")} --endpoint URL [options]`);
    process.exit(2);
  }
  return values;
}

const sha256 = (text) => createHash("sha256").update(text).digest("hex");

// What the Lambda service and the function's owner set, before anything of the SDK is loaded.
function lambdaEnvironment(args) {
  const stream = sha256(`${args.function}:${process.pid}`).slice(0, 32);
  Object.assign(process.env, {
    _HANDLER: "checkout.handler",
    LAMBDA_TASK_ROOT: __dirname,
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs22.x",
    AWS_LAMBDA_FUNCTION_NAME: args.function,
    AWS_LAMBDA_FUNCTION_VERSION: args.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(MEMORY_MB),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${args.function}`,
    AWS_LAMBDA_LOG_STREAM_NAME: `2026/11/23/[${args.version}]${stream}`,
    AWS_REGION: REGION,
    OTEL_SERVICE_NAME: args.function,
    OTEL_TRACES_EXPORTER: "otlp",
    OTEL_LOGS_EXPORTER: "otlp",
    OTEL_METRICS_EXPORTER: "otlp",
    OTEL_EXPORTER_OTLP_PROTOCOL: args.protocol,
    OTEL_EXPORTER_OTLP_ENDPOINT: args.endpoint,
    OTEL_EXPORTER_OTLP_COMPRESSION: args.compression,
    OTEL_EXPORTER_OTLP_HEADERS: args.header.join(","),
    OTEL_EXPORTER_OTLP_TIMEOUT: "5000",
    // A function that freezes cannot keep a running total honestly, so Lambda layers send deltas.
    OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: "delta",
  });
}

// Counts what passes an exporter and keeps its failures: the SDK itself only logs them.
function watched(signal, protocol, seen) {
  const kind = { grpc: "grpc", "http/protobuf": "proto", "http/json": "http" }[protocol];
  const exporter = Object.entries(require(`@opentelemetry/exporter-${signal}-otlp-${kind}`))
    .filter(([name]) => /^OTLP(Trace|Metric|Log)Exporter$/.test(name))
    .map(([, Exporter]) => new Exporter())[0];
  const send = exporter.export.bind(exporter);
  exporter.export = (items, done) => {
    if (Array.isArray(items)) seen[signal].push(...items);
    send(items, (result) => {
      if (result.code !== 0) seen.errors.push(`${signal}: ${result.error?.message}`);
      done(result);
    });
  };
  return exporter;
}

function startSdk(args, seen) {
  const { NodeSDK, api, logs, metrics, resources, tracing } = require("@opentelemetry/sdk-node");
  const { AwsLambdaInstrumentation } = require("@opentelemetry/instrumentation-aws-lambda");
  const { awsLambdaDetector } = require("@opentelemetry/resource-detector-aws");
  const exporter = (signal) => watched(signal, args.protocol, seen);
  const aggregation = { type: metrics.AggregationType.EXPONENTIAL_HISTOGRAM };
  const instrumentation = new AwsLambdaInstrumentation();
  const sdk = new NodeSDK({
    instrumentations: [instrumentation],
    resourceDetectors: [resources.envDetector, ...(args.bare ? [] : [awsLambdaDetector])],
    spanProcessors: [new tracing.BatchSpanProcessor(exporter("trace"))],
    logRecordProcessors: [new logs.BatchLogRecordProcessor({ exporter: exporter("logs") })],
    metricReaders: [new metrics.PeriodicExportingMetricReader({ exporter: exporter("metrics") })],
    views: [{ instrumentName: "checkout.order.value", aggregation }],
  });
  sdk.start();
  // The SDK registers instrumentations before it has a provider they could flush; Lambda layers do
  // it afterwards, so that spans leave before the function freezes.
  instrumentation.setTracerProvider(api.trace.getTracerProvider());
  return sdk;
}

const order = (number, soldOut) => ({
  id: `o-${String(number).padStart(4, "0")}`,
  sku: soldOut ? "sold-out" : `sku-${number % 7}`,
  quantity: 1 + (number % 3),
  unit_price: 19.9,
  channel: ["web", "app"][number % 2],
});

// The three shapes a function meets most: an HTTP request, a queue's batch, a schedule.
function event(number, detail) {
  const body = JSON.stringify(detail);
  if (number % 3 === 0) {
    const caller = sha256(`caller ${number} ${process.pid}`);
    const traceparent = `00-${caller.slice(0, 32)}-${caller.slice(32, 48)}-01`;
    const headers = { host: "shop.example.com", "x-forwarded-proto": "https", traceparent };
    const http = { method: "POST", path: "/orders", userAgent: "curl/8.5.0" };
    const requestContext = { domainName: "shop.example.com", http };
    return { version: "2.0", rawPath: "/orders", headers, requestContext, body };
  }
  if (number % 3 === 1) {
    const AWSTraceHeader =
      "Root=1-6352a70e-1e2c502e358361800241fd45;Parent=35465b3a9e2f7c6a;Sampled=1";
    const record = {
      messageId: `m-${number}`,
      eventSource: "aws:sqs",
      eventSourceARN: `arn:aws:sqs:${REGION}:${ACCOUNT}:orders`,
      attributes: { AWSTraceHeader },
      messageAttributes: {},
      body,
    };
    return { Records: [record] };
  }
  return { source: "aws.events", "detail-type": "Scheduled Event", detail };
}

function lambdaContext(args, arn, number) {
  const id = sha256(`${args.function} ${process.pid} ${number}`);
  const parts = [id.slice(0, 8), id.slice(8, 12), id.slice(12, 16), id.slice(16, 20)];
  return {
    functionName: args.function,
    functionVersion: args.version,
    invokedFunctionArn: `${arn}:live`,
    memoryLimitInMB: String(MEMORY_MB),
    awsRequestId: [...parts, id.slice(20, 32)].join("-"),
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
  };
}

// Every invocation in turn, in one process: the first one is the cold start.
async function invoke(args, arn) {
  const { handler } = require("./checkout.cjs");
  const done = [];
  const count = Number(args.invocations);
  for (let number = 0; number < count; number += 1) {
    const context = lambdaContext(args, arn, number);
    const fails = number >= count - Number(args.failures);
    const outcome = await handler(event(number, order(number, fails)), context).then(
      () => "ok",
      () => "error",
    );
    done.push({ request_id: context.awsRequestId, outcome });
  }
  return done;
}

async function main() {
  const args = parse();
  lambdaEnvironment(args);
  const { diag, DiagLogLevel } = require("@opentelemetry/api");
  const seen = { trace: [], logs: [], metrics: [], errors: [], warnings: [] };
  const ignore = () => {};
  const keep = (...words) => seen.warnings.push(words.map(String).join(" ").slice(0, 500));
  const logger = { verbose: ignore, debug: ignore, info: ignore, warn: keep, error: keep };
  diag.setLogger(logger, DiagLogLevel.WARN);
  const arn = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${args.function}`;

  const sdk = startSdk(args, seen);
  const invocations = await invoke(args, arn);
  await sdk.shutdown().catch((error) => seen.errors.push(String(error)));

  const roots = new Map(seen.trace.map((s) => [s.attributes["faas.invocation_id"], s]));
  for (const invocation of invocations) {
    const span = roots.get(invocation.request_id);
    const { traceId, spanId } = span.spanContext();
    Object.assign(invocation, {
      trace_id: traceId,
      span_id: spanId,
      trigger: span.attributes["faas.trigger"] ?? null,
      cold_start: span.attributes["faas.coldstart"],
    });
  }
  const name = args.function;
  const instance = process.env.AWS_LAMBDA_LOG_STREAM_NAME;
  console.log(
    JSON.stringify({
      emitter: "node",
      protocol: args.protocol,
      service_name: name,
      function: {
        provider: "aws", account: ACCOUNT, region: REGION, name,
        version: args.version, arn, memory_mb: MEMORY_MB, instance,
      },
      invocations,
      spans: seen.trace.length,
      logs: seen.logs.length,
      metrics: ["checkout.orders", "checkout.order.value"],
      warnings: seen.warnings,
      errors: seen.errors,
    }),
  );
  process.exit(seen.errors.length > 0 ? 1 : 0);
}

main();
