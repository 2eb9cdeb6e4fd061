//! Ascending numbers in few bits: of each the low bits as they are, and the rest as how far it lies
//! beyond that of the one before, in unary.
//!
//! Peter Elias, "Efficient Storage and Retrieval by Content and Address of Static Files" (JACM 1974);
//! Robert Fano, "On the Number of Bits Required to Implement an Associative Memory" (1971). n numbers
//! below u take at most 2 + log2(u / n) bits each, and are read again in order at a nanosecond each.

use crate::{
    codec::{Malformed, Reader, put_varint},
    wide::{Wide, Work, run_wide},
};

/// Ascending numbers, where they are stored.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct EliasFano<'a> {
    count: u32,
    low_bits: u32,
    lows: &'a [u8],
    highs: &'a [u8],
}

/// Appends `values`, which must ascend; equal ones may follow each other.
pub(super) fn write(values: &[u32], out: &mut Vec<u8>) {
    put_varint(out, values.len() as u64);
    let Some(last) = values.last() else {
        return;
    };
    let low_bits = (last / values.len() as u32).checked_ilog2().unwrap_or(0);
    let high_bits = values.len() + (last >> low_bits) as usize;
    let high_bytes = high_bits.div_ceil(8);
    out.push(low_bits as u8);
    put_varint(out, high_bytes as u64);

    let start = out.len();
    let low_bytes = (values.len() * low_bits as usize).div_ceil(8);
    out.resize(start + low_bytes + high_bytes + ROOM, 0);
    run_wide(Write {
        values,
        low_bits,
        out: &mut out[start..],
        low_bytes,
    });
    out.truncate(start + low_bytes + high_bytes);
}

/// What is written behind the end, and written over or taken away.
const ROOM: usize = size_of::<u128>();

struct Write<'a> {
    values: &'a [u32],
    low_bits: u32,
    out: &'a mut [u8],
    /// What the low bits take.
    low_bytes: usize,
}

impl Work for Write<'_> {
    #[inline(always)]
    fn run(self, _: impl Wide) {
        write_lows(self.values, self.low_bits, self.out);
        write_highs(self.values, self.low_bits, &mut self.out[self.low_bytes..]);
    }
}

/// Writes the low bits of each. Eight have as many bytes as one has bits, and are put together four by four, so that nothing
/// waits for what is before it.
#[inline(always)]
fn write_lows(values: &[u32], bits: u32, out: &mut [u8]) {
    let low = |value: u32| u64::from(value & ((1 << bits) - 1));
    let four = |[a, b, c, d]: [u32; 4]| {
        let (first, second) = (low(a) | low(b) << bits, low(c) | low(d) << bits);
        u128::from(first) | u128::from(second) << (2 * bits)
    };
    let mut put = |at: usize, bits: u128| {
        if let Some(place) = out.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
            *place = bits.to_le_bytes();
        }
    };
    // Where the second four of eight begin: in the middle of a byte, if the bits are odd.
    let (half_bytes, half_bits) = (bits as usize / 2, 4 * (bits % 2));
    let (eights, rest) = values.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    for (place, eight) in eights.iter().chain([&last]).enumerate() {
        let [a, b, c, d, e, f, g, h] = *eight;
        let at = place * bits as usize;
        let first = four([a, b, c, d]);
        put(at, first);
        let within = first >> (8 * half_bytes as u32);
        let second = within | four([e, f, g, h]) << half_bits;
        put(at + half_bytes, second);
    }
}

/// Sets a bit for each, as many places from the last one's as the high bits are more.
#[inline(always)]
fn write_highs(values: &[u32], low_bits: u32, out: &mut [u8]) {
    let eights = out.as_chunks_mut().0;
    let (mut eight, mut at) = (0u64, 0);
    for (place, value) in values.iter().enumerate() {
        let bit = place + (value >> low_bits) as usize;
        eight = if bit / 64 == at { eight } else { 0 } | 1 << (bit % 64);
        at = bit / 64;
        if let Some(place) = eights.get_mut(at) {
            *place = eight.to_le_bytes();
        }
    }
}

impl<'a> EliasFano<'a> {
    /// Reads what [`write()`] has written. That the numbers are as many as they claim only
    /// [`EliasFano::is_whole`] knows.
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let count = reader.short_varint()?;
        if count == 0 {
            return Ok(Self::default());
        }
        let low_bits = u32::from(reader.byte()?);
        if low_bits >= u32::BITS {
            return Err(Malformed("a number has more than 32 bits"));
        }
        let high_bytes = reader.short_varint()?;
        let low_bytes = (u64::from(count) * u64::from(low_bits)).div_ceil(8);
        Ok(Self {
            count,
            low_bits,
            lows: reader.take(usize::try_from(low_bytes).unwrap_or(usize::MAX))?,
            highs: reader.take(high_bytes as usize)?,
        })
    }

    /// Whether there are just as many numbers as it claims.
    pub(super) fn is_whole(&self) -> bool {
        let ones: u32 = self.highs.iter().map(|byte| byte.count_ones()).sum();
        ones == self.count && self.highs.last().is_none_or(|byte| *byte > 0)
    }

    /// How many numbers there are.
    pub(crate) fn len(&self) -> usize {
        self.count as usize
    }

    /// The greatest.
    pub(super) fn last(&self) -> Option<u32> {
        let ones = self.highs.last()?.checked_ilog2()?;
        let bit = (self.highs.len() - 1) * 8 + ones as usize;
        let place = self.len() - 1;
        // Bytes that are not what they claim may have fewer bits set.
        let high = bit.checked_sub(place)? as u32;
        Some(high << self.low_bits | self.low(place))
    }

    fn low(&self, place: usize) -> u32 {
        let bit = place * self.low_bits as usize;
        let bits = load(self.lows, bit / 8) >> (bit % 8);
        bits as u32 & ((1 << self.low_bits) - 1)
    }

    /// The numbers, ascending.
    pub(crate) fn iter(&self) -> Iter<'a> {
        Iter {
            numbers: *self,
            place: 0,
            word: load(self.highs, 0),
            base: 0,
        }
    }
}

/// The numbers of an [`EliasFano`] in order.
#[derive(Clone)]
pub(crate) struct Iter<'a> {
    numbers: EliasFano<'a>,
    place: usize,
    /// What is left of the 64 high bits from `base` on.
    word: u64,
    base: usize,
}

impl Iterator for Iter<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        if self.place == self.numbers.len() {
            return None;
        }
        while self.word == 0 {
            self.base += 64;
            if self.base >= self.numbers.highs.len() * 8 {
                return None;
            }
            self.word = load(self.numbers.highs, self.base / 8);
        }
        let bit = self.base + self.word.trailing_zeros() as usize;
        self.word &= self.word - 1;
        let high = (bit - self.place) as u32;
        let low = self.numbers.low(self.place);
        self.place += 1;
        Some(high << self.numbers.low_bits | low)
    }

    /// Exact, unless the list is not whole.
    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.numbers.len() - self.place;
        (left, Some(left))
    }
}

/// The eight bytes at `at`, those beyond the end zero.
#[inline]
fn load(bytes: &[u8], at: usize) -> u64 {
    if let Some(eight) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        return u64::from_le_bytes(*eight);
    }
    let rest = bytes.get(at..).unwrap_or_default();
    rest.iter()
        .rev()
        .fold(0, |word, byte| word << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(values: &[u32]) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(values, &mut bytes);
        bytes
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            mut values in proptest::collection::vec(prop_oneof![any::<u32>(), 0u32..5000], 0..300),
            after in any::<[u8; 3]>(),
        ) {
            values.sort_unstable();
            let mut bytes = written(&values);
            bytes.extend(after);
            let mut reader = Reader(&bytes);
            let read = EliasFano::read(&mut reader).expect("whole");
            prop_assert_eq!(read.iter().collect::<Vec<_>>(), &values[..]);
            prop_assert_eq!((read.last(), read.len()), (values.last().copied(), values.len()));
            prop_assert!(read.is_whole());
            prop_assert_eq!(reader.0, &after[..]);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            if let Ok(read) = EliasFano::read(&mut Reader(&bytes)) {
                prop_assert!(read.iter().count() <= bytes.len() * 8);
                let _last = read.last();
            }
        }
    }

    #[test]
    fn a_number_takes_two_bits_more_than_its_share_of_the_range() {
        let values: Vec<u32> = (0..1000).map(|n| n * 500).collect();
        assert!(written(&values).len() * 8 <= 1000 * 11 + 64);
    }
}
