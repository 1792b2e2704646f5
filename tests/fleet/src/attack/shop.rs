//! An ordinary shop: visitors, logins, orders, a queue, a timer, and the cloud's audit log.

use super::beat::{Beat, Span};
use crate::random::{Random, hash_text};
use crate::time::{Ns, SECOND};

/// Programs of ordinary visitors.
const AGENTS: &[&str] = &[
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0",
    "ShopApp/5.2.1 (iOS 18.5)",
    "ShopApp/5.2.0 (Android 14)",
];
/// Pages, the first ones oftenest.
const PAGES: &[&str] = &[
    "/",
    "/products",
    "/products/{}",
    "/search",
    "/cart",
    "/about",
    "/help/returns",
];
const VISITORS: u64 = 300;

/// The shop, and what was said so far.
pub struct Shop {
    /// All chance.
    pub chance: Random,
    begin: Ns,
    said: Vec<Beat>,
    version: &'static str,
}

/// A request to be answered.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// When it comes, after the story's begin.
    pub at: Ns,
    /// Who answers.
    pub function: &'static str,
    pub method: &'static str,
    pub path: String,
    pub query: String,
    pub status: u16,
    pub client: String,
    pub agent: String,
    pub user: String,
    pub referer: bool,
    /// 0: as usual.
    pub duration_ms: f64,
    pub hostile: bool,
}

impl Shop {
    /// Closed yet.
    pub fn new(seed: u64, name: &str, begin: Ns) -> Self {
        Self {
            chance: Random::named(seed, hash_text(name), "attack", 0),
            begin,
            said: Vec::new(),
            version: "41",
        }
    }

    /// Everything in the order of time.
    pub fn close(mut self) -> Vec<Beat> {
        self.said.sort_by_key(|beat| beat.at);
        self.said
    }

    /// From now on this version runs.
    pub fn deploy(&mut self, version: &'static str) {
        self.version = version;
    }

    /// Ordinary business between two moments.
    pub fn open(&mut self, from: Ns, until: Ns) {
        let mut at = from;
        while at < until {
            at += (-(1.0 - self.chance.unit()).ln() / 3.0 * SECOND as f64) as Ns;
            self.visit(at);
        }
        let mut at = from;
        while at < until {
            at += 20 * SECOND;
            self.role_call(at, "checkout", "GetSecretValue", "shop/payment");
            if at % (60 * SECOND) < 20 * SECOND {
                self.timer(at);
            }
        }
        for minute in 0..3 {
            let at = from + (2 + 3 * minute) * 60 * SECOND;
            self.code_change(
                at,
                "assumed-role/deployer/pipeline",
                "aws-sdk-js/3.8",
                "52.94.3.1",
                "report",
                false,
            );
        }
    }

    /// One visit of an ordinary person.
    pub fn visit(&mut self, at: Ns) {
        let visitor = self.chance.below(VISITORS);
        let (client, agent) = self.visitor(visitor);
        let request = Request {
            at,
            client,
            agent,
            referer: self.chance.chance(0.6),
            status: 200,
            method: "GET",
            ..Request::default()
        };
        match self.chance.below(20) {
            0..=1 => self.login(at, visitor, request),
            2..=3 => self.order(at, visitor, request),
            4 => {
                self.preview(request, "cdn.partner.example");
            }
            _ => {
                let page = *self.chance.pick(PAGES).unwrap_or(&"/");
                let number = self.chance.below(400).to_string();
                let missing = self.chance.chance(0.02);
                self.answer(&Request {
                    function: "storefront",
                    path: page.replace("{}", &number),
                    query: if page == "/search" {
                        format!("q=blue+shoes+{number}")
                    } else {
                        String::new()
                    },
                    status: if missing { 404 } else { 200 },
                    ..request
                });
            }
        }
    }

    /// Address and program of a visitor.
    pub fn visitor(&self, visitor: u64) -> (String, String) {
        let agent = AGENTS[(visitor % AGENTS.len() as u64) as usize].to_owned();
        let client = format!(
            "{}.{}.{}.{}",
            80 + visitor % 7,
            10 + visitor / 50,
            visitor % 250,
            1 + visitor % 200
        );
        (client, agent)
    }

    fn login(&mut self, at: Ns, visitor: u64, request: Request) {
        let failed = self.chance.chance(0.08);
        self.answer(&Request {
            at,
            function: "login",
            method: "POST",
            path: "/api/login".to_owned(),
            status: if failed { 401 } else { 200 },
            user: format!("user{visitor}"),
            ..request
        });
    }

    fn order(&mut self, at: Ns, visitor: u64, request: Request) {
        let (trace, span) = self.answer(&Request {
            function: "checkout",
            method: "POST",
            path: "/api/orders".to_owned(),
            status: 201,
            user: format!("user{visitor}"),
            ..request
        });
        let query = "insert into orders (customer, total) values ($1, $2)";
        self.database(at, "checkout", (trace, span), query, false);
        self.outbound(
            at,
            "checkout",
            (trace, span),
            "api.payments.example",
            900.0,
            false,
        );
        let sent = self.publish(at, "checkout", (trace, span), "orders");
        self.consume(
            at + SECOND / 2,
            "orders-worker",
            sent,
            "orders",
            "{\"order\": 17}",
            false,
        );
    }

    /// A page whose picture is fetched from an address that the visitor names.
    pub fn preview(&mut self, request: Request, host: &str) -> ([u8; 16], [u8; 8]) {
        let (at, hostile) = (request.at, request.hostile);
        let query = match request.query.is_empty() {
            true => format!("u=https%3A%2F%2F{host}%2Fa.png"),
            false => request.query.clone(),
        };
        let ids = self.answer(&Request {
            function: "preview",
            path: "/api/preview".to_owned(),
            query,
            ..request
        });
        self.outbound(at, "preview", ids, host, 0.0, hostile);
        ids
    }

    /// The span that answers a request; its ids.
    pub fn answer(&mut self, request: &Request) -> ([u8; 16], [u8; 8]) {
        let ids = self.ids();
        let usual = self.chance.lognormal(80.0, 0.4);
        let duration_ms = if request.duration_ms > 0.0 {
            request.duration_ms
        } else {
            usual
        };
        let mut beat = self
            .beat(request.at, request.function, ids, Span::Server)
            .with("http.request.method", request.method)
            .with("url.path", &request.path)
            .with("http.response.status_code", request.status)
            .with("client.address", &request.client)
            .with("user_agent.original", &request.agent)
            .with("faas.trigger", "http");
        for (key, value) in [("url.query", &request.query), ("enduser.id", &request.user)] {
            if !value.is_empty() {
                beat = beat.with(key, value);
            }
        }
        if request.referer {
            beat = beat.with("http.request.header.referer", "https://shop.example/");
        }
        beat.duration_ms = duration_ms;
        beat.at = request.at + (duration_ms * 1e6) as Ns + self.begin;
        beat.hostile = request.hostile;
        beat.failed = request.status >= 500;
        self.said.push(beat);
        ids
    }

    /// A query below a span.
    pub fn database(
        &mut self,
        at: Ns,
        function: &'static str,
        above: ([u8; 16], [u8; 8]),
        query: &str,
        hostile: bool,
    ) {
        let ids = (above.0, self.ids().1);
        let mut beat = self
            .beat(at, function, ids, Span::Client)
            .with("db.system.name", "postgresql")
            .with("db.namespace", "shop")
            .with("server.address", "db.internal")
            .with("db.query.text", query);
        beat.parent = Some(above.1);
        beat.hostile = hostile;
        self.said.push(beat);
    }

    /// A call to a host below a span.
    pub fn outbound(
        &mut self,
        at: Ns,
        function: &'static str,
        above: ([u8; 16], [u8; 8]),
        host: &str,
        bytes: f64,
        hostile: bool,
    ) {
        let ids = (above.0, self.ids().1);
        let mut beat = self
            .beat(at, function, ids, Span::Client)
            .with("server.address", host)
            .with("url.full", format!("https://{host}/v1"))
            .with("http.request.method", "POST");
        if bytes > 0.0 {
            let bytes = self.chance.lognormal(bytes, 0.3);
            beat = beat.with("http.request.body.size", bytes as u64);
        }
        beat.parent = Some(above.1);
        beat.hostile = hostile;
        self.said.push(beat);
    }

    /// A message sent below a span; its ids.
    pub fn publish(
        &mut self,
        at: Ns,
        function: &'static str,
        above: ([u8; 16], [u8; 8]),
        queue: &str,
    ) -> ([u8; 16], [u8; 8]) {
        let ids = (above.0, self.ids().1);
        let mut beat = self
            .beat(at, function, ids, Span::Producer)
            .with("messaging.system", "aws_sqs")
            .with("messaging.operation.type", "send")
            .with("messaging.destination.name", queue);
        beat.parent = Some(above.1);
        self.said.push(beat);
        ids
    }

    /// A message taken, in a trace of its own; its ids.
    pub fn consume(
        &mut self,
        at: Ns,
        function: &'static str,
        sent: ([u8; 16], [u8; 8]),
        queue: &str,
        body: &str,
        hostile: bool,
    ) -> ([u8; 16], [u8; 8]) {
        let ids = self.ids();
        let mut beat = self
            .beat(at, function, ids, Span::Consumer)
            .with("messaging.system", "aws_sqs")
            .with("messaging.operation.type", "process")
            .with("messaging.destination.name", queue)
            .with("faas.trigger", "pubsub");
        beat.link = Some(sent);
        beat.body = body.to_owned();
        beat.hostile = hostile;
        beat.duration_ms = self.chance.lognormal(120.0, 0.3);
        self.said.push(beat);
        ids
    }

    fn timer(&mut self, at: Ns) {
        let ids = self.ids();
        let mut beat = self
            .beat(at, "report", ids, Span::Server)
            .with("faas.trigger", "timer");
        beat.duration_ms = self.chance.lognormal(2_000.0, 0.2);
        self.said.push(beat);
    }

    /// A call of a function's role in the audit log, from within.
    pub fn role_call(&mut self, at: Ns, function: &str, call: &str, secret: &str) {
        let source = match call.contains("Secret") {
            true => "secretsmanager.amazonaws.com",
            false => "s3.amazonaws.com",
        };
        let octet = self.chance.below(200);
        let entry = Entry {
            source,
            call,
            principal: &format!("assumed-role/{function}-role/{function}"),
            address: &format!("18.184.7.{octet}"),
            agent: "Boto3/1.38 md/Botocore#1.38 exec-env/AWS_Lambda_python3.13",
            target: ("secretId", secret),
        };
        self.audit(at, &entry, false);
    }

    /// Code that is replaced.
    pub fn code_change(
        &mut self,
        at: Ns,
        principal: &str,
        agent: &str,
        address: &str,
        function: &str,
        hostile: bool,
    ) {
        let entry = Entry {
            source: "lambda.amazonaws.com",
            call: "UpdateFunctionCode20150331v2",
            principal,
            address,
            agent,
            target: ("functionName", function),
        };
        self.audit(at, &entry, hostile);
    }

    /// An entry of the audit log.
    pub fn audit(&mut self, at: Ns, entry: &Entry<'_>, hostile: bool) {
        let body = serde_json::json!({
            "eventVersion": "1.11", "eventSource": entry.source, "eventName": entry.call,
            "awsRegion": "eu-central-1", "recipientAccountId": "123456789012",
            "sourceIPAddress": entry.address, "userAgent": entry.agent,
            "userIdentity": {
                "type": if entry.principal.starts_with("user/") { "IAMUser" } else { "AssumedRole" },
                "arn": format!("arn:aws:sts::123456789012:{}", entry.principal),
            },
            "requestParameters": {entry.target.0: entry.target.1},
        });
        let mut beat = self.beat(at, "", ([0; 16], [0; 8]), Span::Log);
        beat.body = body.to_string();
        beat.hostile = hostile;
        beat.version = String::new();
        self.said.push(beat);
    }

    /// A line of a log.
    pub fn log(&mut self, at: Ns, function: &'static str, text: &str) -> &mut Beat {
        let mut beat = self.beat(at, function, ([0; 16], [0; 8]), Span::Log);
        beat.body = text.to_owned();
        self.said.push(beat);
        let last = self.said.len() - 1;
        &mut self.said[last]
    }

    /// Anything else.
    pub fn say(&mut self, beat: Beat) {
        self.said.push(beat);
    }

    /// A span or a log record with nothing in it yet.
    pub fn beat(&mut self, at: Ns, function: &str, ids: ([u8; 16], [u8; 8]), span: Span) -> Beat {
        Beat {
            at: at + self.begin,
            span,
            ids,
            function: function.to_owned(),
            version: self.version.to_owned(),
            library: "shop",
            duration_ms: 4.0,
            ..Beat::default()
        }
    }

    /// Ids of a new trace and span.
    pub fn ids(&mut self) -> ([u8; 16], [u8; 8]) {
        let (a, b, c) = (self.chance.bits(), self.chance.bits(), self.chance.bits());
        let mut trace = [0; 16];
        trace[..8].copy_from_slice(&a.to_be_bytes());
        trace[8..].copy_from_slice(&b.to_be_bytes());
        (trace, c.to_be_bytes())
    }

    /// Everything said so far, to be changed.
    pub fn said(&mut self) -> &mut Vec<Beat> {
        &mut self.said
    }

    /// When the story begins.
    pub fn begin(&self) -> Ns {
        self.begin
    }
}

/// An entry of the audit log.
pub struct Entry<'a> {
    pub source: &'a str,
    pub call: &'a str,
    /// After `arn:aws:sts::123456789012:`.
    pub principal: &'a str,
    pub address: &'a str,
    pub agent: &'a str,
    pub target: (&'a str, &'a str),
}
