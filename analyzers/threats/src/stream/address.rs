//! Addresses of clients: which of those that a request names is the client's, and what they have in common.

use std::net::{IpAddr, Ipv6Addr};

use super::event::Event;

const CLIENT: &[&str] = &[
    "client.address",
    "http.client_ip",
    "client.ip",
    "source.address",
    "source.ip",
    "client_ip",
    "clientIp",
    "remote_addr",
    "remote_ip",
    "src_ip",
];
const FORWARDED: &[&str] = &[
    "http.request.header.x-forwarded-for",
    "http.request.header.x_forwarded_for",
    "http.x_forwarded_for",
    "x-forwarded-for",
    "X-Forwarded-For",
];
const PEER: &[&str] = &["network.peer.address", "net.sock.peer.addr", "net.peer.ip"];

/// The client of a request. What the receiver itself says (`client.address`) is believed first, unless it is
/// a proxy of one's own; then the last public address of `X-Forwarded-For`, which the nearest proxy wrote:
/// those before it are the client's own word and could be another in each request.
pub fn of_client(event: &Event) -> Option<String> {
    let told = event.text(CLIENT).map(clean);
    if let Some(told) = told.as_ref().filter(|told| !is_inner(told)) {
        return Some(told.clone());
    }
    let forwarded = event.text(FORWARDED).and_then(|list| {
        let public = |text: &&str| !text.is_empty() && !is_inner(&clean(text));
        let from_last = list.rsplit(',').map(str::trim);
        from_last
            .clone()
            .find(public)
            .or_else(|| from_last.clone().find(|text| !text.is_empty()))
            .map(clean)
    });
    if let Some(forwarded) = forwarded {
        return Some(forwarded);
    }
    if told.is_some() || !event.is_inbound() {
        return told;
    }
    event.text(PEER).map(clean)
}

/// Without port, brackets and zone; IPv6 by its /64, for one client has all of that.
fn clean(text: &str) -> String {
    let text = text.trim();
    let inner = text
        .strip_prefix('[')
        .and_then(|rest| rest.split(']').next());
    let text = inner.unwrap_or(text);
    let text = match text.split_once(':') {
        Some((host, port)) if !port.contains(':') => host,
        _ => text,
    };
    match text.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V6(ip)) if !ip.is_loopback() => {
            let mut segments = ip.segments();
            segments[4..].fill(0);
            format!("{}/64", Ipv6Addr::from(segments))
        }
        Ok(ip) => ip.to_string(),
        Err(_) => text.chars().take(64).collect(),
    }
}

/// The address proper of what [`of_client`] says.
fn parsed(client: &str) -> Option<IpAddr> {
    client.split('/').next()?.parse().ok()
}

/// Whether nobody outside can have it: private, loopback, link-local or a carrier's.
pub fn is_inner(client: &str) -> bool {
    match parsed(client) {
        Some(IpAddr::V4(ip)) => {
            let [a, b, ..] = ip.octets();
            ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_unspecified()
                || (a == 100 && (64..128).contains(&b))
        }
        Some(IpAddr::V6(ip)) => {
            ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local()
        }
        None => false,
    }
}

/// The network that an address is in: /24, or /48 of IPv6. Addresses there belong to one owner, mostly.
pub fn network(client: &str) -> Option<String> {
    Some(match parsed(client)? {
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(ip) => {
            let s = ip.segments();
            format!("{:x}:{:x}:{:x}::/48", s[0], s[1], s[2])
        }
    })
}

/// The wider neighbourhood: /16, or /32 of IPv6. It stands for an autonomous system where no table of
/// these is.
pub fn neighbourhood(client: &str) -> Option<String> {
    Some(match parsed(client)? {
        IpAddr::V4(ip) => format!("{}.{}.0.0/16", ip.octets()[0], ip.octets()[1]),
        IpAddr::V6(ip) => format!("{:x}:{:x}::/32", ip.segments()[0], ip.segments()[1]),
    })
}

#[cfg(test)]
mod tests {
    use super::super::event::{Event, Raw};
    use super::*;

    fn client(attributes: &[(&str, &str)]) -> String {
        let pair = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        let mut attributes: Vec<_> = attributes.iter().map(pair).collect();
        attributes.push(("url.path".to_owned(), "/".to_owned()));
        let raw = Raw {
            attributes,
            ..Raw::default()
        };
        Event::new(raw).client
    }

    #[test]
    fn the_client_is_whom_the_nearest_proxy_saw() {
        const FORWARDED: &str = "http.request.header.x-forwarded-for";
        assert_eq!(
            client(&[("client.address", "203.0.113.7:4711")]),
            "203.0.113.7"
        );
        assert_eq!(
            client(&[
                ("client.address", "10.0.0.1"),
                (FORWARDED, "1.1.1.1, 203.0.113.7, 10.1.1.1")
            ]),
            "203.0.113.7",
            "the client wrote 1.1.1.1 itself"
        );
        assert_eq!(
            client(&[("net.sock.peer.addr", "198.51.100.2")]),
            "198.51.100.2"
        );
        assert_eq!(client(&[("client.address", "10.0.0.1")]), "10.0.0.1");
        assert_eq!(
            client(&[("client.address", "2001:db8:1:2:3:4:5:6")]),
            client(&[("client.address", "[2001:db8:1:2::9]:443")]),
        );
        assert_eq!(
            client(&[("client.address", "::ffff:203.0.113.7")]),
            "203.0.113.7"
        );
    }

    #[test]
    fn networks_are_cut_where_owners_change() {
        assert_eq!(network("203.0.113.7").as_deref(), Some("203.0.113.0/24"));
        assert_eq!(
            neighbourhood("203.0.113.7").as_deref(),
            Some("203.0.0.0/16")
        );
        assert_eq!(
            network("2001:db8:1:2::/64").as_deref(),
            Some("2001:db8:1::/48")
        );
        assert!(is_inner("100.64.0.1") && is_inner("fd00::/64") && !is_inner("8.8.8.8"));
        assert_eq!(network("example.org"), None);
    }
}
