//! What a host is, in every spelling of addresses that resolvers take.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Where a host leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The platform's metadata or runtime interface.
    Metadata,
    /// An inner address spelled so that it is not recognised.
    Disguised,
    /// The machine itself.
    Loopback,
    /// A private network.
    Private,
}

/// Names of metadata services, and of what stands beside a function.
const METADATA: &[&str] = &[
    "metadata.google.internal",
    "metadata.goog",
    "metadata",
    "instance-data",
    "metadata.internal",
    "metadata.azure.internal",
    "metadata.tencentyun.com",
    "rancher-metadata",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
];

const LOOPBACK: &[&str] = &[
    "localhost",
    "localhost.localdomain",
    "localhost4",
    "localhost4.localdomain4",
    "localhost6",
    "localhost6.localdomain6",
    "ip6-localhost",
    "ipv6-localhost",
    "ip6-loopback",
    "ipv6-loopback",
    "host.docker.internal",
    "gateway.docker.internal",
    "kubernetes.docker.internal",
    "host.containers.internal",
    "docker.internal",
];

/// Domains that resolve to an address which is part of the name, or to this machine.
const WILDCARDS: &[&str] = &[
    "nip.io",
    "xip.io",
    "sslip.io",
    "localtest.me",
    "lvh.me",
    "vcap.me",
    "lacolhost.com",
    "readme.localtest.me",
    "local.gd",
    "localdomain.pw",
    "127-0-0-1.org.uk",
    "burpcollaborator.net",
    "1u.ms",
    "rbndr.us",
    "oastify.com",
    "interact.sh",
    "oast.fun",
    "oast.site",
    "oast.pro",
    "oast.live",
    "oast.me",
];

/// What a host is; `None` for an ordinary one. A port is left aside.
pub fn kind(host: &[u8]) -> Option<Kind> {
    if host.is_empty() || host.len() > 255 {
        return None;
    }
    let host = String::from_utf8_lossy(host).to_ascii_lowercase();
    if let Some(inner) = host.strip_prefix('[') {
        let address = inner.split([']', '%']).next()?;
        return six(address.parse().ok()?);
    }
    let name = match host.matches(':').count() {
        0 => host.as_str(),
        1 => host.split(':').next()?,
        _ => return six(host.parse().ok()?),
    };
    let name = name.trim_end_matches('.');
    let is = |list: &[&str]| list.contains(&name);
    let under = |domain: &&str| {
        name.strip_suffix(*domain)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    if is(METADATA) {
        return Some(Kind::Metadata);
    }
    if is(LOOPBACK) || name.ends_with(".localhost") {
        return Some(Kind::Loopback);
    }
    if WILDCARDS.iter().any(under) {
        return Some(Kind::Disguised);
    }
    if name.ends_with(".svc.cluster.local") {
        return Some(Kind::Private);
    }
    let (address, plain) = four(name)?;
    match inner(address) {
        Some(Kind::Metadata) => Some(Kind::Metadata),
        Some(_) if !plain => Some(Kind::Disguised),
        kind => kind,
    }
}

/// An address of version 4, in decimal, octal or hexadecimal, of one to four parts; and whether it is
/// spelled as usual.
fn four(name: &str) -> Option<(Ipv4Addr, bool)> {
    if let Ok(address) = name.parse() {
        return Some((address, true));
    }
    let parts: Vec<u32> = name.split('.').map(part).collect::<Option<_>>()?;
    let (last, first) = parts.split_last()?;
    if first.len() > 3 || first.iter().any(|part| *part > 255) {
        return None;
    }
    // A lone small number is a number.
    if first.is_empty() && *last < 0x0100_0000 {
        return None;
    }
    let mut bits = 0;
    for (at, part) in first.iter().enumerate() {
        bits |= part << (24 - 8 * at);
    }
    Some((Ipv4Addr::from(bits | last), false))
}

fn part(text: &str) -> Option<u32> {
    match text.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None if text.len() > 1 && text.starts_with('0') => u32::from_str_radix(text, 8).ok(),
        None if text.bytes().all(|b| b.is_ascii_digit()) => text.parse().ok(),
        None => None,
    }
}

fn inner(address: Ipv4Addr) -> Option<Kind> {
    let octets = address.octets();
    match octets {
        [169, 254, 169 | 170, _] | [100, 100, 100, 200] | [192, 0, 0, 192] => Some(Kind::Metadata),
        [127 | 0, ..] => Some(Kind::Loopback),
        _ if address.is_private() || address.is_link_local() => Some(Kind::Private),
        _ => None,
    }
}

fn six(address: Ipv6Addr) -> Option<Kind> {
    let segments = address.segments();
    if let Some(four) = address.to_ipv4_mapped() {
        return inner(four).map(|kind| {
            if kind == Kind::Metadata {
                kind
            } else {
                Kind::Disguised
            }
        });
    }
    match segments {
        [0xfd00, 0xec2, ..] => Some(Kind::Metadata),
        _ if address.is_loopback() || address.is_unspecified() => Some(Kind::Loopback),
        // The old and the translated form of an address of version 4.
        [0, 0, 0, 0, 0, 0, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            inner(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low))).map(|_| Kind::Disguised)
        }
        [first, ..] if first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfe80 => Some(Kind::Private),
        _ => None,
    }
}
