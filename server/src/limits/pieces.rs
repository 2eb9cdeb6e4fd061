//! Bytes in the pieces in which they came.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, stream};
use http_body::Frame;
use tonic::Status;

/// Pieces that are shorter are joined: each keeps all of the memory that it was read into, and has a place in the list.
const SHORT: usize = 4 << 10;

/// Bytes in order, of which no more than the short pieces are copied. It gives them away piece by piece.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    whole: VecDeque<Bytes>,
    /// What came behind these, in short pieces.
    joined: BytesMut,
    len: usize,
}

impl Pieces {
    /// Number of bytes.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Puts these behind the others.
    pub(super) fn push(&mut self, piece: Bytes) {
        if piece.is_empty() {
            return;
        }
        let is_first = self.len == 0;
        self.len += piece.len();
        if piece.len() < SHORT && !is_first {
            self.joined.extend_from_slice(&piece);
            return;
        }
        if !self.joined.is_empty() {
            self.whole.push_back(self.joined.split().freeze());
        }
        self.whole.push_back(piece);
    }

    /// The first bytes; `None` if there are fewer.
    pub(super) fn first<const N: usize>(&self) -> Option<[u8; N]> {
        if self.len < N {
            return None;
        }
        let mut all = self.whole.iter().flatten().chain(&self.joined);
        Some(std::array::from_fn(|_| {
            all.next().copied().unwrap_or_default()
        }))
    }

    /// The next of them in one piece, at most `most`; `None` if there are no more.
    fn pop(&mut self, most: usize) -> Option<Bytes> {
        let piece = match self.whole.front_mut() {
            Some(piece) if piece.len() > most => piece.split_to(most),
            Some(_) => self.whole.pop_front()?,
            None => self.joined.split_to(self.joined.len().min(most)).freeze(),
        };
        self.len -= piece.len();
        (!piece.is_empty()).then_some(piece)
    }

    /// Takes the first `count` bytes out, or all that there are.
    pub(super) fn split_to(&mut self, count: usize) -> Self {
        let mut taken = Self::default();
        while let Some(piece) = self.pop(count - taken.len) {
            taken.len += piece.len();
            taken.whole.push_back(piece);
        }
        taken
    }

    /// All of them in one piece.
    pub(super) fn into_bytes(mut self) -> Bytes {
        let first = self.next().unwrap_or_default();
        if self.len == 0 {
            return first;
        }
        let mut all = BytesMut::with_capacity(first.len() + self.len);
        all.extend_from_slice(&first);
        self.for_each(|piece| all.extend_from_slice(&piece));
        all.freeze()
    }

    /// As what a body is made of.
    pub(super) fn into_frames(self) -> impl Stream<Item = Result<Frame<Bytes>, Status>> {
        stream::iter(self.map(|piece| Ok(Frame::data(piece))))
    }
}

impl From<Bytes> for Pieces {
    fn from(bytes: Bytes) -> Self {
        let mut pieces = Self::default();
        pieces.push(bytes);
        pieces
    }
}

impl Iterator for Pieces {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        self.pop(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_came_is_taken_in_order(
            lens in proptest::collection::vec(prop_oneof![0usize..9, 0usize..3 * SHORT], 0..20),
            counts in proptest::collection::vec(0usize..4 * SHORT, 0..20),
        ) {
            let bytes: Vec<_> = (0..lens.iter().sum()).map(|n: usize| (n % 251) as u8).collect();
            let (mut pieces, mut came, mut taken) = (Pieces::default(), 0, 0);
            let mut counts = counts.into_iter();
            for len in lens {
                pieces.push(Bytes::copy_from_slice(&bytes[came..came + len]));
                came += len;
                prop_assert_eq!(pieces.len(), came - taken);
                let first = bytes[taken..came].first_chunk::<5>().copied();
                prop_assert_eq!(pieces.first(), first);
                if let Some(count) = counts.next() {
                    let some = pieces.split_to(count);
                    prop_assert_eq!(some.len(), count.min(came - taken));
                    let end = taken + some.len();
                    prop_assert_eq!(&some.into_bytes()[..], &bytes[taken..end]);
                    taken = end;
                }
            }
            // Before each that is short, but for the first two, there is one that is not.
            prop_assert!(pieces.whole.len() <= 2 * pieces.len() / SHORT + 3);
            let left: Vec<_> = pieces.flatten().collect();
            prop_assert_eq!(&left[..], &bytes[taken..]);
        }
    }
}
