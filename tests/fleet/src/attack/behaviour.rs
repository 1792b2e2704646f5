//! Functions that do what they never did.

use super::beat::Span;
use super::shop::Shop;
use super::{START, after};

pub fn egress(shop: &mut Shop) {
    for n in 0..15 {
        let ids = shop.ids();
        shop.outbound(
            after(f64::from(n) * 4.0),
            "checkout",
            ids,
            "collect.metrics-cdn.example.net",
            900.0,
            true,
        );
    }
}

pub fn drop_host(shop: &mut Shop) {
    let ids = shop.ids();
    shop.outbound(after(1.0), "checkout", ids, "a81c.oast.fun", 900.0, true);
}

pub fn bytes(shop: &mut Shop) {
    for n in 0..8 {
        let ids = shop.ids();
        shop.outbound(
            after(f64::from(n) * 2.0),
            "checkout",
            ids,
            "api.payments.example",
            4e6,
            true,
        );
    }
}

pub fn trigger(shop: &mut Shop) {
    for n in 0..10 {
        let sent = shop.ids();
        shop.consume(
            after(f64::from(n) * 3.0),
            "orders-worker",
            sent,
            "replay-7f3a",
            "{}",
            true,
        );
    }
}

pub fn library(shop: &mut Shop) {
    for n in 0..10 {
        let ids = shop.ids();
        let mut beat = shop.beat(after(f64::from(n) * 3.0), "checkout", ids, Span::Client);
        beat.library = "left-pad-telemetry";
        beat.hostile = true;
        shop.say(beat);
    }
}

pub fn callee(shop: &mut Shop) {
    let ids = shop.ids();
    let mut beat = shop
        .beat(after(1.0), "checkout", ids, Span::Client)
        .with("rpc.system", "aws-api")
        .with("rpc.service", "IAM")
        .with("rpc.method", "CreateAccessKey");
    beat.hostile = true;
    shop.say(beat);
}

pub fn silence(shop: &mut Shop) {
    let begin = shop.begin();
    let mut reports = Vec::new();
    for beat in shop.said().iter() {
        if beat.function == "storefront" && beat.span == Span::Server {
            reports.push((beat.at - begin, beat.duration_ms));
        }
    }
    shop.said()
        .retain(|beat| beat.function != "storefront" || beat.at - begin < START);
    for (at, duration_ms) in reports {
        let text = format!(
            "REPORT RequestId: 4a\tDuration: {duration_ms:.2} ms\tBilled Duration: {duration_ms:.0} ms\tMemory Size: 512 MB"
        );
        shop.log(at, "storefront", &text).hostile = at >= START;
    }
}
