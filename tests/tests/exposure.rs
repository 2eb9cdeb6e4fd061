//! Where others can reach the server: with TLS and tokens only, unless it is told otherwise.

use std::process::Stdio;

use basma_tests::{Authority, Grants, grant, server::basmad};
use tokio::io::{AsyncBufReadExt as _, BufReader};

#[tokio::test]
async fn others_are_let_in_only_with_tls_and_tokens_or_when_told_so() {
    let start = async |arguments: &[&str]| {
        let mut basmad = basmad(&["--in-memory", "--listen", "0.0.0.0:0"]);
        let ended = basmad.args(arguments).output();
        let ended = tokio::time::timeout(basma_tests::LIMIT, ended).await;
        let ended = ended.expect("it ends").expect("basmad starts");
        assert!(!ended.status.success());
        String::from_utf8(ended.stderr).expect("text")
    };
    let told = start(&[]).await;
    assert!(
        told.contains("TLS") && told.contains("tokens") && told.contains("--insecure"),
        "{told}"
    );
    let folder = tempfile::tempdir().expect("a folder");
    let grants = Grants::new(folder.path(), &[]);
    let told = start(&grants.arguments()).await;
    assert!(
        told.contains("without TLS (--tls-cert, --tls-key): give"),
        "{told}"
    );

    let mut basmad = basmad(&["--in-memory", "--listen", "0.0.0.0:0", "--insecure"]);
    let mut open = basmad
        .stderr(Stdio::piped())
        .spawn()
        .expect("basmad starts");
    let mut log = BufReader::new(open.stderr.take().expect("a pipe")).lines();
    let warned = async {
        while let Some(line) = log.next_line().await.expect("text") {
            if line.contains("insecure: others can reach the server") {
                return true;
            }
        }
        false
    };
    assert!(
        tokio::time::timeout(basma_tests::LIMIT, warned)
            .await
            .expect("it says so")
    );
    let told = start(&["--insecure", "--metrics-listen", "0.0.0.0:0"]).await;
    assert!(told.contains("--metrics-insecure"), "{told}");
}

#[tokio::test]
async fn what_is_packaged_for_kubernetes_may_let_others_in() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let issued = Authority::new().issue(&["basma.example"]);
    std::fs::write(at.join("tls.crt"), issued.certificate).expect("a file");
    std::fs::write(at.join("tls.key"), issued.key).expect("a file");
    Grants::new(at, &[&grant("root", &["--admin", "*"]).await]);
    let packaged = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../packaging/kubernetes/basmad.toml"
    );
    let here = at.to_str().expect("a path");
    let config = std::fs::read_to_string(packaged).expect("a file");
    let config = config
        .replace("/etc/basma/secret", here)
        .replace("/var/lib/basma", here);
    let file = at.join("basmad.toml");
    std::fs::write(&file, config).expect("a file");
    let file = file.to_str().expect("a path");
    let mut basmad = basmad(&["--check-config", "--config", file]);
    let ended = tokio::time::timeout(basma_tests::LIMIT, basmad.output()).await;
    let ended = ended.expect("it ends").expect("basmad starts");
    assert!(ended.status.success(), "{ended:?}");
}
