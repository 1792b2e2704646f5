//! Words: placeholders of log lines filled in, stack traces, user agents, host names.

use crate::function::{Function, Platform, Runtime};
use crate::invocation::Library;
use crate::random::Random;

const ADJECTIVES: [&str; 10] = [
    "linen", "oak", "striped", "wool", "ceramic", "recycled", "navy", "quilted", "brushed", "raw",
];
const NOUNS: [&str; 12] = [
    "chair", "lamp", "mug", "rug", "shirt", "desk", "vase", "blanket", "clock", "shelf", "jacket",
    "kettle",
];
const COLOS: [&str; 7] = ["FRA", "AMS", "LHR", "CDG", "WAW", "VIE", "IAD"];

/// User agents of callers.
pub const USER_AGENTS: [&str; 6] = [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/139.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6) AppleWebKit/605.1.15 Version/18.5 Safari/605.1",
    "okhttp/5.1.0",
    "shop-app/7.4.2 (Android 15)",
];

/// Fills `{order}`, `{sku}` and the like into a text; an unknown name stays as it is.
pub fn fill(template: &str, r: &mut Random) -> String {
    let mut out = String::with_capacity(template.len() + 16);
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        let Some(close) = rest[open..].find('}') else {
            break;
        };
        let name = &rest[open + 1..open + close];
        match placeholder(name, r) {
            Some(value) => out.push_str(&value),
            None => out.push_str(&rest[open..=open + close]),
        }
        rest = &rest[open + close + 1..];
    }
    out.push_str(rest);
    out
}

fn placeholder(name: &str, r: &mut Random) -> Option<String> {
    let word = |list: &[&str], r: &mut Random| r.pick(list).copied().unwrap_or("x").to_owned();
    Some(match name {
        "order" => format!("ord_{}", r.hex(10)),
        "user" => format!("u-{}", 10_000 + r.below(60_000)),
        "sku" => format!("SKU-{:05}", r.below(4_000)),
        "slug" => format!("{}-{}", word(&ADJECTIVES, r), word(&NOUNS, r)),
        "word" => format!("{} {}", word(&ADJECTIVES, r), word(&NOUNS, r)),
        "key" | "id" => r.hex(12),
        "hex" => r.hex(16),
        "n" => (1 + r.below(9)).to_string(),
        "ms" => (2 + r.below(400)).to_string(),
        "money" => format!("{}.{:02}", 5 + r.below(240), r.below(100)),
        "path" => format!("/products/{}-{}", word(&ADJECTIVES, r), word(&NOUNS, r)),
        "colo" => word(&COLOS, r),
        _ => return None,
    })
}

/// A Cloudflare data centre.
pub fn colo(r: &mut Random) -> &'static str {
    r.pick(&COLOS).copied().unwrap_or("FRA")
}

/// A user agent.
pub fn user_agent(r: &mut Random) -> &'static str {
    r.pick(&USER_AGENTS).copied().unwrap_or("curl/8.15.0")
}

/// An address from the blocks reserved for documentation.
pub fn client_address(r: &mut Random) -> String {
    let block = ["192.0.2", "198.51.100", "203.0.113"][r.below(3) as usize];
    format!("{block}.{}", 1 + r.below(254))
}

/// Fills the parameters of a route: `/cart/{id}`, `/products/[slug]`.
pub fn path_of(route: &str, r: &mut Random) -> String {
    fill(&route.replace('[', "{").replace(']', "}"), r)
}

/// A stack trace as the runtime writes it.
pub fn stack(function: &Function, kind: &str, message: &str, r: &mut Random) -> String {
    let line = 20 + r.below(180);
    let module = function.name.replace('-', "_");
    let class: String = function.name.split('-').map(capital).collect();
    match function.runtime {
        Runtime::Node => format!(
            "{kind}: {message}\n    at handle{class} (/var/task/src/{module}.js:{line}:17)\n    \
             at process.processTicksAndRejections (node:internal/process/task_queues:105:5)\n    \
             at async Runtime.handler (/var/task/index.js:42:20)"
        ),
        Runtime::Python => format!(
            "Traceback (most recent call last):\n  File \"/var/task/app.py\", line 31, in \
             handler\n    return {module}(event)\n  File \"/var/task/{module}.py\", line {line}, \
             in {module}\n    result = run(event)\n{kind}: {message}"
        ),
        Runtime::Go => format!(
            "goroutine 1 [running]:\nmain.handle{class}(...)\n\t/src/{module}.go:{line} +0x1f4\n\
             main.main()\n\t/src/main.go:58 +0x8c"
        ),
        Runtime::Java => format!(
            "{kind}: {message}\n\tat example.shop.{class}.handleRequest({class}.java:{line})\n\t\
             at java.base/java.lang.reflect.Method.invoke(Method.java:580)\n\t\
             at lambdainternal.EventHandlerLoader$2.call(EventHandlerLoader.java:889)"
        ),
        Runtime::Dotnet => format!(
            "{kind}: {message}\n   at Shop.{class}.Handler.RunAsync(Message m) in \
             /src/{class}/Handler.cs:line {line}\n   \
             at Shop.{class}.Function.FunctionHandler(Event e, ILambdaContext context)"
        ),
    }
}

/// The exception a runtime raises when a deed through this library fails with this error.
pub fn exception(runtime: Runtime, library: Library, error: &str) -> String {
    let kind = match (runtime, library) {
        (_, Library::CloudSdk | Library::App) => error,
        (Runtime::Node, Library::Http) => "FetchError",
        (Runtime::Node, Library::Sql) => "DatabaseError",
        (Runtime::Node, Library::Redis) => "ReplyError",
        (Runtime::Python, Library::Http) => "requests.exceptions.HTTPError",
        (Runtime::Python, Library::Sql) => "psycopg.OperationalError",
        (Runtime::Python, Library::Redis) => "redis.exceptions.ConnectionError",
        (Runtime::Go, Library::Http) => "*url.Error",
        (Runtime::Go, Library::Sql) => "*pgconn.PgError",
        (Runtime::Go, Library::Redis) => "*net.OpError",
        (Runtime::Java, Library::Http) => "java.io.IOException",
        (Runtime::Java, Library::Sql) => "java.sql.SQLTransientConnectionException",
        (Runtime::Java, Library::Redis) => "io.lettuce.core.RedisConnectionException",
        (Runtime::Dotnet, Library::Http) => "System.Net.Http.HttpRequestException",
        (Runtime::Dotnet, Library::Sql) => "Npgsql.NpgsqlException",
        (Runtime::Dotnet, Library::Redis) => "StackExchange.Redis.RedisConnectionException",
    };
    kind.to_owned()
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars
        .next()
        .map(|c| c.to_ascii_uppercase())
        .into_iter()
        .chain(chars)
        .collect()
}

/// The host name under which others call a function.
pub fn host(function: &Function) -> String {
    let tag = &format!("{:016x}", function.hash())[..10];
    match function.platform {
        Platform::AwsLambda => {
            format!("{tag}.execute-api.{}.amazonaws.com", function.region)
        }
        Platform::AzureFunctions => format!("{}.azurewebsites.net", function.app),
        Platform::GcpCloudRun => format!("{}-{tag}-ew.a.run.app", function.name),
        Platform::GcpCloudFunctions => {
            format!(
                "{}-{}.cloudfunctions.net",
                function.region, function.account
            )
        }
        Platform::CloudflareWorkers => "shop.example".to_owned(),
        Platform::Vercel => "www.shop.example".to_owned(),
        Platform::Knative => {
            format!("{}.{}.svc.cluster.local", function.name, function.account)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_and_the_rest_is_left_alone() {
        let mut r = Random::named(1, 1, "t", 1);
        let text = fill("order {order} of {user}: {nobody} {n}0 {", &mut r);
        assert!(text.starts_with("order ord_"), "{text}");
        assert!(text.ends_with("0 {") && text.contains("{nobody}"), "{text}");
        assert!(!path_of("/products/[slug]", &mut r).contains(['[', '{']));
    }
}
