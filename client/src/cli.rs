//! The command line `basma`: one command a file.
//!
//! Results go to stdout, everything else to stderr. Exit status: 0 for success, 1 for `check` that
//! found nothing, 2 for any error, with one line on stderr that begins with `basma: `.

mod article;
mod backup;
mod bulk;
mod check;
mod cluster;
mod collections;
mod compare;
mod completions;
mod credentials;
mod dedup;
mod delete;
mod detector;
mod doctor;
mod duration;
mod evaluate;
mod export;
mod failure;
mod fields;
mod files;
mod find;
mod fingerprint;
mod get;
mod health;
mod item;
mod list;
mod load;
mod man;
mod migrate;
mod progress;
mod session;
mod span;
mod stats;
mod submit;
mod summary;
mod watch;

use std::{process::ExitCode, time::Duration};

use clap::{Args, Parser, Subcommand};

use self::{
    credentials::Credentials,
    failure::{Exit, Failure},
    session::Session,
};
use crate::client::DEFAULT_SERVER;

/// Ask whether an Arabic text was seen before, and if not, which one it is nearly.
#[derive(Debug, Parser)]
#[command(name = "basma", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
struct Global {
    /// Where basmad listens; https:// for TLS
    #[arg(long, global = true, env = "BASMA_SERVER", value_name = "URL", default_value = DEFAULT_SERVER)]
    server: String,
    #[command(flatten)]
    credentials: Credentials,
    /// Which collection is meant
    #[arg(long, global = true, env = "BASMA_COLLECTION", value_name = "NAME", default_value = basma_proto::DEFAULT_COLLECTION)]
    collection: String,
    /// How long a call may take, with all its repetitions: 500ms, 10s, 2m
    #[arg(long, global = true, value_name = "DURATION", default_value = "30s", value_parser = duration::parse)]
    timeout: Duration,
    /// Print JSON, for machines
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(visible_alias = "import")]
    Submit(submit::Submit),
    Check(check::Check),
    Find(find::Find),
    Get(get::Get),
    List(list::List),
    Delete(delete::Delete),
    Cluster(cluster::Cluster),
    Compare(compare::Compare),
    Fingerprint(fingerprint::Fingerprint),
    #[command(subcommand)]
    Collections(collections::Collections),
    Stats(stats::Stats),
    Health(health::Health),
    Load(load::Load),
    Backup(backup::Backup),
    Migrate(migrate::Migrate),
    Export(export::Export),
    Evaluate(Box<evaluate::Evaluate>),
    Dedup(Box<dedup::Dedup>),
    Watch(watch::Watch),
    Doctor(doctor::Doctor),
    Completions(completions::Completions),
    Man(man::Man),
}

/// Runs the command that the arguments of the program name.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return failure::usage(&error).into(),
    };
    run(cli).unwrap_or_else(|failure| failure.report()).into()
}

#[tokio::main]
async fn run(cli: Cli) -> Result<Exit, Failure> {
    let Global {
        server,
        credentials,
        collection,
        timeout,
        json,
    } = cli.global;
    if let Command::Completions(command) = cli.command {
        // Needs no server, not even the address of one.
        return command.run::<Cli>();
    }
    if let Command::Man(command) = cli.command {
        return command.run::<Cli>(json);
    }
    if let Command::Evaluate(command) = cli.command {
        return command.run(json);
    }
    if let Command::Dedup(command) = cli.command {
        return command.run(json);
    }
    let client = credentials
        .client(&server)?
        .with_collection(&collection)
        .with_deadline(timeout);
    let session = Session::new(client, json);
    match cli.command {
        Command::Submit(command) => command.run(&session).await,
        Command::Check(command) => command.run(&session).await,
        Command::Find(command) => command.run(&session).await,
        Command::Get(command) => command.run(&session).await,
        Command::List(command) => command.run(&session).await,
        Command::Delete(command) => command.run(&session).await,
        Command::Cluster(command) => command.run(&session).await,
        Command::Compare(command) => command.run(&session).await,
        Command::Fingerprint(command) => command.run(&session).await,
        Command::Collections(command) => command.run(&session).await,
        Command::Stats(command) => command.run(&session).await,
        Command::Health(command) => command.run(&session).await,
        Command::Load(command) => command.run(&session).await,
        Command::Backup(command) => command.run(&session).await,
        Command::Migrate(command) => command.run(&session, &credentials).await,
        Command::Export(command) => command.run(&session).await,
        Command::Watch(command) => command.run(&session).await,
        Command::Doctor(command) => command.run(&session).await,
        Command::Evaluate(_) | Command::Dedup(_) | Command::Completions(_) | Command::Man(_) => {
            Ok(Exit::DONE)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_fit_together() {
        Cli::command().debug_assert();
        for line in [
            "basma check --text نص --json",
            "basma check a.jsonl.gz - --output out --max-matches 3",
            "basma --server http://h:1 submit a.txt --id 1 --collection news",
            "basma find --simhash 00000000000000ff --distance 3",
            "basma compare --text-a نص b.txt",
            "basma evaluate --corpus a.jsonl.gz --gold gold.tsv --cold --sweep --plot sweep.svg",
            "basma dedup a.jsonl.gz b.parquet --output o --clusters c --threads 2",
            "basma load --mode batch --connections 2 --in-flight 4 --duration 10s --rate 100",
        ] {
            assert!(Cli::try_parse_from(line.split(' ')).is_ok(), "{line}");
        }
        for line in [
            "basma check",
            "basma check a.jsonl --text نص",
            "basma find --simhash 00000000000000ff",
            "basma find 1 --simhash 00000000000000ff --distance 3",
            "basma delete",
            "basma dedup a.jsonl",
            "basma evaluate --corpus a.jsonl.gz",
            "basma stats --timeout 5",
        ] {
            assert!(Cli::try_parse_from(line.split(' ')).is_err(), "{line}");
        }
    }
}
