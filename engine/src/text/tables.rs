//! What becomes of the characters that texts are mostly made of, looked up by their bytes.

use std::sync::LazyLock;

use super::{
    rasm::rasm,
    rule::{Rule, rule},
};

/// What becomes of a character.
#[derive(Clone, Copy)]
pub(super) struct Code {
    /// One of those below; every other value is a letter's unit of UTF-16.
    pub(super) unit: u16,
    /// Of that letter.
    pub(super) rasm: u16,
}

pub(super) const DELETE: u16 = 0;
pub(super) const SEPARATOR: u16 = 1;
pub(super) const NORMALIZE: u16 = 2;
/// Not in the tables: a character of three or four bytes.
pub(super) const LONG: u16 = 3;
pub(super) const FIRST_LETTER: u16 = 4;

/// The rules of all characters of one and two bytes, where nearly all of an Arabic text lies, and of the
/// general punctuation, where most of the rest does.
pub(super) struct Tables {
    ascii: [Code; 0x80],
    two_bytes: [Code; 0x800],
    punctuation: [Code; 0x40],
}

impl Tables {
    /// The code of the character at `at`, and its length in bytes; `None` at the end.
    #[inline]
    pub(super) fn code(&self, bytes: &[u8], at: usize) -> Option<(Code, usize)> {
        let next = |place: usize| bytes.get(at + place).copied().unwrap_or_default();
        Some(match *bytes.get(at)? {
            first @ 0xc0..0xe0 => {
                let index = (usize::from(first & 0x1f) << 6) | usize::from(next(1) & 0x3f);
                (self.two_bytes[index], 2)
            }
            first @ 0..0x80 => (self.ascii[usize::from(first)], 1),
            // U+2000 to U+203F.
            0xe2 if next(1) == 0x80 => (self.punctuation[usize::from(next(2) & 0x3f)], 3),
            _ => (
                Code {
                    unit: LONG,
                    rasm: LONG,
                },
                0,
            ),
        })
    }
}

/// Made once, of the rules.
pub(super) static TABLES: LazyLock<Tables> = LazyLock::new(|| Tables {
    ascii: std::array::from_fn(code),
    two_bytes: std::array::from_fn(code),
    punctuation: std::array::from_fn(|place| code(0x2000 + place)),
});

/// The code of a character, by the rules.
pub(super) fn code(value: usize) -> Code {
    let c = u32::try_from(value).ok().and_then(char::from_u32);
    let unit = match rule(c.unwrap_or('\0')) {
        Rule::Letter(letter) => letter.encode_utf16(&mut [0; 2])[0],
        Rule::Delete => DELETE,
        Rule::Separator => SEPARATOR,
        Rule::Letters(_) | Rule::Words(_) | Rule::Normalize => NORMALIZE,
    };
    let rasm = rasm(unit);
    Code { unit, rasm }
}
