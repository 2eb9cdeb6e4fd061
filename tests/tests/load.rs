//! `basma load`: what it counts, and the floor beside the server.

use std::net::TcpListener;

use basma_tests::{Basma, Server};
use serde_json::Value;

fn figures(line: &Value) -> (f64, u64, u64) {
    let figure = |name: &str| {
        line[name]
            .as_u64()
            .unwrap_or_else(|| panic!("{name}: {line}"))
    };
    let (p50, p99, p999) = (figure("p50_us"), figure("p99_us"), figure("p999_us"));
    assert!(0 < p50 && p50 <= p99 && p99 <= p999, "{line}");
    let rate = line["articles_per_s"].as_f64().expect("a rate");
    assert!(rate > 0.0, "{line}");
    (rate, figure("articles"), figure("errors"))
}

#[tokio::test]
async fn every_mode_is_measured_beside_the_floor() {
    let server = Server::start().await;
    for mode in ["unary", "stream", "batch"] {
        let load = [
            "load",
            "--mode",
            mode,
            "--in-flight",
            "4",
            "--connections",
            "2",
            "--batch",
            "10",
            "--duration",
            "300ms",
            "--words",
            "40",
            "--floor",
            "--json",
        ];
        let ended = server.basma(&load).run().await.expect(0);
        let [line] = &ended.json()[..] else {
            panic!("{ended:?}");
        };
        let (_, articles, errors) = figures(line);
        assert!(articles > 0, "{line}");
        assert_eq!((errors, figures(&line["floor"]).2), (0, 0));
    }
    // Only a stream submits unless it is asked for.
    assert!(server.stats().await.article_count > 0);
}

#[tokio::test]
async fn a_rate_is_kept_and_nothing_but_the_server_is_measured() {
    let server = Server::start().await;
    let load = [
        "load",
        "--rpc",
        "submit",
        "--rate",
        "100",
        "--duration",
        "1s",
        "--duplicates",
        "1",
        "--in-flight",
        "1",
        "--words",
        "40",
        "--json",
    ];
    let ended = server.basma(&load).run().await.expect(0);
    let line = &ended.json()[0];
    assert_eq!(line.get("floor"), None);
    assert_eq!(figures(line).1, 100);
    let stats = server.stats().await;
    // One worker, whose articles all have the text of its first one.
    assert_eq!((stats.article_count, stats.cluster_count), (100, 1));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_of_at_once() {
    // Nothing listens where a listener has just been.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let load = Basma::new(&address, &["load", "--floor", "--duration", "1h"]);
    let ended = load.run().await.expect(2);
    assert!(ended.stdout.is_empty(), "{ended:?}");
}
