//! Which addresses messages may go to: every public one, and those the operator names.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Most entries of an allow-list.
const ENTRIES_MAX: usize = 1_000;

/// Why an address is none that the public internet has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inner {
    /// This machine.
    Loopback,
    /// A private network: RFC 1918, `fc00::/7`, `fec0::/10`.
    Private,
    /// This link, where clouds keep their metadata: `169.254.0.0/16`, `fe80::/10`.
    LinkLocal,
    /// A metadata service that lies elsewhere.
    Metadata,
    /// A provider's network behind its NAT: `100.64.0.0/10`.
    Shared,
    /// More than one receiver.
    Multicast,
    /// "This network": `0.0.0.0/8`, `::`.
    Unspecified,
    /// Kept for documents, measurements, protocols or the future.
    Reserved,
}

impl fmt::Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loopback => "this machine",
            Self::Private => "a private network",
            Self::LinkLocal => "a link-local address",
            Self::Metadata => "a cloud's metadata service",
            Self::Shared => "a provider's shared network",
            Self::Multicast => "a multicast address",
            Self::Unspecified => "an unspecified address",
            Self::Reserved => "a reserved address",
        })
    }
}

/// The operator's allow-list, on top of all public addresses.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    allowed: Vec<Allowed>,
}

#[derive(Clone, Debug)]
enum Allowed {
    Network { base: u128, mask: u128 },
    Host(String),
    Under(String),
}

/// Why an entry of the allow-list means nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// It is neither a host nor a network.
    #[error(
        "{0:?} is no host and no network; write `10.1.0.0/16`, `10.1.2.3`, `alerts.internal` or `*.internal`"
    )]
    Unreadable(String),
    /// There are too many.
    #[error("more than {ENTRIES_MAX} entries; allow whole networks instead")]
    TooMany,
}

impl Guard {
    /// A guard that lets messages go to public addresses and to `entries`: networks (`10.1.0.0/16`),
    /// addresses, hosts (`alerts.internal`) and all hosts under a name (`*.internal`).
    ///
    /// # Errors
    /// [`EntryError`] for the first entry that cannot be read.
    pub fn new<S: AsRef<str>>(entries: &[S]) -> Result<Self, EntryError> {
        if entries.len() > ENTRIES_MAX {
            return Err(EntryError::TooMany);
        }
        let entries = entries.iter().map(|entry| read(entry.as_ref().trim()));
        let allowed = entries.collect::<Result<_, _>>()?;
        Ok(Self { allowed })
    }

    /// Whether a message may go to `address`, which is what `host` resolved to.
    ///
    /// A named host never opens link-local addresses and metadata services: whoever answers for its
    /// name would then hold the keys of this machine. They need an entry of their own.
    ///
    /// # Errors
    /// What kind of inner address it is.
    pub fn check(&self, host: &str, address: IpAddr) -> Result<(), Inner> {
        let Some(inner) = classify(address) else {
            return Ok(());
        };
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let guarded = matches!(inner, Inner::LinkLocal | Inner::Metadata);
        let wide = bits(address);
        let open = self.allowed.iter().any(|allowed| match allowed {
            Allowed::Network { base, mask } => wide & mask == *base,
            Allowed::Host(name) => !guarded && host == *name,
            Allowed::Under(suffix) => !guarded && host.ends_with(suffix),
        });
        if open { Ok(()) } else { Err(inner) }
    }
}

fn read(entry: &str) -> Result<Allowed, EntryError> {
    let unreadable = || EntryError::Unreadable(entry.chars().take(100).collect());
    let (address, prefix) = match entry.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (entry, None),
    };
    let address = address.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = address.parse::<IpAddr>() {
        let width: u32 = if address.is_ipv4() { 32 } else { 128 };
        let length = match prefix {
            None => width,
            Some(text) => text
                .parse()
                .ok()
                .filter(|n| *n <= width)
                .ok_or_else(unreadable)?,
        };
        let length = length + (128 - width);
        let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
        return Ok(Allowed::Network {
            base: bits(address) & mask,
            mask,
        });
    }
    let name = entry.trim_end_matches('.').to_ascii_lowercase();
    let (name, under) = match name.strip_prefix("*.") {
        Some(rest) => (rest.to_owned(), true),
        None => (name, false),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    if name.is_empty() || !name.chars().all(plain) {
        return Err(unreadable());
    }
    Ok(if under {
        Allowed::Under(format!(".{name}"))
    } else {
        Allowed::Host(name)
    })
}

/// IPv4 lies in its mapped place, so that one comparison serves both families and all spellings.
fn bits(address: IpAddr) -> u128 {
    match embedded(address) {
        Some(v4) => v4.to_ipv6_mapped().to_bits(),
        None => match address {
            IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
            IpAddr::V6(v6) => v6.to_bits(),
        },
    }
}

/// The IPv4 address that an IPv6 one stands for: mapped, compatible, translated (NAT64), 6to4, ISATAP.
fn embedded(address: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(v6) = address else { return None };
    let s = v6.segments();
    let pair = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match s {
        [0, 0, 0, 0, 0, 0xffff, a, b] => Some(pair(a, b)),
        [0, 0, 0, 0, 0xffff, 0, a, b] => Some(pair(a, b)),
        [0, 0, 0, 0, 0, 0, a, b] if a != 0 || b > 1 => Some(pair(a, b)),
        [0x64, 0xff9b, 0, 0, 0, 0, a, b] => Some(pair(a, b)),
        [0x2002, a, b, ..] => Some(pair(a, b)),
        [.., 0 | 0x200, 0x5efe, a, b] => Some(pair(a, b)),
        _ => None,
    }
}

/// What kind of inner address this is; none for a public one.
#[must_use]
pub fn classify(address: IpAddr) -> Option<Inner> {
    match (address, embedded(address)) {
        (IpAddr::V4(v4), _) => classify_v4(v4),
        (IpAddr::V6(v6), Some(v4)) => classify_v6(v6).or_else(|| classify_v4(v4)),
        (IpAddr::V6(v6), None) => classify_v6(v6),
    }
}

fn classify_v4(address: Ipv4Addr) -> Option<Inner> {
    Some(match address.octets() {
        [127, ..] => Inner::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Inner::Private,
        [169, 254, ..] => Inner::LinkLocal,
        [100, 100, 100, 200] => Inner::Metadata,
        // Where Azure's platform answers every virtual machine.
        [168, 63, 129, 16] => Inner::Metadata,
        [100, 64..=127, ..] => Inner::Shared,
        [0, ..] => Inner::Unspecified,
        [224..=239, ..] => Inner::Multicast,
        [240..=255, ..] => Inner::Reserved,
        [192, 0, 0 | 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Inner::Reserved,
        [198, 18 | 19, ..] | [192, 88, 99, _] => Inner::Reserved,
        _ => return None,
    })
}

fn classify_v6(address: Ipv6Addr) -> Option<Inner> {
    Some(match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Inner::Unspecified,
        [0, 0, 0, 0, 0, 0, 0, 1] => Inner::Loopback,
        [0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x254] => Inner::Metadata,
        [0xfd20, 0x0ce, 0, 0, 0, 0, 0, 0x254] => Inner::Metadata,
        [0xfc00..=0xfdff, ..] | [0xfec0..=0xfeff, ..] => Inner::Private,
        [0xfe80..=0xfebf, ..] => Inner::LinkLocal,
        [0xff00..=0xffff, ..] => Inner::Multicast,
        // A NAT64 of one's own, Teredo, ORCHID, documents, benchmarks, discard, segment routing.
        [0x64, 0xff9b, 1, ..] | [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] => Inner::Reserved,
        [0x3fff, 0..=0xfff, ..] | [0x100, 0, 0, 0, ..] | [0x5f00, ..] => Inner::Reserved,
        _ => return None,
    })
}
