//! Passwords that are guessed.

use super::after;
use super::shop::{Request, Shop};

fn attempt(shop: &mut Shop, at: f64, user: String, client: String, agent: &str, status: u16) {
    shop.answer(&Request {
        at: after(at),
        function: "login",
        method: "POST",
        path: "/api/login".to_owned(),
        status,
        client,
        agent: agent.to_owned(),
        user,
        hostile: true,
        ..Request::default()
    });
}

pub fn stuffing(shop: &mut Shop) {
    for n in 0..300 {
        let status = if n % 60 == 59 { 200 } else { 401 };
        attempt(
            shop,
            f64::from(n),
            format!("victim{n}"),
            "203.0.113.66".to_owned(),
            "python-requests/2.32",
            status,
        );
    }
}

pub fn spread(shop: &mut Shop) {
    for n in 0..330_u32 {
        let client = format!(
            "{}.{}.{}.{}",
            100 + n % 90,
            n % 200,
            n * 7 % 250,
            3 + n % 200
        );
        let (_, agent) = shop.visitor(u64::from(n));
        let status = if n % 50 == 49 { 200 } else { 401 };
        attempt(
            shop,
            f64::from(n),
            format!("victim{n}"),
            client,
            &agent,
            status,
        );
    }
}

pub fn spraying(shop: &mut Shop) {
    for n in 0..30 {
        attempt(
            shop,
            11.0 * f64::from(n),
            format!("person{n}@shop.example"),
            "203.0.113.66".to_owned(),
            "Mozilla/5.0",
            401,
        );
    }
}

pub fn brute_force(shop: &mut Shop) {
    for n in 0..150 {
        attempt(
            shop,
            2.0 * f64::from(n),
            "admin".to_owned(),
            "203.0.113.66".to_owned(),
            "Hydra",
            401,
        );
    }
}
