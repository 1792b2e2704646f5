//! The wire format of protobuf: keys, numbers and stretches of bytes. Takes and refuses exactly
//! what `prost` does.

/// Bytes that are not the message they should be. What is wrong with them, and where, is found out
/// by those who tell the caller: nearly every request is sound, and this one is walked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// How a field is written: the low three bits of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::decode) enum Wire {
    Varint,
    Fixed64,
    Delimited,
    StartGroup,
    EndGroup,
    Fixed32,
}

/// How many levels of messages may still follow.
#[derive(Clone, Copy, Debug)]
pub(in crate::decode) struct Depth(u32);

/// Levels of a whole request, as `prost` has it.
const DEPTH_MAX: u32 = 100;

impl Depth {
    /// That of a request.
    pub(in crate::decode) const TOP: Self = Self(DEPTH_MAX);

    /// One level down.
    pub(in crate::decode) fn enter(self) -> Result<Self, Malformed> {
        self.0.checked_sub(1).map(Self).ok_or(Malformed)
    }
}

/// What is left of a message.
#[derive(Clone, Copy)]
pub(in crate::decode) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(in crate::decode) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Bytes that are still to be read.
    pub(in crate::decode) const fn left(&self) -> usize {
        self.0.len()
    }

    /// The number and the writing of the next field; `None` at the end of the message.
    #[inline]
    pub(in crate::decode) fn key(&mut self) -> Result<Option<(u32, Wire)>, Malformed> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let key = u32::try_from(self.varint()?).map_err(|_| Malformed)?;
        let wire = match key & 7 {
            0 => Wire::Varint,
            1 => Wire::Fixed64,
            2 => Wire::Delimited,
            3 => Wire::StartGroup,
            4 => Wire::EndGroup,
            5 => Wire::Fixed32,
            _ => return Err(Malformed),
        };
        match key >> 3 {
            0 => Err(Malformed),
            number => Ok(Some((number, wire))),
        }
    }

    /// A base-128 number.
    #[inline]
    fn varint(&mut self) -> Result<u64, Malformed> {
        match self.0.split_first() {
            Some((&byte, rest)) if byte < 0x80 => {
                self.0 = rest;
                Ok(u64::from(byte))
            }
            _ => self.long_varint(),
        }
    }

    fn long_varint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0_u64;
        for (i, &byte) in self.0.iter().take(10).enumerate() {
            value |= u64::from(byte & 0x7f) << (7 * i);
            if byte < 0x80 {
                // The tenth byte has room for one bit only.
                if i == 9 && byte > 1 {
                    return Err(Malformed);
                }
                self.0 = &self.0[i + 1..];
                return Ok(value);
            }
        }
        Err(Malformed)
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (value, rest) = self.0.split_first_chunk().ok_or(Malformed)?;
        self.0 = rest;
        Ok(*value)
    }

    #[inline]
    fn stretch(&mut self) -> Result<&'a [u8], Malformed> {
        let bytes = usize::try_from(self.varint()?).map_err(|_| Malformed)?;
        let (value, rest) = self.0.split_at_checked(bytes).ok_or(Malformed)?;
        self.0 = rest;
        Ok(value)
    }

    /// A number of type `int64`, `uint32`, `bool` or an enum.
    #[inline]
    pub(in crate::decode) fn number(&mut self, wire: Wire) -> Result<u64, Malformed> {
        expect(wire, Wire::Varint)?;
        self.varint()
    }

    /// A number of type `int32` or an enum: the low half of what was written.
    #[inline]
    #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)] // so says protobuf
    pub(in crate::decode) fn int32(&mut self, wire: Wire) -> Result<i32, Malformed> {
        Ok(self.number(wire)? as i32)
    }

    /// A number of type `uint32`.
    #[inline]
    #[allow(clippy::cast_possible_truncation)] // so says protobuf
    pub(in crate::decode) fn uint32(&mut self, wire: Wire) -> Result<u32, Malformed> {
        Ok(self.number(wire)? as u32)
    }

    /// A number of type `sint32`.
    #[allow(clippy::cast_possible_wrap)] // so says protobuf
    pub(in crate::decode) fn sint32(&mut self, wire: Wire) -> Result<i32, Malformed> {
        let value = self.uint32(wire)?;
        Ok((value >> 1) as i32 ^ -((value & 1) as i32))
    }

    /// A number of type `fixed64`.
    #[inline]
    pub(in crate::decode) fn fixed64(&mut self, wire: Wire) -> Result<u64, Malformed> {
        expect(wire, Wire::Fixed64)?;
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// A number of type `fixed32`.
    #[inline]
    pub(in crate::decode) fn fixed32(&mut self, wire: Wire) -> Result<u32, Malformed> {
        expect(wire, Wire::Fixed32)?;
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// A number of type `double`.
    #[inline]
    pub(in crate::decode) fn double(&mut self, wire: Wire) -> Result<f64, Malformed> {
        self.fixed64(wire).map(f64::from_bits)
    }

    /// Bytes, or a message.
    #[inline]
    pub(in crate::decode) fn bytes(&mut self, wire: Wire) -> Result<&'a [u8], Malformed> {
        expect(wire, Wire::Delimited)?;
        self.stretch()
    }

    /// A text.
    #[inline]
    pub(in crate::decode) fn text(&mut self, wire: Wire) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.bytes(wire)?).map_err(|_| Malformed)
    }

    /// One or many of a repeated `fixed64`, packed or not.
    pub(in crate::decode) fn fixed64s(
        &mut self,
        wire: Wire,
        mut push: impl FnMut(u64),
    ) -> Result<(), Malformed> {
        if wire != Wire::Delimited {
            push(self.fixed64(wire)?);
            return Ok(());
        }
        let (values, rest) = self.stretch()?.as_chunks();
        values
            .iter()
            .for_each(|value| push(u64::from_le_bytes(*value)));
        if rest.is_empty() {
            Ok(())
        } else {
            Err(Malformed)
        }
    }

    /// One or many of a repeated `uint64`, packed or not.
    pub(in crate::decode) fn numbers(
        &mut self,
        wire: Wire,
        mut push: impl FnMut(u64),
    ) -> Result<(), Malformed> {
        if wire != Wire::Delimited {
            push(self.number(wire)?);
            return Ok(());
        }
        let mut packed = Self(self.stretch()?);
        while !packed.0.is_empty() {
            push(packed.varint()?);
        }
        Ok(())
    }

    /// Passes over a field nobody knows.
    pub(in crate::decode) fn skip(
        &mut self,
        number: u32,
        wire: Wire,
        depth: Depth,
    ) -> Result<(), Malformed> {
        let inside = depth.enter()?;
        match wire {
            Wire::Varint => drop(self.varint()?),
            Wire::Fixed64 => drop(self.array::<8>()?),
            Wire::Fixed32 => drop(self.array::<4>()?),
            Wire::Delimited => drop(self.stretch()?),
            Wire::StartGroup => loop {
                match self.key()?.ok_or(Malformed)? {
                    (end, Wire::EndGroup) if end == number => break,
                    (number, wire) => self.skip(number, wire, inside)?,
                }
            },
            Wire::EndGroup => return Err(Malformed),
        }
        Ok(())
    }
}

#[inline]
fn expect(wire: Wire, expected: Wire) -> Result<(), Malformed> {
    if wire == expected {
        Ok(())
    } else {
        Err(Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn varint(bytes: &[u8]) -> Result<u64, Malformed> {
        Reader::new(bytes).varint()
    }

    #[test]
    fn a_number_has_at_most_64_bits() {
        let mut most = [0xff; 10];
        most[9] = 1;
        assert_eq!(varint(&most), Ok(u64::MAX));
        most[9] = 2;
        assert_eq!(varint(&most), Err(Malformed));
        assert_eq!(varint(&[0x80, 0x80]), Err(Malformed));
        assert_eq!(varint(&[0x80, 0x01]), Ok(128));
    }

    #[test]
    fn a_group_ends_with_its_own_number() {
        let skip = |bytes: &[u8]| {
            let mut reader = Reader::new(bytes);
            let (number, wire) = reader.key()?.ok_or(Malformed)?;
            reader.skip(number, wire, Depth::TOP)
        };
        assert_eq!(skip(&[3 << 3 | 3, 1 << 3, 7, 3 << 3 | 4]), Ok(()));
        assert_eq!(skip(&[3 << 3 | 3, 4 << 3 | 4]), Err(Malformed));
        assert_eq!(skip(&[3 << 3 | 3]), Err(Malformed));
        assert_eq!(skip(&[3 << 3 | 4]), Err(Malformed));
        assert_eq!(skip(&[3 << 3 | 3].repeat(200)), Err(Malformed));
    }
}
