//! Which keys are in a set, for questions of which most are answered with no.
//!
//! A table that is a third full has something at every third place, and whether it has looks like chance to a
//! processor. This has one bit in thirty-two set at most: hardly any key that is not in the set passes.

/// Bits by the lowest bits of keys that are hashes. All keys of the set pass, and few others.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sieve {
    /// A power of two of them; none before there is room for any key.
    words: Vec<u64>,
}

impl Sieve {
    /// For so many keys.
    pub(crate) fn new(keys: usize) -> Self {
        let mut sieve = Self::default();
        sieve.clear(keys);
        sieve
    }

    /// Makes it empty, for so many keys.
    pub(crate) fn clear(&mut self, keys: usize) {
        self.words.clear();
        self.words.resize((keys / 2 + 1).next_power_of_two(), 0);
    }

    /// Adds a key; whether it passed before.
    pub(crate) fn add(&mut self, key: u32) -> bool {
        self.adder()(key)
    }

    /// What adds one key after another.
    #[inline(always)]
    pub(crate) fn adder(&mut self) -> impl FnMut(u32) -> bool {
        let words = &mut self.words[..];
        move |key| {
            let place = place(key, words.len());
            let Some(word) = words.get_mut(place) else {
                return true;
            };
            let before = *word;
            *word |= 1 << (key % u64::BITS);
            before >> (key % u64::BITS) & 1 == 1
        }
    }

    /// Whether a key passes.
    #[inline]
    pub(crate) fn has(&self, key: u32) -> bool {
        let word = self.words.get(place(key, self.words.len())).copied();
        word.unwrap_or_default() >> (key % u64::BITS) & 1 == 1
    }
}

/// Which word a key is in, of a power of two of them.
#[inline(always)]
fn place(key: u32, words: usize) -> usize {
    (key / u64::BITS) as usize & words.wrapping_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_passes_and_hardly_anything_else() {
        assert!(!Sieve::default().has(7));
        let key = |n: u32| n.wrapping_mul(0x9e37_79b9).rotate_left(16);
        let mut sieve = Sieve::new(300);
        assert!(!sieve.add(key(0)) && sieve.add(key(0)));
        (0..300).for_each(|n| {
            sieve.add(key(n));
        });
        assert!((0..300).all(|n| sieve.has(key(n))));
        let others = (300..10_300).filter(|n| sieve.has(key(*n))).count();
        assert!(others < 500, "{others}");
        sieve.clear(1);
        assert!(!sieve.has(key(1)));
    }
}
