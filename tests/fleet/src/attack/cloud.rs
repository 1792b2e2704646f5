//! What the cloud's audit log tells.

use super::after;
use super::shop::{Entry, Shop};
use crate::time::SECOND;

pub fn sweep(shop: &mut Shop) {
    for n in 0..30 {
        let secret = format!("prod/service{n}/password");
        let entry = Entry {
            source: "secretsmanager.amazonaws.com",
            call: "GetSecretValue",
            principal: "user/intern",
            address: "203.0.113.66",
            agent: "aws-cli/2.27",
            target: ("secretId", &secret),
        };
        shop.audit(after(f64::from(n) * 2.0), &entry, true);
    }
}

pub fn stolen(shop: &mut Shop) {
    let entry = Entry {
        source: "s3.amazonaws.com",
        call: "ListBuckets",
        principal: "assumed-role/checkout-role/checkout",
        address: "203.0.113.66",
        agent: "python-requests/2.32",
        target: ("bucketName", "orders"),
    };
    shop.audit(after(1.0), &entry, true);
}

pub fn impossible(shop: &mut Shop) {
    let call = |shop: &mut Shop, at, address: &str, agent: &str, hostile| {
        let entry = Entry {
            source: "s3.amazonaws.com",
            call: "GetObject",
            principal: "user/exporter",
            address,
            agent,
            target: ("bucketName", "orders"),
        };
        shop.audit(at, &entry, hostile);
    };
    for n in 0..100 {
        call(
            shop,
            n * 6 * SECOND,
            "52.94.8.9",
            "aws-sdk-java/2.31 Linux/5.10",
            false,
        );
    }
    call(shop, after(2.0), "203.0.113.66", "S3-Tool/1.0", true);
}

pub fn tampering(shop: &mut Shop) {
    shop.code_change(
        after(1.0),
        "user/intern",
        "aws-cli/2.27",
        "203.0.113.66",
        "checkout",
        true,
    );
}
