//! Where a block is written to: pieces that are handed on as soon as they are full, so that never is the
//! whole of it in memory twice.

/// Collects bytes and hands them on piece by piece.
pub(in crate::write) struct Out<'a> {
    piece: Vec<u8>,
    piece_bytes: usize,
    full: &'a mut dyn FnMut(Vec<u8>),
}

impl<'a> Out<'a> {
    /// Hands on pieces of about `piece_bytes`.
    pub(in crate::write) fn new(piece_bytes: usize, full: &'a mut dyn FnMut(Vec<u8>)) -> Self {
        Self {
            piece: Vec::with_capacity(piece_bytes),
            piece_bytes,
            full,
        }
    }

    #[inline]
    pub(super) fn put(&mut self, bytes: &[u8]) {
        if self.piece.len() + bytes.len() > self.piece_bytes {
            self.put_beyond(bytes);
        } else {
            self.piece.extend_from_slice(bytes);
        }
    }

    #[cold]
    fn put_beyond(&mut self, mut bytes: &[u8]) {
        loop {
            let room = self.piece_bytes.saturating_sub(self.piece.len());
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.piece.extend_from_slice(now);
            if later.is_empty() {
                return;
            }
            let next = Vec::with_capacity(self.piece_bytes);
            (self.full)(std::mem::replace(&mut self.piece, next));
            bytes = later;
        }
    }

    /// Hands on what is left.
    pub(in crate::write) fn finish(self) {
        if !self.piece.is_empty() {
            (self.full)(self.piece);
        }
    }
}

/// All that is written, in one.
#[cfg(test)]
pub(super) fn collect(write: impl FnOnce(&mut Out<'_>)) -> Vec<u8> {
    let mut all = Vec::new();
    let mut keep = |piece: Vec<u8>| all.extend(piece);
    let mut out = Out::new(16, &mut keep);
    write(&mut out);
    out.finish();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_full_but_the_last_and_nothing_is_lost() {
        let mut pieces = Vec::new();
        let mut keep = |piece: Vec<u8>| pieces.push(piece);
        let mut out = Out::new(4, &mut keep);
        for bytes in [&b"a"[..], b"bc", b"defghijkl", b"", b"m"] {
            out.put(bytes);
        }
        out.finish();
        let lengths: Vec<usize> = pieces.iter().map(Vec::len).collect();
        assert_eq!(lengths, [4, 4, 4, 1]);
        assert_eq!(pieces.concat(), b"abcdefghijklm");
    }
}
