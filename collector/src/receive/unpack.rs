//! Decompression with a hard cap: a bomb stops at the limit, not after it.

use std::io::{self, Read};

use bytes::Bytes;

use crate::admit::Lease;
use crate::refusal::{Reason, Refusal};

/// Output is taken in steps of this size, with the limit and the lease checked at each.
const STEP_BYTES: usize = 64 * 1024;

/// The window zstd may ask for, as a power of two: 8 MiB, the limit RFC 9659 sets for HTTP.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// How a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    Identity,
    Gzip,
    Zstd,
    Deflate,
}

impl Compression {
    /// What is spoken here, for answers and messages.
    pub(crate) const SPOKEN: &str = "gzip, zstd, deflate, identity";

    /// The compression a header names.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        Some(match name {
            _ if name.is_empty() || is("identity") => Self::Identity,
            _ if is("gzip") || is("x-gzip") => Self::Gzip,
            _ if is("zstd") => Self::Zstd,
            _ if is("deflate") => Self::Deflate,
            _ => return None,
        })
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Deflate => "deflate",
        }
    }
}

/// The bytes within `packed`, at most `limit` of them; `lease` grows with them.
pub(crate) fn unpack(
    packed: Bytes,
    compression: Compression,
    limit: usize,
    lease: &mut Lease,
) -> Result<Bytes, Refusal> {
    let input = &packed[..];
    let broken = |error: io::Error| {
        let name = compression.as_str();
        let error = crate::decode::printable(&error.to_string());
        Refusal::new(
            Reason::Malformed,
            format!("decompressing the body as {name}: {error}"),
        )
    };
    let held = input.len();
    match compression {
        Compression::Identity if held > limit => Err(Refusal::too_large(limit, "as sent")),
        Compression::Identity => Ok(packed),
        Compression::Gzip => pump(
            flate2::bufread::MultiGzDecoder::new(input),
            limit,
            held,
            lease,
            broken,
        ),
        Compression::Deflate => pump(
            flate2::bufread::ZlibDecoder::new(input),
            limit,
            held,
            lease,
            broken,
        ),
        Compression::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(input).map_err(broken)?;
            decoder
                .window_log_max(ZSTD_WINDOW_LOG_MAX)
                .map_err(broken)?;
            pump(decoder, limit, held, lease, broken)
        }
    }
}

fn pump(
    mut decoder: impl Read,
    limit: usize,
    held: usize,
    lease: &mut Lease,
    broken: impl Fn(io::Error) -> Refusal,
) -> Result<Bytes, Refusal> {
    let mut out = Vec::new();
    loop {
        let filled = out.len();
        lease.grow_to_blocking(held + filled + STEP_BYTES)?;
        // One byte more than allowed tells "exactly at the limit" from "beyond it".
        let step = STEP_BYTES.min(limit + 1 - filled);
        out.resize(filled + step, 0);
        let read = fill(&mut decoder, &mut out[filled..]).map_err(&broken)?;
        out.truncate(filled + read);
        if out.len() > limit {
            return Err(Refusal::too_large(limit, "after decompression"));
        }
        if read < step {
            return Ok(out.into());
        }
    }
}

/// Reads until `buffer` is full or the input ends.
fn fill(decoder: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match decoder.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::write::{GzEncoder, ZlibEncoder};

    use super::*;
    use crate::admit::Budget;
    use crate::sender::Sender;

    const LIMIT: usize = 1_000_000;

    fn pack(compression: Compression, plain: &[u8]) -> Bytes {
        let level = flate2::Compression::best();
        match compression {
            Compression::Identity => plain.to_vec(),
            Compression::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), level);
                encoder
                    .write_all(plain)
                    .and_then(|()| encoder.finish())
                    .unwrap()
            }
            Compression::Deflate => {
                let mut encoder = ZlibEncoder::new(Vec::new(), level);
                encoder
                    .write_all(plain)
                    .and_then(|()| encoder.finish())
                    .unwrap()
            }
            Compression::Zstd => zstd::encode_all(plain, 19).unwrap(),
        }
        .into()
    }

    fn open(packed: Bytes, compression: Compression) -> Result<Bytes, Refusal> {
        unpack(
            packed,
            compression,
            LIMIT,
            &mut Budget::new(8 * LIMIT, 1).lease(Sender::ANYONE),
        )
    }

    const ALL: [Compression; 4] = [
        Compression::Identity,
        Compression::Gzip,
        Compression::Zstd,
        Compression::Deflate,
    ];

    #[test]
    fn exactly_the_limit_passes_and_one_byte_more_does_not() {
        for compression in ALL {
            for length in [0, 1, 65_535, 65_536, 65_537, LIMIT - 1, LIMIT] {
                let plain = vec![b'x'; length];
                assert_eq!(
                    open(pack(compression, &plain), compression),
                    Ok(plain.into())
                );
            }
            let refusal = open(pack(compression, &vec![b'x'; LIMIT + 1]), compression);
            assert_eq!(
                refusal.expect_err("refused").reason,
                Reason::TooLarge,
                "{compression:?}"
            );
        }
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let bomb = pack(Compression::Gzip, &vec![0; 64 * LIMIT]);
        let budget = Budget::new(2 * LIMIT, 1);
        let refusal = unpack(
            bomb,
            Compression::Gzip,
            LIMIT,
            &mut budget.lease(Sender::ANYONE),
        );
        assert_eq!(
            refusal.expect_err("refused").message,
            "the request is bigger than 1000000 bytes after decompression: send smaller batches, \
             or raise max_request_bytes of the collector"
        );
    }

    #[test]
    fn output_beyond_the_budget_is_overload_and_not_the_callers_fault() {
        let packed = pack(Compression::Zstd, &vec![0; LIMIT]);
        let budget = Budget::new(2 * LIMIT, 1);
        let mut neighbour = budget.lease(Sender::ANYONE);
        neighbour.grow_to_blocking(2 * LIMIT - 100_000).unwrap();
        let refusal = unpack(
            packed,
            Compression::Zstd,
            LIMIT,
            &mut budget.lease(Sender::ANYONE),
        );
        assert_eq!(refusal.expect_err("refused").reason, Reason::Overloaded);
    }

    #[test]
    fn what_is_cut_short_or_something_else_is_refused() {
        for compression in [Compression::Gzip, Compression::Zstd, Compression::Deflate] {
            let packed = pack(compression, &b"telemetry ".repeat(100));
            for bad in [
                packed.slice(..packed.len() - 5),
                Bytes::from_static(b"not compressed"),
            ] {
                let refusal = open(bad, compression).expect_err("refused");
                assert_eq!(refusal.reason, Reason::Malformed, "{compression:?}");
                assert!(refusal.message.starts_with("decompressing the body as "));
            }
        }
    }

    #[test]
    fn a_zstd_window_of_gigabytes_is_refused() {
        // Magic, no single segment, window exponent 21 (2 GiB), one empty last raw block.
        let frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 21 << 3, 0x01, 0x00, 0x00];
        let refusal = open(Bytes::copy_from_slice(&frame), Compression::Zstd);
        assert_eq!(refusal.expect_err("refused").reason, Reason::Malformed);
    }
}
