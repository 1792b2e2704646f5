"""Runs the checkout function as AWS Lambda would and exports what OpenTelemetry sees of it.

Prints one JSON line with the truth (ids, outcomes, counts) for a test to compare, and exits 1 if
the SDK gave up on anything it had to export.
"""

import argparse
import hashlib
import json
import logging
import os
import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

ACCOUNT, REGION, MEMORY_MB = "123456789012", "eu-central-1", 512


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--protocol", choices=["grpc", "http/protobuf"], required=True)
    parser.add_argument("--endpoint", required=True, help="http://127.0.0.1:4317 or :4318")
    parser.add_argument("--invocations", type=int, default=4)
    parser.add_argument("--failures", type=int, default=1, help="how many of them, the last, fail")
    parser.add_argument("--function", default="checkout-python")
    parser.add_argument("--version", default="42")
    parser.add_argument("--header", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--compression", choices=["none", "gzip"], default="none")
    parser.add_argument("--bare", action="store_true", help="no resource detector")
    return parser.parse_args()


def lambda_environment(args):
    """What the Lambda service and the function's owner set, before any import of the SDK."""
    stream = hashlib.sha256(f"{args.function}:{os.getpid()}".encode()).hexdigest()[:32]
    os.environ.update(
        _HANDLER="checkout.handler",
        AWS_EXECUTION_ENV="AWS_Lambda_python3.12",
        AWS_LAMBDA_FUNCTION_NAME=args.function,
        AWS_LAMBDA_FUNCTION_VERSION=args.version,
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE=str(MEMORY_MB),
        AWS_LAMBDA_LOG_GROUP_NAME=f"/aws/lambda/{args.function}",
        AWS_LAMBDA_LOG_STREAM_NAME=f"2026/11/23/[{args.version}]{stream}",
        AWS_REGION=REGION,
        OTEL_SERVICE_NAME=args.function,
        OTEL_EXPORTER_OTLP_ENDPOINT=args.endpoint,
        OTEL_EXPORTER_OTLP_HEADERS=",".join(args.header),
        OTEL_EXPORTER_OTLP_TIMEOUT="5",
        OTEL_EXPERIMENTAL_RESOURCE_DETECTORS="otel" if args.bare else "aws_lambda,otel",
    )
    if args.compression != "none":  # the gRPC exporter refuses the word "none"
        os.environ["OTEL_EXPORTER_OTLP_COMPRESSION"] = args.compression


class Complaints(logging.Handler):
    """The SDK reports exports that were retried (warnings) or failed only to its own logger."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.warnings, self.errors = [], []

    def emit(self, record):
        where = self.errors if record.levelno >= logging.ERROR else self.warnings
        where.append(f"{record.name}: {record.getMessage()}")


def exporters(protocol):
    package = "grpc" if protocol == "grpc" else "http"
    root = f"opentelemetry.exporter.otlp.proto.{package}"
    return (
        import_module(f"{root}.trace_exporter").OTLPSpanExporter(),
        import_module(f"{root}.metric_exporter").OTLPMetricExporter(),
        import_module(f"{root}._log_exporter").OTLPLogExporter(),
    )


def start_sdk(protocol):
    """The three providers, and what passed through them for the test to compare."""
    from opentelemetry import _logs, metrics, trace
    from opentelemetry.instrumentation.aws_lambda import AwsLambdaInstrumentor
    from opentelemetry.instrumentation.logging import LoggingInstrumentor
    from opentelemetry.sdk._logs import LoggerProvider, LogRecordProcessor
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    witness = SimpleNamespace(spans=[], logs=0)

    class SpanWitness(SpanProcessor):
        def on_end(self, span):
            witness.spans.append(span)

    class LogWitness(LogRecordProcessor):
        def on_emit(self, _record):
            witness.logs += 1

        def shutdown(self):
            pass

        def force_flush(self, timeout_millis=30000):
            return True

    span_exporter, metric_exporter, log_exporter = exporters(protocol)
    tracers, loggers = TracerProvider(), LoggerProvider()
    tracers.add_span_processor(SpanWitness())
    tracers.add_span_processor(BatchSpanProcessor(span_exporter))
    loggers.add_log_record_processor(LogWitness())
    loggers.add_log_record_processor(BatchLogRecordProcessor(log_exporter))
    meters = MeterProvider([PeriodicExportingMetricReader(metric_exporter)])
    trace.set_tracer_provider(tracers)
    metrics.set_meter_provider(meters)
    _logs.set_logger_provider(loggers)
    LoggingInstrumentor().instrument()
    AwsLambdaInstrumentor().instrument()
    return tracers, meters, loggers, witness


def order(number, sold_out):
    return {
        "id": f"o-{number:04}", "sku": "sold-out" if sold_out else f"sku-{number % 7}",
        "quantity": 1 + number % 3, "unit_price": 19.9, "channel": ("web", "app")[number % 2],
    }


def event(number, body):
    """The three shapes a function meets most: an HTTP request, a queue's batch, a schedule."""
    caller = hashlib.sha256(f"caller {number} {os.getpid()}".encode()).hexdigest()
    traceparent = f"00-{caller[:32]}-{caller[32:48]}-01"
    if number % 3 == 0:
        http = {"method": "POST", "path": "/orders", "userAgent": "curl/8.5.0"}
        return {
            "version": "2.0", "rawPath": "/orders", "rawQueryString": "",
            "headers": {
                "host": "shop.example.com", "x-forwarded-proto": "https",
                "traceparent": traceparent,
            },
            "requestContext": {"domainName": "shop.example.com", "http": http},
            "body": json.dumps(body),
        }
    if number % 3 == 1:
        return {"Records": [{
            "messageId": f"m-{number}", "eventSource": "aws:sqs", "body": json.dumps(body),
            "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders",
            # This SDK links to the sender's W3C header, the Node one to AWS's own AWSTraceHeader.
            "messageAttributes": {
                "traceparent": {"dataType": "String", "stringValue": traceparent},
            },
        }]}
    return {"source": "aws.events", "detail-type": "Scheduled Event", "detail": body}


def request_id(args, number):
    digest = hashlib.sha256(f"{args.function} {os.getpid()} {number}".encode()).hexdigest()
    return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))


def invoke(args, arn):
    """Every invocation in turn, in one process: the first one is the cold start."""
    checkout = import_module("checkout")
    done = []
    for number in range(args.invocations):
        context = SimpleNamespace(
            function_name=args.function, function_version=args.version,
            invoked_function_arn=f"{arn}:live", memory_limit_in_mb=str(MEMORY_MB),
            aws_request_id=request_id(args, number),
            log_group_name=os.environ["AWS_LAMBDA_LOG_GROUP_NAME"],
            log_stream_name=os.environ["AWS_LAMBDA_LOG_STREAM_NAME"],
        )
        fails = number >= args.invocations - args.failures
        outcome = "ok"
        try:
            checkout.handler(event(number, order(number, fails)), context)
        except checkout.OutOfStock:
            outcome = "error"
        done.append({"request_id": context.aws_request_id, "outcome": outcome})
    return done


def main():
    args = arguments()
    sys.path.insert(0, str(Path(__file__).parent))
    lambda_environment(args)
    logging.getLogger().setLevel(logging.INFO)
    complaints = Complaints()
    sdk_logger = logging.getLogger("opentelemetry")
    sdk_logger.addHandler(complaints)
    # Else a failed export of logs is itself a log to export, and the last flush never ends.
    sdk_logger.propagate = False
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{args.function}"

    tracers, meters, loggers, witness = start_sdk(args.protocol)
    invocations = invoke(args, arn)
    for provider in (loggers, meters, tracers):
        provider.force_flush()
        provider.shutdown()

    roots = {s.attributes.get("faas.invocation_id"): s for s in witness.spans}
    for invocation in invocations:
        span = roots[invocation["request_id"]]
        invocation["trace_id"] = f"{span.context.trace_id:032x}"
        invocation["span_id"] = f"{span.context.span_id:016x}"
        invocation["trigger"] = span.attributes.get("faas.trigger")
    print(json.dumps({
        "emitter": "python", "protocol": args.protocol, "service_name": args.function,
        "function": {
            "provider": "aws", "account": ACCOUNT, "region": REGION, "name": args.function,
            "version": args.version, "arn": arn, "memory_mb": MEMORY_MB,
            "instance": os.environ["AWS_LAMBDA_LOG_STREAM_NAME"],
        },
        "invocations": invocations,
        "spans": len(witness.spans), "logs": witness.logs,
        "metrics": ["checkout.orders", "checkout.order.value"],
        "warnings": complaints.warnings, "errors": complaints.errors,
    }))
    return 1 if complaints.errors else 0


if __name__ == "__main__":
    sys.exit(main())
