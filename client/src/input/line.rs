//! Lines of bounded length, counted.

use std::io::{self, BufRead, Read};

/// A longer line, in bytes, is broken: no input makes the client take more memory than this.
pub(super) const LONGEST_LINE: usize = 16 << 20;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The lines of a file.
pub(super) struct Lines<R> {
    reader: R,
    /// Number of the line that was read last, from 1.
    pub(super) number: u64,
    line: Vec<u8>,
}

/// A line of more than [`LONGEST_LINE`] bytes.
#[derive(Debug, PartialEq)]
pub(super) struct TooLong;

impl<R: BufRead> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            number: 0,
            line: Vec::new(),
        }
    }

    /// The next line, with its line break but without a byte order mark; `None` after the last.
    pub(super) fn next(&mut self) -> io::Result<Option<Result<&[u8], TooLong>>> {
        self.line.clear();
        self.number += 1;
        let count = self.read_some()?;
        if count == 0 {
            return Ok(None);
        }
        if self.line.len() > LONGEST_LINE {
            while self.line.last() != Some(&b'\n') {
                self.line.clear();
                if self.read_some()? == 0 {
                    break;
                }
            }
            self.line = Vec::new();
            return Ok(Some(Err(TooLong)));
        }
        let line = self.line.as_slice();
        Ok(Some(Ok(match self.number {
            1 => line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line),
            _ => line,
        })))
    }

    fn read_some(&mut self) -> io::Result<usize> {
        let bound = LONGEST_LINE as u64 + 1;
        self.reader
            .by_ref()
            .take(bound)
            .read_until(b'\n', &mut self.line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_on_after_a_line_without_end() {
        let long = "س".repeat(LONGEST_LINE);
        let text = format!("\u{feff}أول\r\n{long}\nثالث");
        let mut lines = Lines::new(text.as_bytes());
        assert_eq!(
            lines.next().expect("memory"),
            Some(Ok("أول\r\n".as_bytes()))
        );
        assert_eq!(lines.next().expect("memory"), Some(Err(TooLong)));
        assert_eq!(lines.next().expect("memory"), Some(Ok("ثالث".as_bytes())));
        assert_eq!(lines.number, 3);
        assert_eq!(lines.next().expect("memory"), None);
    }
}
