"""A checkout function as a team would deploy it. It knows nothing of the test around it."""

import json
import logging
import time

from opentelemetry import metrics, trace
from opentelemetry.trace import SpanKind

log = logging.getLogger("checkout")
tracer = trace.get_tracer("checkout")
meter = metrics.get_meter("checkout")
orders = meter.create_counter("checkout.orders", unit="{order}", description="Orders taken")
order_value = meter.create_histogram(
    "checkout.order.value", unit="EUR", description="What an order is worth"
)


class OutOfStock(Exception):
    """The one failure this function has: it fails the invocation, as an unhandled error does."""


def handler(event, context):
    """Takes every order in `event`: an API Gateway request, an SQS batch or a schedule."""
    taken = [take(order, context) for order in orders_in(event)]
    return {"statusCode": 201, "body": json.dumps({"orders": taken})}


def orders_in(event):
    if "Records" in event:
        return [json.loads(record["body"]) for record in event["Records"]]
    if "body" in event:
        return [json.loads(event["body"])]
    return [event["detail"]]


def take(order, context):
    with tracer.start_as_current_span("price order") as span:
        span.set_attribute("checkout.order.id", order["id"])
        value = round(order["quantity"] * order["unit_price"], 2)
        time.sleep(0.002)
    reserve(order)
    log.info(
        "order %s accepted", order["id"],
        extra={"checkout.order.value": value, "faas.invocation_id": context.aws_request_id},
    )
    orders.add(1, {"checkout.channel": order["channel"]})
    order_value.record(value, {"checkout.channel": order["channel"]})
    return {"id": order["id"], "value": value}


def reserve(order):
    attributes = {
        "db.system.name": "aws.dynamodb",
        "db.operation.name": "PutItem",
        "db.collection.name": "reservations",
    }
    name = "PutItem reservations"
    with tracer.start_as_current_span(name, kind=SpanKind.CLIENT, attributes=attributes):
        time.sleep(0.003)
        if order["sku"] == "sold-out":
            log.error("out of stock", extra={"checkout.sku": order["sku"]})
            raise OutOfStock(f"sku {order['sku']} is out of stock")
