//! `basmad`: reads the configuration, prints where it listens, serves until SIGTERM or SIGINT.

use std::{io::IsTerminal as _, path::Path, process::ExitCode};

use basma_engine::Method;
use basma_server::{
    Change, Config,
    config::{self, MethodArg, Task},
    refingerprint, restore, run,
};
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
    let flags = config::Flags::parse();
    let task = flags.task.clone();
    let config = Config::load(flags)?;
    let filter = EnvFilter::try_new(&config.log)
        .map_err(|error| format!("log = {:?} is not a filter: {error}", config.log))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();

    if let Some(task) = task {
        let Some(folder) = &config.data_dir else {
            return Err("there is no data folder in memory".to_owned());
        };
        return tokio::task::block_in_place(|| run_task(task, folder));
    }

    file_size_limit_is_an_error();
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

fn run_task(task: Task, folder: &Path) -> Result<(), String> {
    match task {
        Task::Restore { file } => {
            restore(&file, folder)?;
            println!("restored {} to {}", file.display(), folder.display());
        }
        Task::Refingerprint {
            collection,
            method,
            features,
            distance,
        } => {
            let change = Change {
                method: method.map(|method| match method {
                    MethodArg::Full => Method::Full,
                    MethodArg::SimhashOnly => Method::SimHashOnly,
                }),
                features,
                distance,
            };
            refingerprint(folder, collection.as_deref(), change)?;
            println!("fingerprinted {} anew", folder.display());
        }
    }
    Ok(())
}

/// Without a handler, writing a file beyond the limit that the process was started with ends it; with one
/// the write fails, as on a full disk.
#[cfg(unix)]
fn file_size_limit_is_an_error() {
    use tokio::signal::unix::{SignalKind, signal};
    /// SIGXFSZ of Linux, macOS and the BSDs.
    const FILE_SIZE_EXCEEDED: i32 = 25;
    // The handler stays when the stream of signals goes.
    let _handled = signal(SignalKind::from_raw(FILE_SIZE_EXCEEDED));
}

#[cfg(not(unix))]
fn file_size_limit_is_an_error() {}

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
