//! `basmad`: reads the configuration, prints where it listens, serves until SIGTERM or SIGINT.

use std::{io::IsTerminal as _, process::ExitCode};

use basma_server::{Config, config, run};
use clap::Parser as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("basmad: {message}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn serve() -> Result<(), String> {
    let config = Config::load(config::Flags::parse())?;
    let filter = EnvFilter::try_new(&config.log)
        .map_err(|error| format!("log = {:?} is not a filter: {error}", config.log))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();

    let listener = TcpListener::bind(&config.listen)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}", config.listen))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    // For whoever started it on port 0 and waits to learn which one it got.
    println!("basmad listening on http://{address}");

    let stop = CancellationToken::new();
    tokio::spawn(stop_on_signal(stop.clone()));
    run(listener, config, stop)
        .await
        .map_err(|error| error.to_string())
}

/// Asks the server to drain at the first SIGTERM or SIGINT; a second one ends the process at once.
async fn stop_on_signal(stop: CancellationToken) {
    signal().await;
    stop.cancel();
    signal().await;
    std::process::exit(1);
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        }
        // Without handlers the signals end the process the hard way, which is all that is left.
        _ => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn signal() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}
