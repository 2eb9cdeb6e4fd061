//! What a reply means.

use redis::{ServerError, ServerErrorKind, Value};

use crate::{Command, Endpoint, Error, topology};

/// What became of a command.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The reply.
    Done(Value),
    /// Its slot is on another node: for good (`MOVED`), or this key is while the slot moves (`ASK`).
    Elsewhere {
        command: Command,
        node: Endpoint,
        asking: bool,
    },
    /// Its keys are on two nodes while their slot moves, or what it did could not be confirmed there.
    Again(Command),
    /// The node does not know the script.
    Whole(Command),
    /// It failed.
    Failed(Error),
}

impl Outcome {
    /// What `node` replied to a command, which `command` gives back.
    pub(crate) fn read(reply: Value, node: &Endpoint, command: impl FnOnce() -> Command) -> Self {
        let error = match reply {
            Value::ServerError(error) => error,
            reply => return Self::Done(reply),
        };
        match error.kind() {
            Some(kind @ (ServerErrorKind::Moved | ServerErrorKind::Ask)) => {
                match redirection(&error, node) {
                    Some(to) => Self::Elsewhere {
                        command: command(),
                        node: to,
                        asking: kind == ServerErrorKind::Ask,
                    },
                    None => Self::Failed(failure(&error, node)),
                }
            }
            Some(ServerErrorKind::TryAgain) => Self::Again(command()),
            Some(ServerErrorKind::NoScript) => Self::Whole(command()),
            _ => Self::Failed(failure(&error, node)),
        }
    }
}

/// Why a node did not do what it was told.
pub(crate) fn failure(error: &ServerError, node: &Endpoint) -> Error {
    let code = error.code();
    let said = match error.details() {
        Some(details) => format!("{node} says: {code} {details}"),
        None => format!("{node} says: {code}"),
    };
    match code {
        "OOM" => Error::Full(said),
        // A master that has too few replicas to take a write (min-replicas-to-write).
        "NOREPLICAS" | "UNBLOCKED" => Error::Unconfirmed(said),
        "MOVED" | "ASK" | "TRYAGAIN" | "CLUSTERDOWN" | "MASTERDOWN" | "LOADING" | "READONLY"
        | "BUSY" | "MISCONF" => Error::Unreachable(said),
        _ => Error::Refused(said),
    }
}

/// The node in `3999 127.0.0.1:6381`.
fn redirection(error: &ServerError, asked: &Endpoint) -> Option<Endpoint> {
    let (_, place) = error.details()?.split_once(' ')?;
    let (host, port) = place.rsplit_once(':')?;
    Some(topology::named(host, port.parse().ok()?, asked))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(reply: &str) -> Outcome {
        let reply = redis::parse_redis_value(reply.as_bytes()).expect("a reply");
        let mut cmd = redis::cmd("GET");
        cmd.arg("k");
        Outcome::read(reply, &Endpoint::new("asked", 1), || {
            Command::new(b"k", cmd)
        })
    }

    #[test]
    fn redirections_name_their_node() {
        for (reply, expected, once) in [
            ("-MOVED 3999 127.0.0.1:6381\r\n", "127.0.0.1:6381", false),
            ("-ASK 3999 ::1:6381\r\n", "[::1]:6381", true),
            ("-MOVED 3999 :6381\r\n", "asked:6381", false),
            ("-MOVED 3999 ?:6381\r\n", "asked:6381", false),
        ] {
            match read(reply) {
                Outcome::Elsewhere { node, asking, .. } => {
                    assert_eq!((node.to_string().as_str(), asking), (expected, once));
                }
                other => panic!("{reply}: {other:?}"),
            }
        }
    }

    #[test]
    fn every_error_has_its_meaning() {
        assert!(matches!(read("+OK\r\n"), Outcome::Done(Value::Okay)));
        assert!(matches!(
            read("-TRYAGAIN Multiple keys\r\n"),
            Outcome::Again(_)
        ));
        assert!(matches!(
            read("-NOSCRIPT No matching script.\r\n"),
            Outcome::Whole(_)
        ));
        let failed = |reply| match read(reply) {
            Outcome::Failed(error) => error,
            other => panic!("{reply}: {other:?}"),
        };
        for reply in [
            "-CLUSTERDOWN The cluster is down\r\n",
            "-LOADING Redis is loading\r\n",
            "-READONLY You can't write\r\n",
            "-MASTERDOWN Link with MASTER is down\r\n",
            "-MISCONF Redis is configured to save\r\n",
            "-MOVED nonsense\r\n",
        ] {
            assert!(matches!(failed(reply), Error::Unreachable(_)), "{reply}");
        }
        assert!(matches!(failed("-OOM command\r\n"), Error::Full(_)));
        assert!(matches!(failed("-NOREPLICAS x\r\n"), Error::Unconfirmed(_)));
        assert_eq!(
            failed("-WRONGTYPE Operation against a key\r\n"),
            Error::Refused("asked:1 says: WRONGTYPE Operation against a key".into())
        );
    }
}
