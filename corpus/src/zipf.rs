//! Zipf's law: the word of rank r is drawn with probability proportional to 1 / (r + offset).

use super::random::Random;

/// A table that draws ranks `0..n` in constant time (Vose's alias method).
#[derive(Debug)]
pub(super) struct Zipf {
    slots: Vec<(u32, u32)>,
}

impl Zipf {
    /// Ranks `0..n`, where `n` is not 0. The exponent is 1; `offset` (Mandelbrot's) flattens the head: the most
    /// frequent words of Arabic news are function words, which the sentence frames supply.
    #[must_use]
    pub(super) fn new(n: usize, offset: f64) -> Self {
        let weight = |rank: usize| 1.0 / (rank as f64 + 1.0 + offset);
        let total: f64 = (0..n).map(weight).sum();
        let mut left: Vec<f64> = (0..n).map(|r| weight(r) * n as f64 / total).collect();
        let mut slots: Vec<(u32, u32)> = (0..n).map(|r| (u32::MAX, r as u32)).collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) = (0..n).partition(|&r| left[r] < 1.0);
        while let (Some(&big), Some(little)) = (large.last(), small.pop()) {
            slots[little] = ((left[little] * f64::from(u32::MAX)) as u32, big as u32);
            left[big] -= 1.0 - left[little];
            if left[big] < 1.0 {
                large.pop();
                small.push(big);
            }
        }
        Self { slots }
    }

    /// Draws a rank.
    pub(super) fn draw(&self, random: &mut Random) -> usize {
        let bits = random.bits();
        let slot = ((u128::from(bits >> 32) * self.slots.len() as u128) >> 32) as usize;
        let (threshold, alias) = self.slots[slot];
        if bits as u32 <= threshold {
            slot
        } else {
            alias as usize
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequencies_fall_as_one_over_rank() {
        let zipf = Zipf::new(1000, 0.0);
        let mut random = Random::new(7);
        let mut counts = vec![0_u32; 1000];
        for _ in 0..1_000_000 {
            counts[zipf.draw(&mut random)] += 1;
        }
        let first = f64::from(counts[0]);
        for rank in [1, 3, 9, 99] {
            let ratio = first / f64::from(counts[rank]) / (rank + 1) as f64;
            assert!((0.85..1.15).contains(&ratio), "rank {rank}: {ratio}");
        }
    }
}
