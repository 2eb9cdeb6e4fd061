//! `basma` where the server wants TLS, a certificate of the client, and a token.

use std::fs;

use basma_client::client::Tls;
use basma_tests::{Authority, Ended, Grants, Server, authority::path, grant, grant::Grant, until};

/// A server that wants everything, and where all of it stands.
struct Secured {
    server: Server,
    folder: tempfile::TempDir,
    root: Grant,
    reader: Grant,
}

impl Secured {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let at = folder.path();
        let (authority, clients) = (Authority::new(), Authority::new());
        let issued = authority.issue(&["127.0.0.1"]).write(at, "server");
        let own = clients.issue(&["scraper.example"]);
        own.write(at, "client");
        authority.write(at, "ca.pem");
        let clients_ca = clients.write(at, "clients.pem");
        let (root, reader) = (
            grant("root", &["--admin", "*"]).await,
            grant("reader", &["--read", "default"]).await,
        );
        fs::write(at.join("root.token"), format!("{}\n", root.secret)).expect("a file");
        let grants = Grants::new(at, &[&root, &reader]);
        let mut arguments = issued.arguments();
        arguments.extend(["--tls-client-ca".to_owned(), path(&clients_ca).to_owned()]);
        arguments.extend(grants.arguments().map(str::to_owned));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let tls = Tls {
            identity: Some(own.identity()),
            ..authority.trusted()
        };
        let data = at.join("data");
        let server = Server::start_secured_in(&data, tls, &arguments).await;
        Self {
            server,
            folder,
            root,
            reader,
        }
    }

    /// Runs `basma` with all credentials but for the token, and these arguments.
    async fn run(&self, arguments: &str, variables: &[(&str, &str)]) -> Ended {
        let all =
            format!("{arguments} --ca ca.pem --client-cert client.pem --client-key client.key");
        let all: Vec<&str> = all.split_whitespace().collect();
        let mut basma = self.server.basma(&all).within(self.folder.path());
        for (name, value) in variables {
            basma = basma.variable(name, value);
        }
        basma.run().await
    }
}

#[tokio::test]
async fn every_command_works_with_credentials() {
    let secured = Secured::start().await;
    let line = |n: u64| {
        let text = basma_tests::corpus().article(n).text;
        format!(
            "{}\n",
            serde_json::json!({"id": n.to_string(), "text": text})
        )
    };
    let lines: String = (1..=3).map(line).collect();
    fs::write(secured.folder.path().join("in.jsonl"), lines).expect("a file");
    for (command, status) in [
        ("submit in.jsonl", 0),
        ("check in.jsonl", 1),
        ("check --text جديد", 1),
        ("get 1", 0),
        ("list", 0),
        ("cluster 1", 0),
        ("find 1", 0),
        ("compare 1 2", 0),
        ("fingerprint --text نص", 0),
        ("collections create other", 0),
        ("collections list", 0),
        ("stats", 0),
        ("health", 0),
        ("doctor", 0),
        ("watch -n 1", 0),
        ("load --duration 200ms --connections 2 --in-flight 4", 0),
        (
            "load --duration 200ms --in-flight 4 --mode stream --floor --collection other",
            0,
        ),
        ("export out.jsonl", 0),
        ("backup out.backup", 0),
        ("delete 1", 0),
    ] {
        let ended = secured
            .run(&format!("{command} --token-file root.token"), &[])
            .await;
        assert_eq!(ended.status, status, "{command}: {ended:?}");
    }
}

#[tokio::test]
async fn credentials_may_stand_in_the_environment() {
    let secured = Secured::start().await;
    let at = secured.folder.path();
    let (ca, cert, key) = (
        at.join("ca.pem"),
        at.join("client.pem"),
        at.join("client.key"),
    );
    let tls = [
        ("BASMA_CA", path(&ca)),
        ("BASMA_CLIENT_CERT", path(&cert)),
        ("BASMA_CLIENT_KEY", path(&key)),
    ];
    let (root, file) = (secured.root.secret.as_str(), at.join("root.token"));
    for (name, value) in [("BASMA_TOKEN", root), ("BASMA_TOKEN_FILE", path(&file))] {
        let mut basma = secured.server.basma(&["stats"]).variable(name, value);
        for (name, value) in tls {
            basma = basma.variable(name, value);
        }
        basma.run().await.expect(0);
    }
    // A flag comes before the environment.
    let command = format!("stats --token {root}");
    secured
        .run(&command, &[("BASMA_TOKEN", "wrong")])
        .await
        .expect(0);
    let command = "stats --token-file root.token";
    secured
        .run(command, &[("BASMA_TOKEN", "wrong")])
        .await
        .expect(0);
    // Help shows the variables, and never what is in them.
    let help = secured
        .run("--help", &[("BASMA_TOKEN", root)])
        .await
        .expect(0);
    assert!(
        help.stdout.contains("BASMA_TOKEN") && !help.stdout.contains(root),
        "{help:?}"
    );
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let secured = Secured::start().await;
    let ended = secured.run("stats", &[]).await.expect(2);
    assert!(
        ended.stderr.contains("TOKEN_MISSING") && ended.stderr.contains("--token-file"),
        "{ended:?}"
    );
    let ended = secured
        .run("stats --token basma_wrong", &[])
        .await
        .expect(2);
    assert!(ended.stderr.contains("TOKEN_UNKNOWN"), "{ended:?}");
    let command = format!("delete 1 --token {}", secured.reader.secret);
    let ended = secured.run(&command, &[]).await.expect(2);
    assert!(ended.stderr.contains("has not the role write"), "{ended:?}");
    for (arguments, expected) in [
        ("stats", "give --ca FILE"),
        ("stats --ca ca.pem", "--client-cert FILE"),
        ("stats --ca ca.pem --client-cert client.pem", "--client-key"),
        ("stats --ca nowhere.pem", "nowhere.pem"),
        ("stats --ca client.key", "no certificate in PEM"),
        ("stats --ca ca.pem --token بصمة", "one word"),
        ("stats --ca ca.pem --server http://127.0.0.1:1", "https://"),
    ] {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        // A server that closes a connection on which more has come than it has read takes back what it said of
        // the certificate, if the client has not read that by then: the next attempt hears it.
        let ended = until(expected, async || {
            let basma = secured.server.basma(&arguments);
            let ended = basma.within(secured.folder.path()).run().await.expect(2);
            let heard = !ended.stderr.contains("connection closed");
            heard.then_some(ended)
        })
        .await;
        assert!(ended.stderr.contains(expected), "{arguments:?}: {ended:?}");
        assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    }
}

#[tokio::test]
async fn doctor_tells_what_was_agreed_on_and_what_the_token_may_do() {
    let secured = Secured::start().await;
    let found = async |command: &str, check: &str| {
        let ended = secured.run(&format!("doctor --json {command}"), &[]).await;
        let checks = ended.json();
        let found = checks.into_iter().find(|line| line["check"] == check);
        found.unwrap_or_else(|| panic!("no {check}: {}", ended.stdout))
    };
    let tls = found("--token-file root.token", "tls").await;
    assert_eq!(tls["status"], "ok", "{tls}");
    let said = tls["found"].as_str().expect("text");
    assert!(
        said.contains("TLSv1_3") && said.contains("valid until 2999-01-01"),
        "{said}"
    );
    let access = found("--token-file root.token", "access").await;
    assert_eq!(access["found"], "read, write, admin in default");
    let reader = format!("--token {}", secured.reader.secret);
    assert_eq!(found(&reader, "access").await["found"], "read in default");
    let access = found(&format!("{reader} --collection other"), "access").await;
    assert_eq!(access["status"], "fail", "{access}");
    let access = found("", "access").await;
    assert!(
        access["next"]
            .as_str()
            .expect("text")
            .contains("--token-file"),
        "{access}"
    );
    // Nothing came of the questions.
    let stats = secured
        .run("stats --json --token-file root.token", &[])
        .await
        .expect(0);
    assert_eq!(stats.json()[0]["articles"], 0, "{stats:?}");
}
