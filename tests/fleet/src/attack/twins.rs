//! What looks like an attack and is none.

use super::beat::Span;
use super::shop::{Entry, Request, Shop};
use super::{REST, START, after};
use crate::time::SECOND;

fn page(shop: &Shop, at: f64, visitor: u64, path: &str) -> Request {
    let (client, agent) = shop.visitor(visitor);
    Request {
        at: after(at),
        function: "storefront",
        method: "GET",
        path: path.to_owned(),
        status: 200,
        client,
        agent,
        ..Request::default()
    }
}

/// Ten times the visitors within a minute, most to one page, out of everywhere.
pub fn marketing(shop: &mut Shop) {
    for n in 0..12_000_u64 {
        let visitor = 1_000 + shop.chance.below(6_000);
        let landing = shop.chance.chance(0.6);
        let mut request = page(
            shop,
            n as f64 / 40.0,
            visitor,
            if landing { "/sale" } else { "/products" },
        );
        request.client = format!(
            "{}.{}.{}.{}",
            20 + visitor % 160,
            visitor / 60 % 200,
            visitor % 250,
            1 + visitor % 97
        );
        request.query = if landing {
            "utm_source=mail&utm_campaign=spring".to_owned()
        } else {
            String::new()
        };
        request.referer = !landing || shop.chance.chance(0.3);
        shop.answer(&request);
        if n % 12 == 0 {
            shop.visit(after(n as f64 / 40.0));
        }
    }
}

/// A message to all phones: one program, many people, many logins.
pub fn push(shop: &mut Shop) {
    for n in 0..6_000_u64 {
        let visitor = 2_000 + shop.chance.below(4_000);
        let mut request = page(shop, n as f64 / 30.0, visitor, "/products/77");
        request.client = format!(
            "{}.{}.{}.{}",
            20 + visitor % 160,
            visitor / 60 % 200,
            visitor % 250,
            1 + visitor % 97
        );
        request.agent = "ShopApp/5.2.1 (iOS 18.5)".to_owned();
        request.user = format!("user{visitor}");
        if n % 4 == 0 {
            request.function = "login";
            request.method = "POST";
            request.path = "/api/login".to_owned();
            request.status = if shop.chance.chance(0.1) { 401 } else { 200 };
        }
        shop.answer(&request);
    }
}

/// A new version calls a new host, with a new library and new queries.
pub fn deploy(shop: &mut Shop) {
    let from = shop.begin() + START;
    for beat in shop.said().iter_mut().filter(|beat| beat.at >= from) {
        beat.version = "42".to_owned();
    }
    shop.deploy("42");
    for n in 0..100 {
        let ids = shop.ids();
        let at = after(5.0 + f64::from(n) * 3.0);
        shop.outbound(
            at,
            "checkout",
            ids,
            "api.fraud-check.example.org",
            20_000.0,
            false,
        );
        shop.database(
            at,
            "checkout",
            ids,
            "select score from risk where customer = $1 and day > $2",
            false,
        );
        let mut beat = shop.beat(at, "checkout", ids, Span::Client);
        beat.library = "fraud-client";
        shop.say(beat);
    }
}

/// All instances start at once.
pub fn cold_starts(shop: &mut Shop) {
    for n in 0..400_u64 {
        let mut request = page(shop, 0.05 * n as f64, n % 300, "/products");
        request.duration_ms = 2_500.0 + (n % 90) as f64 * 10.0;
        shop.answer(&request);
    }
    for n in 0..60 {
        let name = format!("shop/{}", ["payment", "mail", "search"][n % 3]);
        shop.role_call(after(0.1 * n as f64), "checkout", "GetSecretValue", &name);
    }
}

/// Somebody looks every second whether the shop is there.
pub fn health(shop: &mut Shop) {
    for n in 0..((START + REST) / SECOND) {
        let mut request = page(shop, 0.0, 0, "/healthz");
        request.at = n * SECOND;
        request.client = "10.0.3.4".to_owned();
        request.agent = "ELB-HealthChecker/2.0".to_owned();
        request.status = if (800..830).contains(&n) { 503 } else { 200 };
        shop.answer(&request);
    }
}

/// A test of load from two machines.
pub fn load_test(shop: &mut Shop) {
    for n in 0..12_000_u64 {
        let mut request = page(
            shop,
            n as f64 / 80.0,
            0,
            ["/", "/products", "/search"][(n % 3) as usize],
        );
        request.client = format!("198.51.100.{}", 10 + n % 2);
        request.agent = "k6/0.57.0 (https://k6.io/)".to_owned();
        shop.answer(&request);
    }
}

/// A partner is told to come again, and does, again and again.
pub fn retries(shop: &mut Shop) {
    let call = |shop: &mut Shop, at: u64, status| {
        let request = Request {
            at,
            function: "checkout",
            method: "POST",
            path: "/api/partner/orders".to_owned(),
            status,
            client: "192.0.2.14".to_owned(),
            agent: "partner-sync/3.1".to_owned(),
            ..Request::default()
        };
        shop.answer(&request);
    };
    for n in 0..400 {
        call(shop, n * 2 * SECOND, 201);
    }
    for n in 0..6_000 {
        call(shop, after(n as f64 / 40.0), 503);
    }
}

/// A thousand people of one provider share an address.
pub fn nat(shop: &mut Shop) {
    for n in 0..5_000_u64 {
        let visitor = shop.chance.below(800);
        let mut request = page(shop, n as f64 / 20.0, visitor, "/products");
        request.client = "100.24.7.9".to_owned();
        request.user = format!("mobile{visitor}");
        if n % 10 == 0 {
            request.function = "login";
            request.method = "POST";
            request.path = "/api/login".to_owned();
            request.status = if shop.chance.chance(0.09) { 401 } else { 200 };
        } else if shop.chance.chance(0.03) {
            request.path = format!("/old/{visitor}/page");
            request.status = 404;
        }
        shop.answer(&request);
    }
}

/// A search engine follows links of years ago.
pub fn crawler(shop: &mut Shop) {
    for n in 0..150_u64 {
        let mut request = page(
            shop,
            2.0 * n as f64,
            0,
            &format!(
                "/shoes/model-{}-{}",
                n * 7 % 90,
                ["red", "blue", "green"][n as usize % 3]
            ),
        );
        request.client = "66.249.66.1".to_owned();
        request.agent =
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)".to_owned();
        request.status = if n % 4 == 0 { 200 } else { 404 };
        shop.answer(&request);
    }
}

/// A new version forgets pages, and fails.
pub fn broken(shop: &mut Shop) {
    let from = shop.begin() + START;
    for beat in shop
        .said()
        .iter_mut()
        .filter(|beat| beat.at >= from && beat.function == "storefront")
    {
        beat.version = "42".to_owned();
        let status = if beat.ids.1[0] % 3 == 0 { "500" } else { "404" };
        for (key, value) in &mut beat.attributes {
            if key == "http.response.status_code" {
                *value = status.to_owned();
            }
        }
    }
    for n in 0..60 {
        let text = "column \"colour\" does not exist: syntax error at or near \"from\"";
        shop.log(after(f64::from(n) * 3.0), "storefront", text)
            .version = "42".to_owned();
    }
}

/// Nobody gets in, and everybody tries again.
pub fn login_broken(shop: &mut Shop) {
    let from = shop.begin() + START;
    let mut again = Vec::new();
    for beat in shop
        .said()
        .iter_mut()
        .filter(|beat| beat.at >= from && beat.function == "login")
    {
        for (key, value) in &mut beat.attributes {
            if key == "http.response.status_code" {
                *value = "401".to_owned();
            }
        }
        for n in 1..4 {
            let mut more = beat.clone();
            more.at += n * 7 * SECOND;
            more.ids.1[7] ^= n as u8;
            again.push(more);
        }
    }
    shop.said().extend(again);
}

/// A few people who do not remember.
pub fn forgetful(shop: &mut Shop) {
    for person in 0..12_u64 {
        for attempt in 0..5 {
            let mut request = page(
                shop,
                person as f64 * 20.0 + attempt as f64 * 6.0,
                person * 11,
                "/api/login",
            );
            request.function = "login";
            request.method = "POST";
            request.user = format!("user{}", person * 11);
            request.status = if attempt == 4 { 200 } else { 401 };
            shop.answer(&request);
        }
    }
}

/// One request calls a function a hundred times, and again where it failed.
pub fn fan_out(shop: &mut Shop) {
    for n in 0..20_u64 {
        let request = page(shop, 5.0 * n as f64, n, "/api/orders");
        let root = shop.answer(&Request {
            function: "checkout",
            ..request
        });
        for call in 0..40_u64 {
            let ids = (root.0, shop.ids().1);
            let at = after(5.0 * n as f64 + 0.01 * call as f64);
            let mut beat = shop
                .beat(at, "image-resize", ids, Span::Server)
                .with("faas.trigger", "other");
            beat.parent = Some(root.1);
            beat.failed = call % 7 == 0;
            shop.say(beat);
        }
    }
}

/// The batch of the night takes long, and has much to send.
pub fn batch(shop: &mut Shop) {
    for n in 0..4 {
        let ids = shop.ids();
        let mut beat = shop
            .beat(after(f64::from(n) * 60.0), "report", ids, Span::Server)
            .with("faas.trigger", "timer");
        beat.duration_ms = 40_000.0 + f64::from(n) * 3_000.0;
        shop.say(beat);
    }
    for n in 0..6 {
        let name = format!("report/{}", ["database", "mail"][n % 2]);
        shop.role_call(after(n as f64 * 20.0), "report", "GetSecretValue", &name);
    }
}

/// The pipeline deploys all functions and reads what it needs for it.
pub fn pipeline(shop: &mut Shop) {
    for (n, function) in [
        "storefront",
        "login",
        "checkout",
        "orders-worker",
        "preview",
    ]
    .iter()
    .enumerate()
    {
        let at = after(n as f64 * 10.0);
        shop.code_change(
            at,
            "assumed-role/deployer/pipeline",
            "aws-sdk-js/3.8",
            "52.94.3.1",
            function,
            false,
        );
        let secret = format!("deploy/{function}");
        let entry = Entry {
            source: "ssm.amazonaws.com",
            call: "GetParameter",
            principal: "assumed-role/deployer/pipeline",
            address: "52.94.3.1",
            agent: "aws-sdk-js/3.8",
            target: ("name", &secret),
        };
        shop.audit(at, &entry, false);
    }
}

/// What people write.
pub fn texts(shop: &mut Shop) {
    let queries = [
        "q=rock+%26+roll",
        "q=O%27Reilly+books",
        "q=drop+shipping",
        "q=50%25+off+%3C+20+euro",
        "q=the+union+was+a+great+select",
        "q=c%2B%2B+in+24+hours",
        "q=1%3D1+puzzle",
        "q=and+or+not",
        "q=script+font",
    ];
    for (n, query) in queries.iter().enumerate() {
        let mut request = page(shop, n as f64 * 3.0, n as u64, "/search");
        request.query = (*query).to_owned();
        shop.answer(&request);
    }
    let lines = [
        "select of 3 rows took 12 ms",
        "user asked for help --urgent; see ticket 12",
        "cache miss for key order:17 or 18",
    ];
    for (n, line) in lines.iter().enumerate() {
        shop.log(after(n as f64 * 5.0), "storefront", line);
    }
}
