//! The slot of a key.

use std::sync::LazyLock;

use crc::{CRC_16_XMODEM, Crc, Table};

/// How many slots the keys of a cluster are divided into.
pub const SLOTS: u16 = 16_384;

static CRC: Crc<u16, Table<1>> = Crc::<u16, Table<1>>::new(&CRC_16_XMODEM);

/// The slot of a key: of what stands between its first `{` and the next `}`, if anything does, and
/// otherwise of all of it (the cluster specification, "Hash tags").
pub fn slot(key: &[u8]) -> u16 {
    let position = |bytes: &[u8], wanted| bytes.iter().position(|&byte| byte == wanted);
    let tag = position(key, b'{').and_then(|open| {
        let rest = &key[open + 1..];
        position(rest, b'}').map(|close| &rest[..close])
    });
    CRC.checksum(tag.filter(|tag| !tag.is_empty()).unwrap_or(key)) % SLOTS
}

/// A number that is in this slot when it is a key's tag.
pub fn tag(slot: u16) -> u32 {
    static TAGS: LazyLock<Box<[u32]>> = LazyLock::new(tags);
    TAGS[usize::from(slot)]
}

fn tags() -> Box<[u32]> {
    let mut tags = vec![u32::MAX; usize::from(SLOTS)].into_boxed_slice();
    let mut missing = tags.len();
    for number in 0.. {
        let place = &mut tags[usize::from(slot(number.to_string().as_bytes()))];
        if *place == u32::MAX {
            *place = number;
            missing -= 1;
            if missing == 0 {
                break;
            }
        }
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slots_are_those_of_the_specification() {
        assert_eq!(CRC.checksum(b"123456789"), 0x31c3);
        assert_eq!(slot(b"foo"), 12_182);
        assert_eq!(slot(b"{user1000}.following"), slot(b"user1000"));
        assert_eq!(slot(b"foo{bar}{zap}"), slot(b"bar"));
        assert_eq!(slot(b"foo{{bar}}zap"), slot(b"{bar"));
        // Nothing between the braces, no second one: all of it counts.
        assert_eq!(slot(b"foo{}{bar}"), CRC.checksum(b"foo{}{bar}") % SLOTS);
        assert_eq!(slot(b"foo{bar"), CRC.checksum(b"foo{bar") % SLOTS);
        assert_eq!(slot(b""), 0);
    }

    #[test]
    fn every_slot_has_a_tag() {
        for wanted in 0..SLOTS {
            assert_eq!(slot(format!("x:{{{}}}", tag(wanted)).as_bytes()), wanted);
        }
    }
}
