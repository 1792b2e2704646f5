// A checkout function as a team would deploy it. It knows nothing of the test around it.
"use strict";
const { setTimeout: pause } = require("node:timers/promises");
const { metrics, trace, SpanKind, SpanStatusCode } = require("@opentelemetry/api");
const { logs, SeverityNumber } = require("@opentelemetry/api-logs");

const tracer = trace.getTracer("checkout");
const logger = logs.getLogger("checkout");
const meter = metrics.getMeter("checkout");
const orders = meter.createCounter("checkout.orders", {
  unit: "{order}",
  description: "Orders taken",
});
const orderValue = meter.createHistogram("checkout.order.value", {
  unit: "EUR",
  description: "What an order is worth",
});

// The one failure this function has: it fails the invocation, as an unhandled error does.
class OutOfStock extends Error {
  name = "OutOfStock";
}

// Takes every order in `event`: an API Gateway request, an SQS batch or a schedule.
exports.handler = async (event, context) => {
  const taken = [];
  for (const order of ordersIn(event)) taken.push(await take(order, context));
  return { statusCode: 201, body: JSON.stringify({ orders: taken }) };
};

function ordersIn(event) {
  if (event.Records) return event.Records.map((record) => JSON.parse(record.body));
  return event.body ? [JSON.parse(event.body)] : [event.detail];
}

async function take(order, context) {
  const value = await inSpan("price order", {}, async (span) => {
    span.setAttribute("checkout.order.id", order.id);
    await pause(2);
    return Math.round(order.quantity * order.unit_price * 100) / 100;
  });
  await reserve(order);
  logger.emit({
    severityNumber: SeverityNumber.INFO,
    severityText: "INFO",
    body: `order ${order.id} accepted`,
    attributes: { "checkout.order.value": value, "faas.invocation_id": context.awsRequestId },
  });
  orders.add(1, { "checkout.channel": order.channel });
  orderValue.record(value, { "checkout.channel": order.channel });
  return { id: order.id, value };
}

function reserve(order) {
  const attributes = {
    "db.system.name": "aws.dynamodb",
    "db.operation.name": "PutItem",
    "db.collection.name": "reservations",
  };
  return inSpan("PutItem reservations", { kind: SpanKind.CLIENT, attributes }, async () => {
    await pause(3);
    if (order.sku !== "sold-out") return;
    logger.emit({
      severityNumber: SeverityNumber.ERROR,
      severityText: "ERROR",
      body: { message: "out of stock", sku: order.sku },
    });
    throw new OutOfStock(`sku ${order.sku} is out of stock`);
  });
}

function inSpan(name, options, work) {
  return tracer.startActiveSpan(name, options, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      span.recordException(error);
      span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
      throw error;
    } finally {
      span.end();
    }
  });
}
