//! Addresses in disguise: the spellings of an IPv4 address that resolvers have always taken.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The address that `host` spells out, in brackets (IPv6), in four decimal numbers, or in any form of
/// `inet_aton`: one to four numbers, decimal, octal (`0177`) or hexadecimal (`0x7f`), of which the
/// last fills what is left (`127.1`, `2130706433`). None for a name.
///
/// # Errors
/// A text that looks like a number and is no address: resolvers differ on those.
pub fn literal(host: &str) -> Result<Option<IpAddr>, ()> {
    if let Some(inside) = host.strip_prefix('[') {
        let inside = inside.strip_suffix(']').ok_or(())?;
        // A zone (`%eth0`) names a link, and nothing on a link is public.
        return inside
            .parse::<Ipv6Addr>()
            .map(|v6| Some(v6.into()))
            .map_err(|_| ());
    }
    let bare = host.strip_suffix('.').unwrap_or(host);
    let last = bare.rsplit('.').next().unwrap_or_default();
    // As the URL standard has it: a host is an IPv4 address if its last label is a number.
    let numeric = last.starts_with(|c: char| c.is_ascii_digit()) && number(last).is_some()
        || !last.is_empty() && last.chars().all(|c| c.is_ascii_digit());
    if !numeric {
        return Ok(None);
    }
    let numbers: Option<Vec<u64>> = bare.split('.').map(number).collect();
    let numbers = numbers.filter(|n| n.len() <= 4).ok_or(())?;
    let (rest, leading) = numbers.split_last().ok_or(())?;
    if leading.iter().any(|n| *n > 255) || *rest >= 1 << (8 * (4 - leading.len())) {
        return Err(());
    }
    let high = leading.iter().enumerate();
    let sum = high.fold(*rest, |sum, (i, n)| sum | n << (8 * (3 - i)));
    let sum = u32::try_from(sum).map_err(|_| ())?;
    Ok(Some(Ipv4Addr::from_bits(sum).into()))
}

fn number(text: &str) -> Option<u64> {
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some("") => ("0", 16),
        Some(digits) => (digits, 16),
        None if text.len() > 1 && text.starts_with('0') => (&text[1..], 8),
        None => (text, 10),
    };
    let plain = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
    plain
        .then(|| u64::from_str_radix(digits, radix).ok())
        .flatten()
}
