//! Messages as they come in: each is received whole, within the memory that there is for that, unpacked
//! within the same limits, and only then handed on.
//!
//! So a caller who sends slowly, or stops in the middle, holds no more than what he has sent; and a few
//! bytes that unpack to many are counted as what they unpack to.

use std::{io::Read as _, time::Duration};

use bytes::Bytes;
use flate2::bufread::GzDecoder;
use futures_util::{TryStreamExt as _, stream};
use http::HeaderMap;
use http_body_util::{BodyExt as _, StreamBody};
use tonic::{Status, body::Body};

use super::{budget::Charge, pieces::Pieces};
use crate::failure::Failure;

/// Before each message stand whether it is compressed, and its length in four bytes.
const HEAD: usize = 5;

/// Unpacked at once, between two looks at the limits.
const PIECE: u64 = 64 << 10;

/// From this size on unpacking is done where it keeps no other requests waiting.
const LONG: usize = 64 << 10;

/// About so many times shorter an Arabic text becomes.
const PACKED: usize = 4;

/// The messages of one call. What the longest of them takes stays charged until the call ends, since so
/// long it is kept.
#[derive(Debug)]
pub(super) struct Messages {
    body: Body,
    received: Pieces,
    charge: Charge,
    most: usize,
    packed: bool,
}

/// One message, not unpacked yet.
#[derive(Debug)]
pub(super) struct Message {
    pieces: Pieces,
}

impl Message {
    /// Bytes that it has, or about so many once it is unpacked.
    pub(super) fn length(&self) -> usize {
        match self.pieces.first() {
            Some([0]) => self.pieces.len(),
            _ => self.pieces.len().saturating_mul(PACKED),
        }
    }
}

impl Messages {
    /// Of this body, at most `most` bytes each; of the headers the compression is taken.
    ///
    /// # Errors
    ///
    /// If that is not known.
    pub(super) fn new(
        headers: &mut HeaderMap,
        body: Body,
        charge: Charge,
        most: usize,
    ) -> Result<Self, Failure> {
        let encoding = headers.remove("grpc-encoding");
        let packed = match encoding.as_ref().map(|encoding| encoding.as_bytes()) {
            None | Some(b"identity") => false,
            Some(b"gzip") => true,
            Some(_) => return Err(Failure::unknown_compression()),
        };
        Ok(Self {
            body,
            received: Pieces::default(),
            charge,
            most,
            packed,
        })
    }

    /// The next message; `None` if there are no more.
    ///
    /// # Errors
    ///
    /// If it is too long, breaks off, or is not what it should be.
    pub(super) async fn next(&mut self) -> Result<Option<Message>, Status> {
        loop {
            if let Some(message) = self.whole()? {
                return Ok(Some(message));
            }
            match self.body.frame().await {
                // What comes after the messages says nothing of them.
                Some(Ok(frame)) => {
                    if let Ok(bytes) = frame.into_data() {
                        self.received.push(bytes);
                        self.charge.at_least(self.received.len())?;
                    }
                }
                Some(Err(status)) => return Err(status),
                None if self.received.len() == 0 => return Ok(None),
                None => return Err(Failure::malformed("it breaks off").into()),
            }
        }
    }

    fn whole(&mut self) -> Result<Option<Message>, Failure> {
        let Some([_, length @ ..]) = self.received.first::<HEAD>() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes(length) as usize;
        if length > self.most {
            return Err(self.too_large(length));
        }
        let is_whole = HEAD + length <= self.received.len();
        Ok(is_whole.then(|| Message {
            pieces: self.received.split_to(HEAD + length),
        }))
    }

    /// A message as it was before it was compressed, with its head.
    pub(super) fn unpack(&mut self, message: Message) -> Result<Pieces, Failure> {
        let Message { pieces } = message;
        match (pieces.first(), self.packed) {
            (Some([0]), _) => Ok(pieces),
            (Some([1]), true) if pieces.len() > LONG => {
                tokio::task::block_in_place(|| self.inflate(pieces))
            }
            (Some([1]), true) => self.inflate(pieces),
            (Some([1]), false) => Err(Failure::malformed(
                "it says that it is compressed, and the call does not say how",
            )),
            _ => Err(Failure::malformed("it does not begin as a message does")),
        }
    }

    fn inflate(&mut self, packed: Pieces) -> Result<Pieces, Failure> {
        let packed = packed.into_bytes();
        let mut decoder = GzDecoder::new(&packed[HEAD..]);
        let mut bytes = vec![0; HEAD];
        loop {
            let read = decoder.by_ref().take(PIECE).read_to_end(&mut bytes);
            let read = read.map_err(|error| Failure::malformed(&format!("gzip: {error}")))?;
            let length = bytes.len() - HEAD;
            if length > self.most {
                return Err(self.too_large(length));
            }
            self.charge.at_least(packed.len() + length)?;
            if read == 0 {
                // It fits: the limit of a message is far below that of the field.
                bytes[1..HEAD].copy_from_slice(&(length as u32).to_be_bytes());
                return Ok(Pieces::from(Bytes::from(bytes)));
            }
        }
    }

    fn too_large(&self, length: usize) -> Failure {
        let most = self.most;
        Failure::too_large(&format!(
            "a message has {length} bytes or more, at most {most} are allowed"
        ))
    }

    /// The one message that there is to be; `None` if the caller has nothing to say.
    ///
    /// # Errors
    ///
    /// As [`Messages::next`]; and if there is another one.
    pub(super) async fn only(&mut self) -> Result<Option<Message>, Status> {
        let first = self.next().await?;
        match self.next().await? {
            None => Ok(first),
            Some(_) => {
                Err(Failure::malformed("there are several where there should be one").into())
            }
        }
    }

    /// As a body. It ends with an error when no message has come for so long although it was wanted.
    pub(super) fn into_body(self, idle: Duration) -> Body {
        let messages = stream::try_unfold(self, move |mut messages| async move {
            let next = tokio::time::timeout(idle, messages.next()).await;
            let next = next.map_err(|_| Failure::stream_idle(idle))??;
            let next = next.map(|message| messages.unpack(message)).transpose()?;
            Ok::<_, Status>(next.map(|pieces| (pieces.into_frames(), messages)))
        });
        let frames = messages.try_flatten();
        Body::new(StreamBody::new(frames))
    }

    /// What was charged for the messages, to be kept as long as the last one is.
    pub(super) fn into_charge(self) -> Charge {
        self.charge
    }
}
