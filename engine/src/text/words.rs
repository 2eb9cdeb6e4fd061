//! The words of a folded text: where each stood, and the polynomials of their letters.

use super::Token;

/// So many words are written at once, with room behind.
#[cfg(target_arch = "x86_64")]
pub(super) const TOGETHER: usize = 8;

/// Words, in order. Both lists have room behind the last one, so that several can be written at once of which not all are.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    tokens: Vec<Token>,
    /// Of the letters without dots: see [`rasm`](mod@super::rasm) and [`add`](crate::shingle::add).
    polynomials: Vec<u64>,
    count: usize,
}

impl Words {
    pub(super) fn clear(&mut self) {
        self.count = 0;
    }

    pub(super) fn tokens(&self) -> &[Token] {
        &self.tokens[..self.count]
    }

    pub(super) fn polynomials(&self) -> &[u64] {
        &self.polynomials[..self.count]
    }

    #[cfg(target_arch = "x86_64")]
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Says where one starts, in the original and folded.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    pub(super) fn set_start(&mut self, place: usize, start: usize, folded_start: usize) {
        if let Some(token) = self.tokens.get_mut(place) {
            (token.start, token.folded_start) = (start as u32, folded_start as u32);
        }
    }

    #[inline]
    pub(super) fn push(&mut self, token: Token, polynomial: u64) {
        loop {
            let at = self.count;
            let room = (self.tokens.get_mut(at), self.polynomials.get_mut(at));
            if let (Some(token_room), Some(polynomial_room)) = room {
                (*token_room, *polynomial_room) = (token, polynomial);
                self.count += 1;
                return;
            }
            self.grow();
        }
    }

    pub(super) fn pop(&mut self) {
        self.count = self.count.saturating_sub(1);
    }

    /// Takes the first `count` of those that are written into the room behind the last one.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    pub(super) fn push_first(
        &mut self,
        count: usize,
        write: impl FnOnce(&mut [Token; TOGETHER], &mut [u64; TOGETHER]),
    ) {
        if self.tokens.len() < self.count + TOGETHER {
            self.grow();
        }
        let tokens = self.tokens[self.count..].first_chunk_mut();
        let polynomials = self.polynomials[self.count..].first_chunk_mut();
        if let (Some(tokens), Some(polynomials)) = (tokens, polynomials) {
            write(tokens, polynomials);
        }
        self.count += count;
    }

    #[cold]
    fn grow(&mut self) {
        let room = 2 * self.count + 64;
        self.tokens.resize(room, Token::default());
        self.polynomials.resize(room, 0);
    }
}
