//! What becomes of characters, in tables of bytes.

use std::sync::LazyLock;

use crate::text::{
    rasm::rasm,
    tables::{Code, DELETE, SEPARATOR, code},
};

/// A folded character in one byte: a letter of the Arabic block its lower one, a Latin letter and a digit one that no
/// letter of that block has, and these.
pub(super) const DELETED: u8 = 0;
pub(super) const SPACE: u8 = 1;
/// Not for here.
pub(super) const OTHER: u8 = 2;
pub(super) const FIRST_LATIN: u8 = 4;
pub(super) const FIRST_ARABIC: u8 = 0x20;
/// Where the Arabic block has digits of its own, which none is left of.
pub(super) const ZERO: u8 = 0x60;

fn to_byte(unit: u16) -> u8 {
    match (unit, u8::try_from(unit)) {
        (DELETE, _) => DELETED,
        (SEPARATOR, _) => SPACE,
        (_, Ok(letter @ b'a'..=b'z')) => letter - b'a' + FIRST_LATIN,
        (_, Ok(digit @ b'0'..=b'9')) => digit - b'0' + ZERO,
        // Not the two letters above the digits: so all in that row are digits.
        (0x620..0x660 | 0x670..0x700, _) => unit as u8,
        _ => OTHER,
    }
}

/// The unit of UTF-16, and the coefficient in polynomials, which a space has none of.
fn to_code(byte: u8) -> Code {
    let unit = match byte {
        SPACE => u16::from(b' '),
        FIRST_LATIN..FIRST_ARABIC => u16::from(byte - FIRST_LATIN + b'a'),
        ZERO..=0x69 => u16::from(byte - ZERO + b'0'),
        _ => 0x600 | u16::from(byte),
    };
    let rasm = if byte == SPACE { 0 } else { rasm(unit) };
    Code { unit, rasm }
}

/// What becomes of characters. (Each table begins with a line of memory: what is read at once does not lie on two.)
#[repr(align(64))]
pub(super) struct Lookup {
    pub(super) ascii: [u8; 0x80],
    /// U+0080 to U+00BF.
    pub(super) latin: [u8; 0x40],
    /// U+0600 to U+06FF.
    pub(super) arabic: [u8; 0x100],
    /// U+2000 to U+203F.
    pub(super) punctuation: [u8; 0x40],
    /// Of folded ones below: the lower byte of their unit of UTF-16. All above have that of the Arabic block.
    pub(super) units: [u8; 0x80],
    /// Of folded ones: the lower byte of their coefficient in polynomials. The upper one is that of the unit, but for a space,
    /// which has none.
    pub(super) coefficients: [u8; 0x100],
}

pub(super) static LOOKUP: LazyLock<Lookup> = LazyLock::new(|| {
    let at = |first: usize| move |place: usize| to_byte(code(first + place).unit);
    Lookup {
        ascii: std::array::from_fn(at(0)),
        latin: std::array::from_fn(at(0x80)),
        arabic: std::array::from_fn(at(0x600)),
        punctuation: std::array::from_fn(at(0x2000)),
        units: std::array::from_fn(|byte| to_code(byte as u8).unit as u8),
        coefficients: std::array::from_fn(|byte| to_code(byte as u8).rasm as u8),
    }
});

#[cfg(test)]
mod tests {
    use super::*;

    /// As `avx2.rs` takes them.
    #[test]
    fn tables_are_as_regular_as_they_are_taken_for() {
        let ascii = |from: usize| &LOOKUP.ascii[from..from + 0x10];
        assert!(LOOKUP.ascii[..0x30].iter().all(|byte| *byte == SPACE));
        assert_eq!((ascii(0x40), ascii(0x50)), (ascii(0x60), ascii(0x70)));
        for byte in (SPACE..=u8::MAX).filter(|byte| *byte < 0x20 || (0x50..0x70).contains(byte)) {
            let Code { unit, rasm } = to_code(byte);
            assert!(byte == SPACE || rasm == unit, "{byte:x}");
        }
    }
}
