//! Places that need no history to be told of.

/// Hosts that take whatever is sent, for anybody: nothing in production belongs there.
const DROPS: &[&str] = &[
    "webhook.site",
    "requestbin.com",
    "requestbin.net",
    "pipedream.net",
    "beeceptor.com",
    "interact.sh",
    "oast.pro",
    "oast.live",
    "oast.site",
    "oast.online",
    "oast.fun",
    "oast.me",
    "oastify.com",
    "burpcollaborator.net",
    "dnslog.cn",
    "ceye.io",
    "transfer.sh",
    "file.io",
    "0x0.st",
    "termbin.com",
    "bashupload.com",
    "hookbin.com",
    "requestcatcher.com",
    "anonfiles.com",
    "gofile.io",
    "paste.ee",
    "ghostbin.com",
    "ix.io",
    "temp.sh",
    "serveo.net",
    "localhost.run",
    "canarytokens.com",
    "dpaste.org",
    "rentry.co",
];
/// Hosts that some use for good.
const SOMETIMES: &[&str] = &[
    "pastebin.com",
    "hastebin.com",
    "ngrok.io",
    "ngrok-free.app",
    "ngrok.app",
    "trycloudflare.com",
    "api.telegram.org",
    "discord.com",
    "discordapp.com",
    "cloudflare-dns.com",
    "dns.google",
    "doh.opendns.com",
    "gist.github.com",
    "mega.nz",
    "onion.to",
    "onion.ws",
    "duckdns.org",
    "no-ip.org",
    "ddns.net",
];
/// Where machines get credentials.
const METADATA: &[&str] = &[
    "169.254.169.254",
    "169.254.170.2",
    "169.254.170.23",
    "fd00:ec2::254",
    "metadata.google.internal",
    "100.100.100.200",
    "169.254.130.1",
];
/// Services whose use gives rights away or away from somebody.
const POWERFUL: &[&str] = &[
    "iam",
    "sts",
    "secretsmanager",
    "ssm",
    "organizations",
    "kms",
    "cloudtrail",
    "cognitoidentityprovider",
    "lambda",
    "ec2",
    "secretmanager",
    "keyvault",
    "bedrock",
];

fn is_one_of(host: &str, hosts: &[&str]) -> bool {
    hosts.iter().any(|name| {
        host == *name
            || host
                .strip_suffix(name)
                .is_some_and(|rest| rest.ends_with('.'))
    })
}

/// Where stolen data is dropped.
pub fn is_drop(host: &str) -> bool {
    is_one_of(host, DROPS)
}

/// Where it sometimes is.
pub fn is_sometimes_drop(host: &str) -> bool {
    is_one_of(host, SOMETIMES)
}

/// Where machines get credentials.
pub fn is_metadata(host: &str) -> bool {
    METADATA.contains(&host)
}

/// Whether a service gives rights.
pub fn is_powerful(service: &str) -> bool {
    let service = service.to_ascii_lowercase().replace([' ', '_', '-'], "");
    POWERFUL
        .iter()
        .any(|name| service == *name || service == format!("aws{name}"))
}
