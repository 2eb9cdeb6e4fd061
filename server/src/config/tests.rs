use std::{ffi::OsString, fs, path::PathBuf, time::Duration};

use clap::CommandFactory as _;
use tempfile::TempDir;

use super::{Flags, *};

/// A command line, an environment and a file.
struct Given {
    folder: TempDir,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
}

fn given() -> Given {
    Given {
        folder: tempfile::tempdir().expect("a folder"),
        arguments: vec!["basmad".into()],
        environment: Vec::new(),
    }
}

impl Given {
    fn path(&self) -> PathBuf {
        self.folder.path().join("basmad.toml")
    }

    fn file(mut self, text: &str) -> Self {
        fs::write(self.path(), text).expect("a file");
        self.arguments.push("--config".into());
        self.arguments.push(self.path().into());
        self
    }

    fn flags(mut self, flags: &[&str]) -> Self {
        self.arguments.extend(flags.iter().map(OsString::from));
        self
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    fn read(&self) -> Invocation {
        read(self.arguments.clone(), self.environment.clone()).expect("valid")
    }

    /// What is wrong, with FILE for the path of the file.
    fn errors(&self) -> Vec<String> {
        let path = self.path().display().to_string();
        match read(self.arguments.clone(), self.environment.clone()) {
            Ok(_) => panic!("valid"),
            Err(Refused::Usage(error)) => vec![error.to_string()],
            Err(Refused::Settings(errors)) => errors
                .iter()
                .map(|error| error.replace(&path, "FILE"))
                .collect(),
        }
    }
}

#[test]
fn the_declarations_are_sound() {
    Flags::command().debug_assert();
    layers::settings().debug_assert();
    let default = Config::default();
    assert_eq!(
        (default.ceilings.max_batch, default.drain),
        (1000, Duration::from_secs(10))
    );
    assert_eq!(default.durability(), Durability::Sync);
}

#[test]
fn flags_win_over_the_environment_over_the_file_over_defaults() {
    let file = "max_batch = 1\nmax_text_bytes = 1_000\nmax_collections = 1\ndrain_seconds = 3\n";
    let given = given()
        .file(file)
        .variable("BASMA_MAX_BATCH", "2")
        .variable("BASMA_MAX_TEXT_BYTES", "2000")
        .flags(&["--max-batch", "3", "--in-memory"]);
    let config = given.read().config;
    assert_eq!(config.ceilings.max_batch, 3);
    assert_eq!(config.ceilings.max_text_bytes, 2000);
    assert_eq!(config.ceilings.max_collections, 1);
    assert_eq!(config.drain, Duration::from_secs(3));
    assert_eq!(
        config.ceilings.max_message_bytes,
        Config::default().ceilings.max_message_bytes
    );
}

#[test]
fn the_environment_can_name_the_file_and_a_flag_another() {
    let given = given().flags(&["--in-memory"]);
    fs::write(given.path(), "max_batch = 4").expect("a file");
    let path = given.path();
    let given = given.variable("BASMA_CONFIG", path.to_str().expect("a path"));
    assert_eq!(given.read().config.ceilings.max_batch, 4);
    let other = given.folder.path().join("other.toml");
    fs::write(&other, "max_batch = 5").expect("a file");
    let given = given.flags(&["--config", other.to_str().expect("a path")]);
    assert_eq!(given.read().config.ceilings.max_batch, 5);
}

#[test]
fn every_error_in_file_and_environment_is_told_with_its_place() {
    let given = given()
        .file("# a comment\nmax_bach = 5\nlisten = \"nowhere\"\n\nmax-batch = 7\nzzz = 1\n")
        .variable("BASMA_DURABILITY", "snyc")
        .variable("BASMA_MAX_TEXT_BYTES", "0")
        .variable("BASMA_LOG", "=!");
    assert_eq!(
        given.errors(),
        [
            "FILE:2: unknown key max_bach: did you mean max_batch?",
            "FILE:3: listen = \"nowhere\": must be HOST:PORT",
            "FILE:5: unknown key max-batch: did you mean max_batch?",
            "FILE:6: unknown key zzz",
            "environment BASMA_DURABILITY: durability = \"snyc\": must be one of sync, interval, memory: did you mean sync?",
            "environment BASMA_LOG: log = \"=!\": is not a filter: invalid filter directive",
            "environment BASMA_MAX_TEXT_BYTES: max_text_bytes = \"0\": 0 is not in 1..=1073741824",
        ]
    );
}

#[test]
fn what_is_no_toml_is_told_by_line() {
    let errors = given().file("max_batch = 5\nlisten = \n").errors();
    assert!(errors[0].starts_with("FILE:2: "), "{errors:?}");
    let errors = given().file("max_batch = 5\nmax_batch = 6\n").errors();
    assert!(errors[0].starts_with("FILE:2: "), "{errors:?}");
    let errors = given().file("max_batch = [5]\n[log]\nlevel = 3").errors();
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(errors[1].starts_with("FILE:2: log: "), "{errors:?}");
    let missing = given()
        .flags(&["--config", "/nowhere/basmad.toml"])
        .errors();
    assert!(
        missing[0].starts_with("cannot read /nowhere/basmad.toml"),
        "{missing:?}"
    );
}

#[test]
fn a_wrong_flag_is_told_with_the_nearest() {
    let errors = given().flags(&["--max-bach", "5"]).errors();
    assert!(errors[0].contains("'--max-batch'"), "{errors:?}");
    let errors = given().flags(&["--durability", "snyc"]).errors();
    assert!(errors[0].contains("'sync'"), "{errors:?}");
}

#[test]
fn an_unknown_variable_is_a_warning() {
    let given = given()
        .flags(&["--in-memory"])
        .variable("BASMA_MAX_BACH", "5")
        .variable("BASMA_PORT_50051_TCP", "tcp://10.0.0.1:50051")
        .variable("BASMA_SERVER", "http://127.0.0.1:50051")
        .variable("OTHER", "5");
    assert_eq!(
        given.read().warnings,
        [
            "unknown variable BASMA_MAX_BACH: did you mean BASMA_MAX_BATCH?",
            "unknown variable BASMA_PORT_50051_TCP",
        ]
    );
}

#[test]
fn what_is_on_can_be_put_off_by_a_later_layer() {
    let file = |flags: &[&str]| given().file("in_memory = true").flags(flags);
    assert_eq!(file(&[]).read().config.data_dir, None);
    let config = file(&["--in-memory=false", "--data-dir", "/data"])
        .read()
        .config;
    assert_eq!(config.data_dir, Some("/data".into()));
    assert_eq!(
        file(&["--data-dir", "/data"]).errors(),
        ["in_memory and data_dir exclude each other"]
    );
    assert_eq!(
        file(&["--accept-loss"]).errors(),
        ["in_memory and --accept-loss exclude each other"]
    );
}

#[test]
fn an_interval_is_that_of_its_own_setting() {
    let given = given().flags(&[
        "--in-memory",
        "--durability=interval",
        "--sync-interval-ms=7",
    ]);
    let interval = Durability::Interval(Duration::from_millis(7));
    assert_eq!(given.read().config.durability(), interval);
}

#[test]
fn what_is_printed_sets_the_same_again() {
    let given = given()
        .file("log = \"debug,basma_server=\\\"warn\\\"\"\nmax_batch = 0x10")
        .variable("BASMA_IN_MEMORY", "true")
        .flags(&["--drain-seconds", "7"]);
    let errors = given.errors();
    assert!(errors[0].contains("log"), "{errors:?}");
    let given = self::given()
        .file("log = \"debug,basma_server=warn\"\nmax_batch = 0x10")
        .variable("BASMA_IN_MEMORY", "true")
        .flags(&["--drain-seconds", "7", "--print-config"]);
    let invocation = given.read();
    assert!(matches!(invocation.asked, Asked::Print));
    let printed = invocation.toml();
    let path = given.path();
    for line in [
        &format!("max_batch = 16  # {}:2", path.display()),
        "in_memory = true  # environment BASMA_IN_MEMORY",
        "drain_seconds = 7  # flag",
        "max_collections = 1000  # default",
        "# data_dir is not set",
    ] {
        assert!(
            printed.lines().any(|printed| printed == line),
            "no {line:?} in\n{printed}"
        );
    }
    assert_eq!(
        self::given().file(&printed).read().config,
        invocation.config
    );
}

#[test]
fn a_check_looks_at_what_is_named() {
    let given = given();
    let file = given.path();
    fs::write(&file, "").expect("a file");
    let under = |path: PathBuf| {
        let path = path.into_os_string().into_string().expect("a path");
        self::given()
            .flags(&["--check-config", "--data-dir", &path])
            .read()
            .check()
    };
    assert_eq!(under(given.folder.path().join("not/yet")), [""; 0]);
    let wrong = under(file.join("below"));
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(
        wrong[0].starts_with("data_dir = ") && wrong[0].ends_with("is not a folder"),
        "{wrong:?}"
    );
}

#[test]
fn the_packaged_file_is_valid_and_its_files_are_looked_for() {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../packaging/kubernetes/basmad.toml"
    );
    let invocation = given().flags(&["--config", file]).read();
    let missing = invocation.check();
    for name in ["tls_cert", "tls_key", "tokens"] {
        assert!(
            missing.iter().any(|error| error.starts_with(name)),
            "{missing:?}"
        );
    }
}
