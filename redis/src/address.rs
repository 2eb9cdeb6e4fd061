//! Where a cluster is, and as whom to go there.

use std::{fmt, str::FromStr, sync::Arc};

use percent_encoding::percent_decode_str;

/// The port of a Redis that was not told another.
const PORT: u16 = 6379;

/// One node's host and port.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endpoint {
    /// A name, or an address; of IPv6 without brackets.
    pub host: Arc<str>,
    /// The port for commands.
    pub port: u16,
}

impl Endpoint {
    /// A node's place.
    pub fn new(host: &str, port: u16) -> Self {
        let host = host.into();
        Self { host, port }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        match host.contains(':') {
            true => write!(formatter, "[{host}]:{port}"),
            false => write!(formatter, "{host}:{port}"),
        }
    }
}

/// Where a cluster is: `redis://[user:password@]host[:port][,host[:port]…]`, or `rediss://…` for TLS.
///
/// Any of the cluster's nodes will do; several, so that one of them may be down at the start. What
/// is not a letter or digit in user and password stands in percent encoding.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    pub(crate) nodes: Vec<Endpoint>,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) tls: bool,
    /// PEM; the system's authorities where there is none.
    pub(crate) authority: Option<Vec<u8>>,
}

/// Why an address was not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed(String);

impl fmt::Display for Malformed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}: it should look like redis://user:password@host:port,host:port",
            self.0
        )
    }
}

impl std::error::Error for Malformed {}

impl Address {
    /// Trusts these authorities (certificates in PEM) instead of the system's. Only for `rediss://`.
    pub fn with_authority(mut self, pem: Vec<u8>) -> Self {
        self.authority = Some(pem);
        self
    }

    /// Whether connections are encrypted.
    pub fn tls(&self) -> bool {
        self.tls
    }
}

impl FromStr for Address {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let malformed = |message: &str| Malformed(message.to_owned());
        let (tls, rest) = match text.split_once("://") {
            Some(("redis", rest)) => (false, rest),
            Some(("rediss", rest)) => (true, rest),
            _ => return Err(malformed("it begins with neither redis:// nor rediss://")),
        };
        // A password may hold an @ that is not encoded; a host cannot.
        let (account, hosts) = match rest.rsplit_once('@') {
            Some((account, hosts)) => (Some(account), hosts),
            None => (None, rest),
        };
        let hosts = hosts.strip_suffix('/').unwrap_or(hosts);
        if hosts.contains(['/', '?', '#']) {
            return Err(malformed(
                "nothing can stand behind the hosts, a cluster has no numbered databases",
            ));
        }
        let (user, password) = match account.map(|account| account.split_once(':')) {
            None => (None, None),
            Some(None) => return Err(malformed("before the @ there is no password")),
            Some(Some((user, password))) => (
                Some(decoded(user)?).filter(|user| !user.is_empty()),
                Some(decoded(password)?),
            ),
        };
        let nodes = hosts.split(',').map(endpoint).collect::<Result<_, _>>()?;
        Ok(Self {
            nodes,
            user,
            password,
            tls,
            authority: None,
        })
    }
}

/// Without the password, which is nobody's business.
impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.tls { "rediss://" } else { "redis://" })?;
        for (place, node) in self.nodes.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            write!(formatter, "{comma}{node}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

fn decoded(text: &str) -> Result<String, Malformed> {
    match percent_decode_str(text).decode_utf8() {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err(Malformed("user or password are not UTF-8".to_owned())),
    }
}

fn endpoint(text: &str) -> Result<Endpoint, Malformed> {
    let malformed = |what: &str| Malformed(format!("{what} in {text:?}"));
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((host, "")) => (host, None),
            Some((host, rest)) => (
                host,
                Some(
                    rest.strip_prefix(':')
                        .ok_or_else(|| malformed("something between ] and port"))?,
                ),
            ),
            None => return Err(malformed("no ]")),
        },
        None => match text.split_once(':') {
            Some((_, port)) if port.contains(':') => {
                return Err(malformed("an IPv6 address without brackets"));
            }
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    if host.is_empty() || host.contains(char::is_whitespace) {
        return Err(malformed("no host"));
    }
    let port = match port {
        None => PORT,
        Some(port) => match port.parse() {
            Ok(port) if port != 0 => port,
            _ => return Err(malformed("no port from 1 to 65535")),
        },
    };
    Ok(Endpoint::new(host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Address {
        text.parse()
            .unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn hosts_ports_and_accounts_are_understood() {
        let address = parsed("redis://a:7001,b,[::1]:7003,[fe80::1]");
        let nodes: Vec<_> = address.nodes.iter().map(Endpoint::to_string).collect();
        assert_eq!(nodes, ["a:7001", "b:6379", "[::1]:7003", "[fe80::1]:6379"]);
        assert!(!address.tls && address.user.is_none() && address.password.is_none());

        let address = parsed("rediss://basma:p%40ss%3a%20w@r:d@host:1/");
        assert!(address.tls());
        assert_eq!(address.user.as_deref(), Some("basma"));
        assert_eq!(address.password.as_deref(), Some("p@ss: w@r:d"));

        let address = parsed("redis://:secret@host");
        assert_eq!(
            (address.user, address.password),
            (None, Some("secret".into()))
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, message) in [
            ("http://a", "neither"),
            ("a:6379", "neither"),
            ("redis://", "no host"),
            ("redis://a,", "no host"),
            ("redis://:70", "no host"),
            ("redis://a:0", "no port"),
            ("redis://a:65536", "no port"),
            ("redis://a:", "no port"),
            ("redis://::1", "brackets"),
            ("redis://[::1", "no ]"),
            ("redis://[::1]70", "between"),
            ("redis://a/1", "numbered"),
            ("redis://a?x=1", "numbered"),
            ("redis://secret@a", "no password"),
            ("redis://u:%ff@a", "UTF-8"),
        ] {
            let error = text.parse::<Address>().expect_err(text).to_string();
            assert!(error.contains(message), "{text}: {error}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let address = parsed("rediss://basma:secret@a,b:7");
        assert_eq!(address.to_string(), "rediss://a:6379,b:7");
        assert_eq!(format!("{address:?}"), "rediss://a:6379,b:7");
    }
}
