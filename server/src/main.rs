//! `basmad`: reads the configuration, prints where it listens, serves until SIGTERM or SIGINT.

use std::{
    env,
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
};

use basma_engine::Method;
use basma_server::{
    Change, Logs, Signals,
    auth::{Names, Rights, Token},
    config::{self, Asked, Invocation, MethodArg, Refused, Task},
    probe, refingerprint, restore, run,
};
use tokio::net::TcpListener;
use tracing::warn;

fn main() -> ExitCode {
    let errors = match config::read(env::args_os(), env::vars_os()) {
        Ok(invocation) => match carry_out(invocation) {
            Ok(()) => return ExitCode::SUCCESS,
            Err(errors) => errors,
        },
        Err(Refused::Usage(error)) => error.exit(),
        Err(Refused::Settings(errors)) => errors,
    };
    for error in errors {
        eprintln!("basmad: {error}");
    }
    ExitCode::FAILURE
}

/// Between two looks at the network a thread of the runtime does at most so many pieces of work. They are
/// longer here than what its own default of 61 is made for.
const PIECES: u32 = 8;

fn carry_out(invocation: Invocation) -> Result<(), Vec<String>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .event_interval(PIECES)
        .build();
    let runtime = runtime.map_err(|error| vec![format!("cannot start threads: {error}")])?;
    runtime.block_on(do_what_is_asked(invocation))
}

async fn do_what_is_asked(invocation: Invocation) -> Result<(), Vec<String>> {
    match invocation.asked {
        Asked::Check => {
            for warning in &invocation.warnings {
                eprintln!("basmad: {warning}");
            }
            match invocation.check() {
                errors if errors.is_empty() => say("ok").map_err(|error| vec![error]),
                errors => Err(errors),
            }
        }
        Asked::Print => say(&invocation.toml()).map_err(|error| vec![error]),
        _ => work(invocation).await.map_err(|error| vec![error]),
    }
}

async fn work(invocation: Invocation) -> Result<(), String> {
    let config = invocation.config;
    let _logs = Logs::begin(&config)?;
    for warning in invocation.warnings {
        warn!("{warning}");
    }

    if let Asked::Task(task) = invocation.asked {
        if let Task::Healthcheck {
            client_cert,
            client_key,
        } = task
        {
            return probe(&config, client_cert.zip(client_key)).await;
        }
        return tokio::task::block_in_place(|| run_task(task, config.data_dir.as_deref()));
    }

    file_size_limit_is_an_error();
    take_all_open_files(config.ceilings.max_connections);
    let signals = Signals::of_process();
    let listener = TcpListener::bind(&config.listen)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}", config.listen))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    // For whoever started it on port 0 and waits to learn which one it got.
    let scheme = match config.tls_cert {
        Some(_) => "https",
        None => "http",
    };
    say(&format!("basmad listening on {scheme}://{address}"))?;
    run(listener, config, signals)
        .await
        .map_err(|error| error.to_string())
}

/// Says it on stdout. Whoever has heard enough, as `head` has, is no error.
fn say(text: &str) -> Result<(), String> {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("cannot write to stdout: {error}"))
        }
        _ => Ok(()),
    }
}

fn run_task(task: Task, folder: Option<&Path>) -> Result<(), String> {
    let folder = || folder.ok_or("there is no data folder in memory");
    match task {
        Task::Token {
            name,
            read,
            write,
            admin,
        } => {
            let rights = Rights {
                read: Names::new(read)?,
                write: Names::new(write)?,
                admin: Names::new(admin)?,
            };
            let (secret, token) = Token::new(&name, rights)?;
            say(token.to_string().trim_end())?;
            eprintln!("{}", secret.text());
        }
        Task::Restore { backup } => {
            let folder = folder()?;
            restore(&backup, folder)?;
            let (file, folder) = (backup.display(), folder.display());
            say(&format!("restored {file} to {folder}"))?;
        }
        Task::Healthcheck { .. } => {}
        Task::Refingerprint {
            collection,
            method,
            features,
            distance,
        } => {
            let folder = folder()?;
            let change = Change {
                method: method.map(|method| match method {
                    MethodArg::Full => Method::Full,
                    MethodArg::SimhashOnly => Method::SimHashOnly,
                }),
                features,
                distance,
            };
            refingerprint(folder, collection.as_deref(), change)?;
            say(&format!("fingerprinted {} anew", folder.display()))?;
        }
    }
    Ok(())
}

/// Every connection is an open file, and the limit that a process is started with is often far below the one
/// that it may have.
#[cfg(unix)]
fn take_all_open_files(connections: usize) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    /// Files of the store, and what else there is.
    const OTHERS: u64 = 256;
    let limit = getrlimit(Resource::Nofile);
    let most = Rlimit {
        current: limit.maximum,
        ..limit
    };
    let allowed = match setrlimit(Resource::Nofile, most) {
        Ok(()) => most.current,
        Err(_) => limit.current,
    };
    if let Some(allowed) = allowed.filter(|allowed| *allowed < connections as u64 + OTHERS) {
        warn!(
            allowed,
            connections, "there may be fewer open files than max_connections needs"
        );
    }
}

#[cfg(not(unix))]
fn take_all_open_files(_: usize) {}

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
