//! The source of chance: `SplitMix64`, written out so that a sequence never changes with a library.
//!
//! Only additions, multiplications and shifts are used, on integers and on IEEE doubles, never the
//! platform's `exp` or `ln`: the same seed gives the same articles on every machine.

/// A `SplitMix64` generator.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A generator for `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(scramble(seed ^ 0x6a09_e667_f3bc_c909))
    }

    /// The generator of item `index` of the series `label` under `seed`: every item has its own, so
    /// that any of them can be made without those before it.
    #[must_use]
    pub fn of(seed: u64, label: u64, index: u64) -> Self {
        Self::new(scramble(scramble(seed).wrapping_add(label)).wrapping_add(index))
    }

    /// The next 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        scramble(self.0)
    }

    /// A number below `n` (0 when `n` is 0).
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below((high - low + 1) as usize) as u64
    }

    /// A number in `[0, 1)`.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// One of `items`, which must not be empty.
    pub fn pick<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T {
        items[self.below(items.len())]
    }

    /// Puts `items` into random order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }

    /// A log-normal number with the given `mean`; `sigma` is the deviation of its logarithm.
    pub fn log_normal(&mut self, mean: f64, sigma: f64) -> f64 {
        let normal = (0..12).map(|_| self.unit()).sum::<f64>() - 6.0;
        mean * exp(sigma * normal - sigma * sigma / 2.0)
    }

    /// Which `round(share * n)` of `n` places are chosen, evenly at random, as a mask.
    #[must_use]
    pub fn choose(&mut self, n: usize, share: f64) -> Vec<bool> {
        let mut wanted = (n as f64 * share.clamp(0.0, 1.0)).round() as usize;
        (0..n)
            .map(|i| {
                let chosen = self.below(n - i) < wanted;
                wanted -= usize::from(chosen);
                chosen
            })
            .collect()
    }
}

fn scramble(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// `e^x` for small `x`, as `(1 + x/2^16)^(2^16)`: six digits are plenty for a length.
fn exp(x: f64) -> f64 {
    (0..16).fold(1.0 + x / 65536.0, |power, _| power * power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_splitmix64() {
        // The first outputs for state 1234567, as the algorithm's authors publish them.
        let mut random = Random(1_234_567);
        assert_eq!(random.bits(), 6_457_827_717_110_365_317);
        assert_eq!(random.bits(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn log_normal_has_the_mean_asked_for() {
        let mut random = Random::new(1);
        let sum: f64 = (0..20_000).map(|_| random.log_normal(290.0, 0.7)).sum();
        assert!((sum / 20_000.0 - 290.0).abs() < 8.0, "{}", sum / 20_000.0);
    }

    #[test]
    fn choose_takes_exactly_the_share() {
        let mask = Random::new(3).choose(250, 0.1);
        assert_eq!(mask.iter().filter(|&&chosen| chosen).count(), 25);
    }
}
