//! Networks of addresses: `10.0.0.0/8`, `fe80::/10`.

use std::net::IpAddr;

/// Addresses that share their first bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Network {
    address: IpAddr,
    bits: u32,
}

impl Network {
    /// Reads the usual notation; an address alone is a network of its own.
    pub fn read(text: &str) -> Result<Self, String> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let wrong = || {
            format!(
                "{} is no network, as 10.0.0.0/8 or fe80::/10",
                super::fault::quoted(text)
            )
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let digits = |text: &&str| text.bytes().all(|byte| byte.is_ascii_digit());
        let bits = match bits {
            None => width,
            Some(bits) => Some(bits)
                .filter(digits)
                .and_then(|bits| bits.parse().ok())
                .filter(|bits| *bits <= width)
                .ok_or_else(wrong)?,
        };
        let network = Self { address, bits };
        match network.cut(address) == number(address) {
            true => Ok(network),
            false => Err(format!("{text} has bits set after the first {bits}")),
        }
    }

    /// Whether a text is an address in it. An IPv4 address that is written as IPv6 counts as IPv4.
    pub fn holds(&self, text: &str) -> bool {
        let Ok(address) = text.trim().parse::<IpAddr>() else {
            return false;
        };
        let address = match (address, self.address) {
            (IpAddr::V6(v6), IpAddr::V4(_)) => v6.to_ipv4_mapped().map_or(address, IpAddr::V4),
            _ => address,
        };
        address.is_ipv4() == self.address.is_ipv4() && self.cut(address) == number(self.address)
    }

    fn cut(&self, address: IpAddr) -> u128 {
        let width = if address.is_ipv4() { 32 } else { 128 };
        let rest = width - self.bits;
        number(address)
            .checked_shr(rest)
            .map_or(0, |kept| kept << rest)
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u32::from(v4).into(),
        IpAddr::V6(v6) => v6.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(network: &str, address: &str) -> bool {
        Network::read(network).expect("a network").holds(address)
    }

    #[test]
    fn addresses_are_in_their_networks_only() {
        assert!(holds("10.0.0.0/8", "10.255.0.1"));
        assert!(holds("10.0.0.0/8", "::ffff:10.1.2.3"));
        assert!(!holds("10.0.0.0/8", "11.0.0.1"));
        assert!(!holds("10.0.0.0/8", "10.0.0.1 and more"));
        assert!(!holds("10.0.0.0/8", "fe80::1"));
        assert!(holds("fe80::/10", "FE80::1"));
        assert!(holds("0.0.0.0/0", "1.2.3.4") && holds("::/0", "::1"));
        assert!(!holds("::/0", "1.2.3.4"));
        assert!(holds("192.0.2.1", "192.0.2.1") && !holds("192.0.2.1", "192.0.2.2"));
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "10.0.0.0/33",
            "10.0.0.1/8",
            "10.0.0.*",
            "10/8",
            "::/+1",
            "",
            "a/8",
        ] {
            assert!(Network::read(text).is_err(), "{text}");
        }
    }
}
