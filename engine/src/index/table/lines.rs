//! Lines: fingerprints where their value says, with nothing to be read before.
//!
//! What a lookup waits for is far memory, and among some hundred thousand fingerprints it looks at a hundred and
//! more values of which hardly any has one. Where a list for each value is would have to be read before the list:
//! here it is computed. So a value costs a line of memory or two, and all of them can come at the same time.

use super::{Block, IN_ROW, parts::Parts};
use crate::{
    index::memory::{allocated, grow},
    prefetch::prefetch,
    wide::Wide,
};

/// Fingerprints of a line: a processor reads 64 bytes at once.
const LANES: usize = 15;

/// A fingerprint stands in so many lines at most, from the one on where it belongs.
const LONGEST: usize = 64;

/// Of the places so many sixteenths are used before there are more lines. With more of them used lines are often full,
/// and the next one is to be read as well.
const FULL: usize = 11;

/// Of each fingerprint [`Parts::low`], which is compared first; and how many they are.
#[derive(Clone, Debug)]
#[repr(align(64))]
struct Line([u32; LANES + 1]);

impl Line {
    fn len(&self) -> usize {
        self.0[LANES] as usize
    }

    fn is_full(&self) -> bool {
        self.len() == LANES
    }
}

/// The fingerprints of a row, each in the line that its value and the bits behind it say, or in the first behind that
/// has room: open addressing (W. W. Peterson, IBM Journal 1957) by lines and not by a hash but in the order of the
/// values, so that those of one value, however many lines that are, lie side by side.
#[derive(Debug)]
pub(super) struct Lines<P> {
    block: Block,
    /// The upper bits of the values, those of the row.
    row: u16,
    /// Number of lines where fingerprints belong. Behind them are a few for what the last of them have no room for.
    homes: usize,
    lines: Vec<Line>,
    /// Of each fingerprint [`Parts::other`], read of the few that are near in what is compared first.
    others: Vec<[u32; LANES]>,
    /// What stands with each fingerprint.
    with: Vec<[P; LANES]>,
    len: usize,
}

impl<P: Copy + Default> Lines<P> {
    /// None, of a row by its number.
    pub(super) fn new(block: Block, row: usize) -> Self {
        Self {
            block,
            row: (row as u16) << IN_ROW,
            homes: 0,
            lines: Vec::new(),
            others: Vec::new(),
            with: Vec::new(),
            len: 0,
        }
    }

    /// Number of fingerprints.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Gives as many lines as are right for so many fingerprints; or changes nothing and returns false if then one
    /// stood too far from where it belongs.
    pub(super) fn reserve(&mut self, fingerprints: usize) -> bool {
        // Half as many more as there must be: each is moved twice on average, however many they become.
        let homes = (fingerprints * 24).div_ceil(LANES * FULL);
        let lines = homes + homes.div_ceil(64);
        let mut other = Self {
            homes,
            lines: vec![Line([0; LANES + 1]); lines],
            others: vec![[0; LANES]; lines],
            with: vec![[P::default(); LANES]; lines],
            len: 0,
            ..*self
        };
        for (at, line) in self.lines.iter().enumerate() {
            for lane in 0..line.len() {
                if !other.put(self.at(at, lane), self.with[at][lane]) {
                    return false;
                }
            }
        }
        *self = other;
        true
    }

    /// Adds a fingerprint; or changes nothing and returns false if it stood too far from where it belongs, since
    /// too many have nearly the same value.
    pub(super) fn insert(&mut self, simhash: u64, with: P) -> bool {
        let more = self.len + 1;
        let has_room = more * 16 <= self.homes * LANES * FULL;
        let simhash = Parts::of(simhash, self.block);
        has_room && self.put(simhash, with) || self.reserve(more) && self.put(simhash, with)
    }

    fn put(&mut self, simhash: Parts, with: P) -> bool {
        let home = self.home(simhash);
        for at in home..home + LONGEST {
            if at == self.lines.len() {
                self.add_line();
            }
            if !self.lines[at].is_full() {
                self.push(at, simhash, with);
                self.len += 1;
                return true;
            }
        }
        false
    }

    fn add_line(&mut self) {
        grow(&mut self.lines);
        grow(&mut self.others);
        grow(&mut self.with);
        self.lines.push(Line([0; LANES + 1]));
        self.others.push([0; LANES]);
        self.with.push([P::default(); LANES]);
    }

    /// Puts a fingerprint behind those of a line, which has room.
    fn push(&mut self, at: usize, simhash: Parts, with: P) {
        let lane = self.lines[at].len();
        self.lines[at].0[lane] = simhash.low;
        self.others[at][lane] = simhash.other;
        self.with[at][lane] = with;
        self.lines[at].0[LANES] += 1;
    }

    /// Takes a fingerprint out of a line: the last of it comes in its place.
    fn take(&mut self, at: usize, lane: usize) -> (Parts, P) {
        let taken = (self.at(at, lane), self.with[at][lane]);
        let last = self.lines[at].len() - 1;
        self.lines[at].0[lane] = self.lines[at].0[last];
        self.others[at][lane] = self.others[at][last];
        self.with[at][lane] = self.with[at][last];
        self.lines[at].0[LANES] -= 1;
        taken
    }

    /// What stands with a fingerprint.
    pub(super) fn get(&self, simhash: u64) -> Option<P> {
        self.find(simhash).map(|(at, lane)| self.with[at][lane])
    }

    /// Takes a fingerprint out. Returns what stood with it.
    pub(super) fn remove(&mut self, simhash: u64) -> Option<P> {
        let (mut hole, lane) = self.find(simhash)?;
        // Whoever stands behind full lines must not be cut off from where it belongs.
        let mut was_full = self.lines[hole].is_full();
        let (_, with) = self.take(hole, lane);
        let mut next = hole + 1;
        while was_full && next < self.lines.len() {
            was_full = self.lines[next].is_full();
            let mut lanes = 0..self.lines[next].len();
            if let Some(lane) = lanes.find(|lane| self.home(self.at(next, *lane)) <= hole) {
                let (moved, with) = self.take(next, lane);
                self.push(hole, moved, with);
                hole = next;
            }
            next += 1;
        }
        self.len -= 1;
        if self.len * 4 < self.homes * LANES {
            self.reserve(self.len);
        }
        Some(with)
    }

    /// Calls `found` for each fingerprint that differs from `simhash` in its value in the row by one of these masks, those
    /// with the fewest bits first, and in at most `most` bits with the bits of that: with the mask, and with what it differs
    /// in beside the value, until it returns false; returns what it did.
    #[inline(always)]
    pub(super) fn near(
        &self,
        wide: impl Wide,
        simhash: u64,
        masks: &[u16],
        most: u32,
        mut found: impl FnMut(u16, u64) -> bool,
    ) -> bool {
        let own = Parts::of(simhash, self.block);
        let lines = &self.lines[..];
        for mask in masks {
            let Some(left) = most.checked_sub(mask.count_ones()) else {
                break;
            };
            let sought = own.with_mask(*mask);
            let (mut at, last) = self.places(sought);
            while let Some(line) = lines.get(at) {
                // With how many they are, which is no fingerprint, but makes sixteen numbers of it.
                if wide.any_near(&line.0, own.low, left) {
                    let mut near = near_lanes(wide, line, &self.others[at], sought, left);
                    while near != 0 {
                        let lane = near.trailing_zeros() as usize;
                        if !found(*mask, self.at(at, lane).rest() ^ sought.rest()) {
                            return false;
                        }
                        near &= near - 1;
                    }
                }
                if at >= last && !line.is_full() {
                    break;
                }
                at += 1;
            }
        }
        true
    }

    /// Asks for where the fingerprints begin and end that differ from `simhash` in their value by these masks.
    #[inline(always)]
    pub(super) fn prefetch(&self, simhash: u64, masks: &[u16]) {
        let own = Parts::of(simhash, self.block);
        let lines = &self.lines[..];
        for mask in masks {
            let (first, last) = self.places(own.with_mask(*mask));
            if let Some(line) = lines.get(first) {
                prefetch(line);
            }
            if let (false, Some(line)) = (first == last, lines.get(last)) {
                prefetch(line);
            }
        }
    }

    /// Asks for where a fingerprint is to stand.
    pub(super) fn prefetch_own(&self, simhash: u64) {
        let home = self.home(Parts::of(simhash, self.block));
        let all = self.lines.get(home).zip(self.others.get(home));
        if let Some(((line, others), with)) = all.zip(self.with.get(home)) {
            prefetch(line);
            // Both ends: what is no whole line lies on two.
            prefetch(&others[0]);
            prefetch(&others[LANES - 1]);
            prefetch(&with[0]);
            prefetch(&with[LANES - 1]);
        }
    }

    /// All of them, with what stands with each.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, P)> {
        (0..self.lines.len()).flat_map(move |at| {
            let lanes = 0..self.lines[at].len();
            lanes.map(move |lane| {
                let simhash = self.at(at, lane);
                let value = self.row | simhash.in_row();
                let with = self.with[at][lane];
                (self.block.join(value, simhash.rest()), with)
            })
        })
    }

    /// Memory beyond the value itself, in bytes.
    pub(super) fn bytes(&self) -> usize {
        allocated::<Line>(self.lines.capacity())
            + allocated::<[u32; LANES]>(self.others.capacity())
            + allocated::<[P; LANES]>(self.with.capacity())
    }

    fn find(&self, simhash: u64) -> Option<(usize, usize)> {
        let simhash = Parts::of(simhash, self.block);
        let mut at = self.home(simhash);
        loop {
            let line = self.lines.get(at)?;
            let mut lanes = 0..line.len();
            let is_it =
                |lane: &usize| line.0[*lane] == simhash.low && self.at(at, *lane) == simhash;
            if let Some(lane) = lanes.find(is_it) {
                return Some((at, lane));
            }
            if !line.is_full() {
                return None;
            }
            at += 1;
        }
    }

    /// The fingerprint that stands there.
    #[inline(always)]
    fn at(&self, at: usize, lane: usize) -> Parts {
        Parts {
            low: self.lines[at].0[lane],
            other: self.others[at][lane],
        }
    }

    /// The line where a fingerprint belongs.
    fn home(&self, simhash: Parts) -> usize {
        self.place(simhash.begin())
    }

    /// The first and the last line where fingerprints of the same value belong.
    #[inline(always)]
    fn places(&self, one: Parts) -> (usize, usize) {
        let first = u32::from(one.in_row()) << (u32::BITS - IN_ROW);
        let last = first | u32::MAX >> IN_ROW;
        (self.place(first), self.place(last))
    }

    /// The line of what begins with these bits, a value's in its row and those behind it: as far in the lines as they are
    /// in the row.
    #[inline(always)]
    fn place(&self, begin: u32) -> usize {
        ((u64::from(begin) * self.homes as u64) >> 32) as usize
    }
}

/// A bit for each of a line that has the value which is sought and differs in at most `most` bits from what is.
#[inline(always)]
fn near_lanes(
    wide: impl Wide,
    line: &Line,
    others: &[u32; LANES],
    sought: Parts,
    most: u32,
) -> u32 {
    let one = u64::from(sought.other) << 32 | u64::from(sought.low);
    wide.near_of_64((&line.0, others), one, most) & ((1 << line.len()) - 1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::wide::Any;

    /// Fingerprints of a row, few of whose values are common.
    fn fingerprints(block: Block) -> impl Strategy<Value = Vec<u64>> {
        let one = (0u16..4096, 0u16..3, any::<u64>()).prop_map(move |(value, common, rest)| {
            let value = if common == 0 { value } else { value % 8 };
            block.join(5 << IN_ROW | value, rest >> 16)
        });
        proptest::collection::vec(one, 1..1000)
    }

    fn check(lines: &Lines<u32>, model: &BTreeMap<u64, u32>, block: Block) {
        assert_eq!(lines.len(), model.len());
        let all: BTreeMap<_, _> = lines.iter().collect();
        assert_eq!(&all, model);
        for (simhash, with) in model {
            assert_eq!(lines.get(*simhash), Some(*with));
        }
        for value in (0..16).chain([100, 4095]).map(|low| 5 << 12 | low) {
            let mut found = Vec::new();
            lines.near(Any, block.join(value, 0), &[0], 64, |_, difference| {
                found.push(block.join(value, difference));
                true
            });
            found.sort_unstable();
            let of_value = model
                .keys()
                .copied()
                .filter(|one| block.value(*one) == value);
            assert_eq!(found, of_value.collect::<Vec<_>>());
        }
    }

    proptest! {
        #[test]
        fn they_hold_what_was_added_and_not_removed(
            all in fingerprints(Block(2)),
            removed in any::<u64>(),
        ) {
            let block = Block(2);
            let mut lines = Lines::new(block, 5);
            let mut model = BTreeMap::new();
            for (with, simhash) in (0..).zip(&all) {
                if model.insert(*simhash, with).is_none() {
                    prop_assert!(lines.insert(*simhash, with));
                } else {
                    model.insert(*simhash, lines.get(*simhash).expect("it is there"));
                }
            }
            check(&lines, &model, block);
            for (n, simhash) in all.iter().enumerate() {
                if removed >> (n % 64) & 1 == 1 {
                    prop_assert_eq!(lines.remove(*simhash), model.remove(simhash));
                    prop_assert_eq!(lines.get(*simhash), None);
                }
            }
            check(&lines, &model, block);
            for simhash in model.keys() {
                prop_assert!(lines.remove(*simhash).is_some());
            }
            prop_assert_eq!(lines.bytes(), 0);
        }
    }

    #[test]
    fn too_many_of_one_value_are_refused() {
        let block = Block(1);
        let mut lines = Lines::new(block, 0);
        let mut added = 0;
        // Alike in the bits behind the value as well, so that they belong in one line.
        while lines.insert(block.join(7, added), ()) {
            added += 1;
        }
        assert_eq!(added as usize, LONGEST * LANES);
        assert_eq!(lines.len(), LONGEST * LANES);
        assert_eq!(lines.iter().count(), LONGEST * LANES);
    }
}
