//! Names by which scanners and crawlers call themselves, and places that only scanners look for.

/// Tools that look for weaknesses, as they call themselves; small letters.
const SCANNERS: &[&str] = &[
    "sqlmap",
    "nikto",
    "nuclei",
    "gobuster",
    "dirbuster",
    "dirsearch",
    "feroxbuster",
    "ffuf",
    "fuzz faster",
    "wfuzz",
    "wpscan",
    "masscan",
    "zgrab",
    "acunetix",
    "netsparker",
    "nessus",
    "openvas",
    "nmap",
    "commix",
    "whatweb",
    "arachni",
    "w3af",
    "skipfish",
    "burpsuite",
    "burp collaborator",
    "zaproxy",
    "owasp zap",
    "hydra",
    "jaeles",
    "xsstrike",
    "dalfox",
    "joomscan",
    "droopescan",
    "cmsmap",
    "qualys",
    "httpx - open",
    "subfinder",
    "katana",
    "rustbuster",
    "kiterunner",
    "paros",
    "webinspect",
    "appscan",
    "vega/",
    "grendel",
    "havij",
    "bsqlbf",
    "tplmap",
    "nosqlmap",
    "ssrfmap",
    "metasploit",
    "l9explore",
    "l9tcpid",
    "leakix",
    "censysinspect",
    "internetmeasurement",
    "expanse",
    "zmeu",
    "morfeus",
    "muieblackcat",
];

/// Crawlers that follow links, as they call themselves.
const CRAWLERS: &[&str] = &[
    "googlebot",
    "bingbot",
    "duckduckbot",
    "yandexbot",
    "baiduspider",
    "applebot",
    "slurp",
    "ahrefsbot",
    "semrushbot",
    "facebookexternalhit",
    "twitterbot",
    "linkedinbot",
    "gptbot",
    "claudebot",
    "archive.org_bot",
    "petalbot",
    "bytespider",
    "mj12bot",
];

/// Beginnings of a path's segment that software leaves behind and that nobody links to.
const PRIVATE: &[&str] = &[
    ".env",
    ".git",
    ".svn",
    ".hg",
    ".aws",
    ".ssh",
    ".ht",
    ".ds_store",
    ".npmrc",
    ".netrc",
    ".dockercfg",
    ".docker",
    ".kube",
    ".bash_history",
    ".vscode",
    ".idea",
    "wp-admin",
    "wp-login.php",
    "wp-config",
    "wp-content",
    "wp-includes",
    "wp-json",
    "xmlrpc.php",
    "phpmyadmin",
    "pma",
    "phpinfo",
    "adminer",
    "cgi-bin",
    "server-status",
    "server-info",
    "actuator",
    "heapdump",
    "jmx-console",
    "web-console",
    "invoker",
    "manager",
    "solr",
    "jenkins",
    "hudson",
    "struts",
    "web-inf",
    "meta-inf",
    "telescope",
    "_ignition",
    "phpunit",
    "eval-stdin.php",
    "boaform",
    "hnap1",
    "owa",
    "ecp",
    "autodiscover",
    "druid",
    "geoserver",
    "nacos",
    "trace.axd",
    "elmah.axd",
    "web.config",
    "id_rsa",
    "id_dsa",
    "passwd",
    "shadow",
    "serverless.yml",
    "samconfig.toml",
    "local.settings.json",
    "docker-compose",
    "terraform.tfstate",
    "credentials",
    "secrets",
    "backup",
    "dump",
    "database",
    "db.sql",
    "shell",
    "cmd",
    "console",
    "admin.php",
    "administrator",
    "config.php",
    "config.json",
    "config.yml",
    "debug",
    "cgi",
    "vendor",
    "old",
    "test.php",
    "info.php",
    "swagger-ui",
    "api-docs",
    "graphiql",
    "_profiler",
    "latest",
    "computemetadata",
];

/// Endings of copies.
const COPIES: &[&str] = &[
    ".bak", ".old", ".orig", ".swp", ".sql", ".save", "~", ".tar.gz", ".tgz", ".pem", ".key",
];

/// The name of the scanner that a client calls itself by.
pub fn scanner(agent: &str) -> Option<&'static str> {
    let agent = agent.to_ascii_lowercase();
    SCANNERS.iter().find(|name| agent.contains(*name)).copied()
}

/// Whether a client calls itself a crawler.
pub fn is_crawler(agent: &str) -> bool {
    let agent = agent.to_ascii_lowercase();
    CRAWLERS.iter().any(|name| agent.contains(name))
}

/// Whether only somebody who guesses asks for this path.
pub fn is_private(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let segment = |part: &str| {
        PRIVATE.iter().any(|name| match part.strip_prefix(name) {
            // `manager` is one, `managers` is not; `.env.local` and `wp-config.php` are.
            Some(rest) => !rest.starts_with(|c: char| c.is_ascii_alphanumeric()),
            None => false,
        })
    };
    path.split('/').any(segment) || COPIES.iter().any(|end| path.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_places_are_told_from_pages() {
        for path in [
            "/.env",
            "/app/.git/config",
            "/wp-login.php",
            "/backup.sql",
            "/actuator/env",
        ] {
            assert!(is_private(path), "{path}");
        }
        for path in [
            "/orders/17",
            "/environment",
            "/managers",
            "/olden-days",
            "/gitlab",
        ] {
            assert!(!is_private(path), "{path}");
        }
        assert_eq!(scanner("sqlmap/1.8#stable"), Some("sqlmap"));
        assert_eq!(scanner("Mozilla/5.0 (X11; Linux x86_64)"), None);
    }
}
