//! Whether to listen at all where others can reach the server.

use std::net::SocketAddr;

use tracing::warn;

use crate::config::Config;

/// Says whether the server may listen at an address. On loopback it always may; elsewhere it needs TLS,
/// so that nobody reads or changes what is sent, and tokens, so that not everybody is let in; unless it was
/// told that others see to both.
///
/// # Errors
///
/// A sentence that says what is missing.
pub(crate) fn check(address: SocketAddr, config: &Config) -> Result<(), String> {
    if address.ip().to_canonical().is_loopback() {
        return Ok(());
    }
    let missing = match (&config.tls_cert, &config.tokens) {
        (Some(_), Some(_)) => return Ok(()),
        (None, Some(_)) => "TLS (--tls-cert, --tls-key)",
        (Some(_), None) => "tokens (--tokens)",
        (None, None) => "TLS (--tls-cert, --tls-key) and tokens (--tokens)",
    };
    if config.insecure {
        warn!(%address, "insecure: others can reach the server, and it is without {missing}");
        return Ok(());
    }
    Err(format!(
        "others can reach {address}, and the server is without {missing}: give them, listen on \
         127.0.0.1, or, if something else keeps strangers away, add --insecure"
    ))
}

/// The same of the listener for metrics, which knows neither TLS nor tokens.
///
/// # Errors
///
/// A sentence that says what to do.
pub(crate) fn check_metrics(address: SocketAddr, config: &Config) -> Result<(), String> {
    if address.ip().to_canonical().is_loopback() {
        return Ok(());
    }
    if config.metrics_insecure {
        warn!(%address, "insecure: others can read the metrics, and with them the names of all collections");
        return Ok(());
    }
    Err(format!(
        "others can reach the metrics at {address}, which tell the names of all collections: listen on \
         127.0.0.1, or, if something else keeps strangers away, add --metrics-insecure"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_for_loopback_unless_told_otherwise() {
        let insecure = Config {
            metrics_insecure: true,
            ..Config::default()
        };
        let (here, there) = ("127.0.0.1:1", "0.0.0.0:1");
        let check = |address: &str, config| check_metrics(address.parse().expect("one"), config);
        let plain = Config::default();
        assert!(check(here, &plain).is_ok());
        assert!(check(there, &plain).is_err());
        assert!(check(there, &insecure).is_ok());
    }

    #[test]
    fn only_loopback_may_do_without() {
        let plain = Config::default();
        let half = Config {
            tokens: Some("tokens".into()),
            ..Config::default()
        };
        let other_half = Config {
            tls_cert: Some("cert".into()),
            ..Config::default()
        };
        let whole = Config {
            tls_cert: Some("cert".into()),
            ..half.clone()
        };
        let insecure = Config {
            insecure: true,
            ..Config::default()
        };
        for address in [
            "127.0.0.1:1",
            "127.9.9.9:1",
            "[::1]:1",
            "[::ffff:127.0.0.1]:1",
        ] {
            let address = address.parse().expect("an address");
            assert_eq!(check(address, &plain), Ok(()), "{address}");
        }
        for address in [
            "0.0.0.0:1",
            "[::]:1",
            "10.0.0.1:1",
            "[::ffff:10.0.0.1]:1",
            "[fe80::1]:1",
        ] {
            let address = address.parse().expect("an address");
            assert!(check(address, &plain).is_err(), "{address}");
            assert!(check(address, &half).is_err_and(|error| error.contains("TLS")));
            assert!(check(address, &other_half).is_err_and(|error| error.contains("tokens")));
            assert_eq!(check(address, &whole), Ok(()));
            assert_eq!(check(address, &insecure), Ok(()));
        }
    }
}
