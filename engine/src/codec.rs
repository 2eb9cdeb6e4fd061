//! Bytes of records: numbers are little-endian, lengths are varints and stand before what they count.

/// Bytes that are not a record: what was expected where they went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "malformed: {}", self.0)
    }
}

impl std::error::Error for Malformed {}

/// Appends a number in as few bytes as it needs, seven bits in each (LEB128).
pub fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends bytes, and before them how many there are.
pub fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Reads what was written, from the front. No bytes make it panic, or allocate more than a few times
/// their length.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    /// The next `N` bytes.
    ///
    /// # Errors
    ///
    /// If there are fewer.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (first, rest) = self
            .0
            .split_first_chunk()
            .ok_or(Malformed("it ends too early"))?;
        self.0 = rest;
        Ok(*first)
    }

    /// The next byte.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn byte(&mut self) -> Result<u8, Malformed> {
        self.array().map(|[byte]| byte)
    }

    /// The next four bytes as a number.
    ///
    /// # Errors
    ///
    /// If there are fewer.
    pub fn word(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_le_bytes)
    }

    /// The next eight bytes as a number.
    ///
    /// # Errors
    ///
    /// If there are fewer.
    pub fn long(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_le_bytes)
    }

    /// A number as [`put_varint`] writes it.
    ///
    /// # Errors
    ///
    /// If it has no end or more than 64 bits.
    pub fn varint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                break;
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Malformed("a number has more than 64 bits"))
    }

    /// A number of 32 bits as [`put_varint`] writes it.
    ///
    /// # Errors
    ///
    /// If it is none.
    pub fn short_varint(&mut self) -> Result<u32, Malformed> {
        u32::try_from(self.varint()?).map_err(|_| Malformed("a number has more than 32 bits"))
    }

    /// Bytes as [`put_bytes`] writes them.
    ///
    /// # Errors
    ///
    /// If there are fewer than is said.
    pub fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let length = self.count(1)?;
        self.take(length)
    }

    /// The next `length` bytes.
    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let parts = self.0.split_at_checked(length);
        let (bytes, rest) = parts.ok_or(Malformed("it ends too early"))?;
        self.0 = rest;
        Ok(bytes)
    }

    /// Text as [`put_bytes`] writes its bytes.
    ///
    /// # Errors
    ///
    /// If there are fewer bytes than is said, or they are not UTF-8.
    pub fn text(&mut self) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Malformed("a text is not UTF-8"))
    }

    /// Nothing may be left.
    ///
    /// # Errors
    ///
    /// If something is.
    pub fn end(self) -> Result<(), Malformed> {
        match self.0 {
            [] => Ok(()),
            _ => Err(Malformed("something follows its end")),
        }
    }

    /// A count of items that take at least `size` bytes each: never more than the bytes that are left
    /// can hold.
    pub(crate) fn count(&mut self, size: usize) -> Result<usize, Malformed> {
        let count = self.varint()?;
        match usize::try_from(count) {
            Ok(count) if count <= self.0.len() / size => Ok(count),
            _ => Err(Malformed("a count is beyond its end")),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_are_read_back(value in any::<u64>(), shift in 0u32..64) {
            let mut out = Vec::new();
            put_varint(&mut out, value >> shift);
            let mut reader = Reader(&out);
            prop_assert_eq!(reader.varint(), Ok(value >> shift));
            prop_assert_eq!(reader.end(), Ok(()));
        }
    }

    #[test]
    fn a_number_ends() {
        assert!(Reader(&[0xff; 20]).varint().is_err());
        assert!(Reader(&[0x80]).varint().is_err());
        assert_eq!(
            Reader(&[255, 255, 255, 255, 255, 255, 255, 255, 255, 1]).varint(),
            Ok(u64::MAX)
        );
        assert!(
            Reader(&[255, 255, 255, 255, 255, 255, 255, 255, 255, 2])
                .varint()
                .is_err()
        );
    }

    #[test]
    fn a_count_beyond_the_end_allocates_nothing() {
        let mut out = Vec::new();
        put_varint(&mut out, u64::MAX);
        assert!(Reader(&out).bytes().is_err());
    }
}
