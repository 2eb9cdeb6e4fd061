//! `basma` for one article or one question at a time.

use std::fs;

use basma_benches::corpus::Edit;
use basma_tests::{Basma, Server, corpus};
use serde_json::json;

/// A page as scrapers bring it in: headline, date, place, figures, the story, what stands around it.
const PAGE: &str = "الرئيسية » محليات\n\
    أمير المنطقة يفتتح معرض الكتاب السنوي بمشاركة 250 دار نشر\n\
    الرياض - 21 يوليو 2015 م\n\
    افتتح أمير المنطقة مساء أمس فعاليات معرض الكتاب السنوي في مركز المؤتمرات، بمشاركة 250 دار نشر من 18 دولة، \
    وبحضور عدد من المثقفين والناشرين. وأكد في كلمته أن المعرض صار موعدا ينتظره القراء كل عام، وأن عدد زواره \
    بلغ في الدورة الماضية 1350 ألف زائر. ويستمر المعرض عشرة أيام، تقام خلالها 64 ندوة وأمسية شعرية.\n\
    شارك الخبر | طباعة | تعليقات (0)\n";

/// The page as another site prints it: with tashkeel, tatweel and the other digits.
fn respelled(page: &str) -> String {
    let digits: String = page
        .chars()
        .map(|c| {
            c.to_digit(10)
                .and_then(|digit| char::from_u32(0x660 + digit))
                .unwrap_or(c)
        })
        .collect();
    digits
        .replace("الكتاب", "الكِتَاب")
        .replace("المعرض", "المَعْرِضُ")
        .replace("السنوي", "السنـــوي")
        .replace("افتتح", "اِفتَتَحَ")
}

fn submit(server: &Server, id: &str, text: &str) -> Basma {
    server.basma(&["submit", "--text", text, "--id", id])
}

#[tokio::test]
async fn a_page_again_with_tashkeel_and_other_digits_is_exact() {
    let server = Server::start().await;
    fs::write(server.folder().join("صفحة.txt"), PAGE).expect("a file");
    let first = server
        .basma(&["submit", "صفحة.txt", "--source", "sabq.example"])
        .run()
        .await
        .expect(0);
    assert!(first.stdout.starts_with("NEW  صفحة\n"), "{}", first.stdout);
    assert!(
        first.stdout.ends_with("nothing like it is known\n"),
        "{}",
        first.stdout
    );

    let again = respelled(PAGE);
    assert!(again.contains("٢٥٠") && again.contains('\u{64e}') && again.contains('ـ'));
    fs::write(server.folder().join("again.txt"), &again).expect("a file");
    let second = server.basma(&["submit", "again.txt"]).run().await.expect(0);
    assert!(
        second
            .stdout
            .starts_with("EXACT  again  first of its story: صفحة\n"),
        "{}",
        second.stdout
    );
    let row = second.stdout.lines().last().expect("a match");
    for shown in ["EXACT", "صفحة", "sabq.example", "100 %"] {
        assert!(row.contains(shown), "{row}");
    }
    let machine = server
        .basma(&["check", "again.txt", "--json"])
        .run()
        .await
        .expect(0);
    let [answer] = machine.json().try_into().expect("one line");
    assert_eq!(answer["verdict"], "EXACT");
    assert_eq!(answer["matches"][0]["hamming"], 0);
}

#[tokio::test]
async fn check_prints_for_a_person_or_a_machine_and_tells_by_its_status() {
    let server = Server::start().await;
    let text = corpus().article(0).text;
    submit(&server, "1", &text).run().await.expect(0);
    let near = Edit::Words.apply(&text, 0.03, 1);
    for (asked, verdict, status) in [
        (text.as_str(), "EXACT", 0),
        (near.as_str(), "NEAR_DUPLICATE", 0),
        ("خبر لم يسمع به أحد", "NEW", 1),
        ("- ليست قائمة", "NEW", 1),
    ] {
        let person = server
            .basma(&["check", "--text", asked])
            .run()
            .await
            .expect(status);
        assert!(person.stdout.starts_with(verdict), "{}", person.stdout);
        let machine = server
            .basma(&["check", "--text", asked, "--json"])
            .run()
            .await
            .expect(status);
        assert_eq!(machine.json()[0]["verdict"], verdict);
    }
    for wrong in [
        &["check"][..],
        &["check", "--text", "نص", "file.txt"],
        &["check", "--text", "نص", "--collection", "nowhere"],
        &["check", "missing.txt"],
        &["check", "--text", "نص", "--max-matches", "1001"],
    ] {
        let ended = server.basma(wrong).run().await.expect(2);
        assert!(ended.stderr.starts_with("basma: "), "{}", ended.stderr);
        assert_eq!(ended.stdout, "");
    }
}

#[tokio::test]
async fn find_get_list_cluster_compare_and_delete() {
    let server = Server::start().await;
    let text = corpus().article(0).text;
    submit(&server, "خبر-1", &text).run().await.expect(0);
    submit(&server, "خبر-2", &Edit::Words.apply(&text, 0.03, 1))
        .run()
        .await
        .expect(0);
    submit(&server, "آخر", &corpus().article(9).text)
        .run()
        .await
        .expect(0);
    let run = async |arguments: &[&str]| server.basma(arguments).run().await.expect(0);

    let article = run(&["get", "خبر-1", "--json"]).await.json().remove(0);
    assert_eq!(
        (&article["verdict"], &article["revision"]),
        (&json!("NEW"), &json!(1))
    );
    let simhash = article["fingerprint"]["simhash"]
        .as_str()
        .expect("a simhash")
        .to_owned();
    assert!(run(&["get", "خبر-1"]).await.stdout.contains(&simhash));

    let related = run(&["find", "خبر-1", "--json"]).await.json().remove(0);
    assert_eq!(related["matches"][0]["id"], "خبر-2");
    let near = run(&["find", "--simhash", &simhash, "--distance", "0", "--json"])
        .await
        .json()
        .remove(0);
    assert_eq!(near["matches"][0]["id"], "خبر-1");
    assert!(
        run(&["find", "خبر-1"])
            .await
            .stdout
            .contains("NEAR_DUPLICATE")
    );
    assert_eq!(run(&["find", "آخر"]).await.stdout, "nothing is near it\n");

    let list = run(&["list", "--json"]).await.json();
    let ids: Vec<_> = list.iter().filter_map(|line| line["id"].as_str()).collect();
    assert_eq!(ids, ["خبر-1", "خبر-2", "آخر"]);
    assert_eq!(run(&["cluster", "خبر-2", "--json"]).await.json().len(), 2);

    let compared = run(&["compare", "خبر-1", "خبر-2", "--json"])
        .await
        .json()
        .remove(0);
    assert_eq!(compared["relation"], "NEAR_DUPLICATE");
    fs::write(
        server.folder().join("أ.txt"),
        "افتتح الوزير صباح اليوم معرض الكتاب في العاصمة",
    )
    .expect("a file");
    let described = ["--title-a", "المعرض", "--date-a", "2026-11-20"];
    let texts = ["compare", "أ.txt", "--text-b", "افتتح الوزير معرض الكتاب"];
    run(&[&texts[..], &described].concat()).await;
    let of_ids = [&["compare", "خبر-1", "خبر-2"], &described[..]].concat();
    let refused = server.basma(&of_ids).run().await.expect(2);
    assert!(
        refused.stderr.contains("its own title"),
        "{}",
        refused.stderr
    );
    let shown = run(&[
        "compare",
        "أ.txt",
        "--text-b",
        "افتتح الوزير مساء اليوم معرض الكتاب في العاصمة",
    ])
    .await;
    assert!(
        shown
            .stdout
            .contains("افتتح الوزير [-صباح-] {+مساء+} اليوم"),
        "{}",
        shown.stdout
    );

    let deleted = server
        .basma(&["delete", "خبر-2", "nothing"])
        .run()
        .await
        .expect(2);
    assert_eq!(deleted.stdout, "deleted خبر-2\n");
    assert!(
        deleted.stderr.contains("[ARTICLE_NOT_FOUND]"),
        "{}",
        deleted.stderr
    );
    server.basma(&["get", "خبر-2"]).run().await.expect(2);
}

#[tokio::test]
async fn stats_health_fingerprint_and_collections() {
    let server = Server::start().await;
    submit(&server, "1", "نص").run().await.expect(0);
    let run = async |arguments: &[&str]| server.basma(arguments).run().await.expect(0);
    assert_eq!(run(&["health"]).await.stdout, "SERVING\n");
    assert_eq!(
        run(&["health", "--json"]).await.json(),
        [json!({"status": "SERVING"})]
    );
    let stats = run(&["stats", "--json"]).await.json().remove(0);
    assert_eq!(
        (&stats["articles"], &stats["verdicts"]["NEW"]),
        (&json!(1), &json!(1))
    );
    assert!(run(&["stats"]).await.stdout.contains("articles"));
    let print = run(&["fingerprint", "--text", "بَصمة", "--json"])
        .await
        .json()
        .remove(0);
    assert!(print.to_string().contains("بصمه"), "{print}");

    let made = run(&["collections", "create", "news", "--distance", "6", "--json"])
        .await
        .json()
        .remove(0);
    assert_eq!(made["name"], "news");
    run(&["collections", "update", "news", "--min-size-ratio", "0.7"]).await;
    assert!(
        run(&["collections", "get", "news"])
            .await
            .stdout
            .contains("news")
    );
    assert_eq!(
        run(&["collections", "list", "--json"]).await.json().len(),
        2
    );
    submit(&server, "1", "نص").run().await.expect(0);
    let other = run(&[
        "--collection",
        "news",
        "submit",
        "--text",
        "نص",
        "--id",
        "1",
        "--json",
    ])
    .await;
    assert_eq!(other.json()[0]["verdict"], "NEW");
    run(&["collections", "delete", "news"]).await;
    server
        .basma(&["collections", "get", "news"])
        .run()
        .await
        .expect(2);
}

#[tokio::test]
async fn without_a_server_the_address_is_named() {
    // Bound, so that nobody else takes the port, and not listening: `connect` is refused.
    let taken = tokio::net::TcpSocket::new_v4().expect("a socket");
    taken
        .bind("127.0.0.1:0".parse().expect("an address"))
        .expect("a port");
    let address = format!("http://{}", taken.local_addr().expect("an address"));
    let commands: [&[&str]; 5] = [
        &["health"],
        &["stats"],
        &["check", "--text", "نص"],
        &["get", "1"],
        &["submit", "-"],
    ];
    for command in commands {
        let basma = Basma::new(&address, command).input("{\"id\":\"1\",\"text\":\"نص\"}\n");
        let ended = basma.run().await.expect(2);
        assert_eq!(ended.stdout, "");
        assert!(
            ended
                .stderr
                .contains(&format!("basma: cannot reach {address}")),
            "{}",
            ended.stderr
        );
    }
    let ended = Basma::new("127.0.0.1:50051", &["health"])
        .run()
        .await
        .expect(2);
    assert!(
        ended.stderr.contains("http://127.0.0.1:50051"),
        "{}",
        ended.stderr
    );
}

#[tokio::test]
async fn completions_need_no_server() {
    for shell in ["bash", "zsh", "fish"] {
        let ended = Basma::new("nowhere", &["completions", shell])
            .run()
            .await
            .expect(0);
        for command in ["submit", "check", "find", "compare"] {
            assert!(ended.stdout.contains(command), "{shell}");
        }
    }
    Basma::new("nowhere", &["completions", "cmd"])
        .run()
        .await
        .expect(2);
}
