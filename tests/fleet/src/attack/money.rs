//! Costs that somebody runs up.

use super::after;
use super::beat::Span;
use super::shop::{Request, Shop};
use crate::time::SECOND;

fn call(at: f64, path: &str, query: String, client: String, agent: &str) -> Request {
    Request {
        at: after(at),
        function: "storefront",
        method: "GET",
        path: path.to_owned(),
        query,
        status: 200,
        client,
        agent: agent.to_owned(),
        hostile: true,
        ..Request::default()
    }
}

pub fn flood(shop: &mut Shop) {
    for n in 0..9_000_u32 {
        let client = format!("203.0.113.{}", 60 + n % 3);
        shop.answer(&call(
            f64::from(n) / 60.0,
            "/search",
            format!("q={n}"),
            client,
            "Go-http-client/2.0",
        ));
    }
}

pub fn botnet(shop: &mut Shop) {
    for n in 0..9_000_u32 {
        let bot = n * 7919 % 900;
        let client = format!(
            "{}.{}.{}.{}",
            100 + bot % 90,
            bot % 200,
            bot * 3 % 250,
            3 + bot % 200
        );
        shop.answer(&call(
            f64::from(n) / 60.0,
            "/search",
            format!("q=x{n}"),
            client,
            "Mozilla/5.0 (compatible; MSIE 9.0)",
        ));
    }
}

pub fn dear(shop: &mut Shop) {
    for n in 0..4_000_u32 {
        let bot = n * 7919 % 700;
        let client = format!(
            "{}.{}.{}.{}",
            100 + bot % 90,
            bot % 200,
            bot * 3 % 250,
            3 + bot % 200
        );
        let (_, agent) = shop.visitor(u64::from(bot));
        let mut request = call(
            f64::from(n) / 30.0,
            "/search",
            format!("q=%25&size={}", 9_000 + n),
            client,
            &agent,
        );
        request.duration_ms = 8_000.0;
        shop.answer(&request);
    }
}

pub fn recursion(shop: &mut Shop) {
    let mut sent = shop.ids();
    for round in 0..20 {
        let at = after(f64::from(round) * 1.5);
        for (function, queue, next) in [
            ("orders-worker", "orders", "images"),
            ("image-resize", "images", "orders"),
        ] {
            let taken = shop.consume(at, function, sent, queue, "{}", true);
            sent = shop.publish(at, function, taken, next);
        }
    }
}

pub fn pool(shop: &mut Shop) {
    for n in 0..20 {
        let ids = shop.ids();
        shop.outbound(
            after(f64::from(n)),
            "checkout",
            ids,
            "pool.supportxmr.com",
            300.0,
            true,
        );
    }
}

pub fn plateau(shop: &mut Shop) {
    for n in 0..40_u64 {
        let ids = shop.ids();
        let mut beat = shop
            .beat(
                after(0.0) + n * 8 * SECOND,
                "orders-worker",
                ids,
                Span::Consumer,
            )
            .with("faas.trigger", "pubsub")
            .with("messaging.operation.type", "process")
            .with("messaging.destination.name", "orders")
            .with("process.cpu.utilization", 0.97);
        beat.duration_ms = 59_950.0 + (n % 5) as f64 * 8.0;
        beat.hostile = true;
        shop.say(beat);
    }
}
