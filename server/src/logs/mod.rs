//! The log on stderr, in lines of text or of JSON, and with the feature `otlp` traces for a collector of
//! OpenTelemetry.
//!
//! What callers send is not logged: of a refusal its reason, of a request its id.

#[cfg(feature = "otlp")]
mod otlp;

use std::io::IsTerminal as _;

use tracing_subscriber::{
    EnvFilter, Layer as _, Registry, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

#[cfg(feature = "otlp")]
pub(crate) use self::otlp::follow;
use crate::config::{Config, LogFormat};

/// The log of the process. Dropped, it hands over what it still has.
#[derive(Debug)]
pub struct Logs {
    #[cfg(feature = "otlp")]
    _traces: Option<otlp::Traces>,
}

impl Logs {
    /// Begins to log as the configuration says. To be called once, within tokio's runtime.
    ///
    /// # Errors
    ///
    /// If its filter is none, or the collector's address is not one.
    pub fn begin(config: &Config) -> Result<Self, String> {
        let filter = EnvFilter::try_new(&config.log).map_err(|error| error.to_string())?;
        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
        let lines = match config.log_format {
            LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).boxed(),
            LogFormat::Json => lines.json().flatten_event(true).boxed(),
        };
        let log = Registry::default().with(lines.with_filter(filter));
        #[cfg(feature = "otlp")]
        {
            let traces = config.otlp_endpoint.as_deref();
            let traces = traces.map(otlp::Traces::to).transpose()?;
            log.with(traces.as_ref().map(otlp::Traces::layer)).init();
            Ok(Self { _traces: traces })
        }
        #[cfg(not(feature = "otlp"))]
        {
            log.init();
            Ok(Self {})
        }
    }
}
