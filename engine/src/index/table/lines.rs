//! Lines: fingerprints where their value says, with nothing to be read before.
//!
//! What a lookup waits for is far memory, and among some hundred thousand fingerprints it looks at a hundred and
//! more values of which hardly any has one. Where a list for each value is would have to be read before the list:
//! here it is computed. So a value costs a line of memory or two, and all of them can come at the same time.

use super::{Block, IN_ROW};
use crate::index::memory::{allocated, grow};

/// Fingerprints of a line: a processor reads 64 bytes at once.
const LANES: usize = 8;

/// A fingerprint stands in so many lines at most, from the one on where it belongs.
const LONGEST: usize = 128;

/// Of the places so many sixteenths are used before there are more lines. With more of them used lines are often full,
/// and the next one is to be read as well.
const FULL: usize = 11;

#[derive(Clone, Debug)]
#[repr(align(64))]
struct Line([u64; LANES]);

/// The fingerprints of a row, each in the line that its value and the bits behind it say, or in the first behind that
/// has room: open addressing (W. W. Peterson, IBM Journal 1957) by lines and not by a hash but in the order of the
/// values, so that those of one value, however many lines that are, lie side by side.
#[derive(Debug)]
pub(super) struct Lines<P> {
    block: Block,
    /// What stands where there is no fingerprint: one of another row.
    empty: u64,
    /// Number of lines where fingerprints belong. Behind them are a few for what the last of them have no room for.
    homes: usize,
    lines: Vec<Line>,
    /// What stands with each fingerprint.
    with: Vec<[P; LANES]>,
    len: usize,
}

impl<P: Copy + Default> Lines<P> {
    /// None, of a row by its number.
    pub(super) fn new(block: Block, row: usize) -> Self {
        Self {
            block,
            empty: block.join(!((row as u16) << IN_ROW), 0),
            homes: 0,
            lines: Vec::new(),
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
        // A quarter more than there must be: each is moved four times on average until they are twice as many.
        let homes = (fingerprints * 20).div_ceil(LANES * FULL);
        let lines = homes + homes.div_ceil(64);
        let mut other = Self {
            homes,
            lines: vec![Line([self.empty; LANES]); lines],
            with: vec![[P::default(); LANES]; lines],
            len: 0,
            ..*self
        };
        // How many each line has is known here and need not be looked for.
        let mut lens = vec![0; lines];
        for (simhash, with) in self.iter() {
            let home = other.home(simhash);
            let with_room = (home..lines).find(|at| lens[*at] < LANES);
            if let Some(at) = with_room.filter(|at| *at < home + LONGEST) {
                other.lines[at].0[lens[at]] = simhash;
                other.with[at][lens[at]] = with;
                other.len += 1;
                lens[at] += 1;
            } else if !other.put(simhash, with) {
                return false;
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
        has_room && self.put(simhash, with) || self.reserve(more) && self.put(simhash, with)
    }

    fn put(&mut self, simhash: u64, with: P) -> bool {
        let home = self.home(simhash);
        for at in home..home + LONGEST {
            if at == self.lines.len() {
                self.add_line();
            }
            let lanes = &mut self.lines[at].0;
            if let Some(lane) = lanes.iter().position(|other| *other == self.empty) {
                lanes[lane] = simhash;
                self.with[at][lane] = with;
                self.len += 1;
                return true;
            }
        }
        false
    }

    fn add_line(&mut self) {
        grow(&mut self.lines, 1);
        grow(&mut self.with, 1);
        self.lines.push(Line([self.empty; LANES]));
        self.with.push([P::default(); LANES]);
    }

    /// What stands with a fingerprint.
    pub(super) fn get(&self, simhash: u64) -> Option<P> {
        self.find(simhash).map(|(at, lane)| self.with[at][lane])
    }

    /// Takes a fingerprint out. Returns what stood with it.
    pub(super) fn remove(&mut self, simhash: u64) -> Option<P> {
        let (at, lane) = self.find(simhash)?;
        let with = self.with[at][lane];
        let mut hole = (at, lane);
        // Whoever stands behind full lines must not be cut off from where it belongs.
        let mut was_full = self.is_full(at);
        self.lines[at].0[lane] = self.empty;
        let mut next = at + 1;
        while was_full && next < self.lines.len() {
            was_full = self.is_full(next);
            let belongs = |other: &u64| *other != self.empty && self.home(*other) <= hole.0;
            if let Some(lane) = self.lines[next].0.iter().position(belongs) {
                self.lines[hole.0].0[hole.1] = self.lines[next].0[lane];
                self.with[hole.0][hole.1] = self.with[next][lane];
                self.lines[next].0[lane] = self.empty;
                hole = (next, lane);
            }
            next += 1;
        }
        self.len -= 1;
        if self.len * 4 < self.homes * LANES {
            self.reserve(self.len);
        }
        Some(with)
    }

    /// Calls `found` for each fingerprint of a value that differs from `simhash` in at most `most` bits, with the
    /// difference, until it returns false; returns what it did.
    #[inline(always)]
    pub(super) fn near(
        &self,
        simhash: u64,
        value: u16,
        most: u32,
        found: &mut impl FnMut(u64) -> bool,
    ) -> bool {
        let (mut at, last) = self.places(value);
        while let Some(Line(lanes)) = self.lines.get(at) {
            let (mut any, mut full) = (false, true);
            for lane in lanes {
                any |= (lane ^ simhash).count_ones() <= most;
                full &= *lane != self.empty;
            }
            if any {
                for lane in lanes {
                    let difference = lane ^ simhash;
                    let near = difference.count_ones() <= most;
                    if near && self.block.value(*lane) == value && !found(difference) {
                        return false;
                    }
                }
            }
            if at >= last && !full {
                break;
            }
            at += 1;
        }
        true
    }

    /// Reads where the fingerprints of a value begin and where they end, without waiting for it.
    #[inline(always)]
    pub(super) fn touch(&self, value: u16) -> u64 {
        let (first, last) = self.places(value);
        let read = |at| self.lines.get(at).map_or(0, |Line(lanes)| lanes[0]);
        read(first) ^ read(last)
    }

    /// All of them, with what stands with each.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, P)> {
        let lines = self.lines.iter().zip(&self.with);
        let all = lines.flat_map(|(line, with)| line.0.iter().copied().zip(with.iter().copied()));
        all.filter(|(simhash, _)| *simhash != self.empty)
    }

    /// Memory beyond the value itself, in bytes.
    pub(super) fn bytes(&self) -> usize {
        allocated::<Line>(self.lines.capacity()) + allocated::<[P; LANES]>(self.with.capacity())
    }

    fn find(&self, simhash: u64) -> Option<(usize, usize)> {
        let mut at = self.home(simhash);
        loop {
            let line = self.lines.get(at)?;
            if let Some(lane) = line.0.iter().position(|other| *other == simhash) {
                return Some((at, lane));
            }
            if !self.is_full(at) {
                return None;
            }
            at += 1;
        }
    }

    fn is_full(&self, at: usize) -> bool {
        !self.lines[at].0.contains(&self.empty)
    }

    /// The line where a fingerprint belongs.
    fn home(&self, simhash: u64) -> usize {
        let value = self.block.value(simhash);
        let behind = self.block.rest(simhash) >> (48 - BEHIND);
        self.place(value, behind as u32)
    }

    /// The first and the last line where fingerprints of a value belong.
    #[inline(always)]
    fn places(&self, value: u16) -> (usize, usize) {
        (self.place(value, 0), self.place(value, (1 << BEHIND) - 1))
    }

    /// The line of a value and the bits behind it: as far in the lines as these are in the row's.
    #[inline(always)]
    fn place(&self, value: u16, behind: u32) -> usize {
        let key = u32::from(value) << BEHIND | behind;
        ((u64::from(key) * self.homes as u64) >> 32) as usize
    }
}

/// Bits behind a value that a place depends on: with those of the value in its row 32.
const BEHIND: u32 = 32 - IN_ROW;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

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
            lines.near(0, value, 64, &mut |difference| {
                found.push(difference);
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
