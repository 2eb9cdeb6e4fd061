//! The command `basma evaluate` on files.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use serde_json::{Value, json};

/// A story, and another that shares nothing with it.
const STORY: &str = "افتتح وزير التعليم صباح اليوم في جامعة الرياض المعرض السنوي للكتاب بحضور عدد كبير من \
    الطلاب والأساتذة، وقال إن المعرض يضم هذا العام أكثر من عشرة آلاف عنوان في العلوم والآداب والتاريخ، \
    وإن أبوابه مفتوحة للزوار حتى نهاية الشهر";
const OTHER: &str = "أعلنت شركة المياه الوطنية عن بدء أعمال صيانة لشبكة التوزيع شمال مدينة جدة ابتداء من \
    مساء غد، ودعت السكان إلى ترشيد الاستهلاك خلال أيام العمل الثلاثة، وأوضحت أن صهاريج ستكون متاحة مجانا \
    لكل حي تنقطع عنه الخدمة";

fn basma(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_basma"))
        .current_dir(folder)
        .env("BASMA_SERVER", "no address at all")
        .args(["evaluate", "--corpus", "corpus", "--gold", "gold"])
        .args(args)
        .output()
        .expect("the command")
}

fn line(id: &str, text: &str, date: &str) -> String {
    format!("{}\n", json!({"nr": id, "text": text, "date": date}))
}

/// Four articles: 2 is 1 with other marks, 4 holds 1 and 3.
fn write_files(folder: &Path) {
    let both = format!("{STORY}. {OTHER}");
    let marked = format!("{}.", STORY.replace("افتتح", "اِفتَتَح"));
    let corpus = [
        line("1", STORY, "2015-07-21 10:00:00"),
        line("2", &marked, "2015-07-21 11:00:00"),
        line("3", OTHER, "2015-07-22 10:00:00"),
        line("4", &both, "2015-07-23 10:00:00"),
    ];
    let gold = "a\tb\tlabel\tweight\n1\t2\tD\t2\n3\t4\tC\t3\n3\t1\tT\t5\n1\t4\tC?\t9\n";
    fs::write(folder.join("corpus"), corpus.concat()).expect("a file");
    fs::write(folder.join("gold"), gold).expect("a file");
}

#[test]
fn everything_at_once_and_the_same_again() {
    let folder = tempfile::tempdir().expect("a folder");
    write_files(folder.path());
    let background = line("1", &OTHER.replace("جدة", "مكة"), "2015-07-20");
    fs::write(folder.path().join("background"), background).expect("a file");
    let mut args = vec!["--id-field", "nr", "--cold", "--sweep", "--plot", "plot"];
    args.extend(["--shuffle-days", "1", "--background", "background"]);
    let json = |args: &[&str]| -> Value {
        let ended = basma(folder.path(), &[args, &["--json"]].concat());
        assert_eq!(ended.status.code(), Some(0), "{ended:?}");
        let mut report: Value = serde_json::from_slice(&ended.stdout).expect("JSON");
        let cost = report["cost"].take();
        assert!(cost["articles_per_second"].as_f64().expect("a rate") > 0.0);
        report
    };
    let report = json(&args);
    assert_eq!(report, json(&args));
    for block in ["warm", "cold"] {
        let block = &report[block];
        assert_eq!(block["pairs"], 3, "{block}");
        assert_eq!(block["disputed"], 1);
        assert_eq!(block["weighted"]["f1"], 1.0);
        assert_eq!(block["templates"]["called"], 0);
        assert_eq!(block["templates"]["of"], 1);
    }
    assert_eq!(report["corpus"]["articles"], 4);
    assert_eq!(report["corpus"]["days"], 3);
    assert_eq!(report["corpus"]["background"], 1);
    // 1 and 2 are equal, and 4 holds 1, 2 and 3.
    let recall = report["exact_pairs"].as_array().expect("a list").iter();
    let pairs: Vec<_> = recall.map(|kind| kind["pairs"].clone()).collect();
    assert_eq!(pairs[0], 1);
    assert_eq!(pairs[2], 4);
    assert_eq!(report["rules"][0]["rule"], "Basma");
    assert_eq!(report["rules"].as_array().map(Vec::len), Some(9));
    let plot = fs::read_to_string(folder.path().join("plot")).expect("the plot");
    assert!(plot.contains("min-score") && plot.ends_with("</svg>\n"));

    let ended = basma(folder.path(), &args);
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    let text = String::from_utf8(ended.stdout).expect("text");
    for part in [
        "4 articles of 3 days, days shuffled by 1, after 1 of background\n",
        "4 articles, 3 pairs; 1 left out: disputed\n",
        "weighted        1.000   1.000  1.000",
        "templates: 0 of 1 called duplicates",
        "SimHash, character 5-grams, k = 10",
        "exact containment F1",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let cost = String::from_utf8(ended.stderr).expect("text");
    assert!(cost.contains("articles/s"), "{cost}");
}

#[test]
fn what_cannot_be_evaluated_is_said_in_one_line() {
    let folder = tempfile::tempdir().expect("a folder");
    write_files(folder.path());
    let fails = |args: &[&str], message: &str| {
        let ended = basma(folder.path(), args);
        assert_eq!(ended.status.code(), Some(2), "{ended:?}");
        let stderr = String::from_utf8(ended.stderr).expect("text");
        let last = stderr.lines().last().unwrap_or_default();
        assert!(
            last.starts_with("basma: ") && last.contains(message),
            "{stderr}"
        );
        assert!(ended.stdout.is_empty());
    };
    fails(&[], "corpus: there is no article in it");
    fails(
        &["--id-field", "nr", "--background", "none"],
        "none: No such file",
    );
    fails(&["--id-field", "nr", "--min-score", "2"], "min_score");
    fails(&["--id-field", "nr", "--plot", "plot"], "--sweep");
    fails(
        &["--id-field", "nr", "--sweep", "--plot", "no/plot"],
        "cannot write no/plot",
    );
    fs::write(folder.path().join("gold"), "a\tb\tlabel\n1\t8\tD\n").expect("a file");
    fails(
        &["--id-field", "nr"],
        "no pair of gold counts: 1 are not in the corpus",
    );
    fs::write(folder.path().join("gold"), "a\tb\tlabel\n1\t2\tE\n").expect("a file");
    fails(&["--id-field", "nr"], "gold:2: the label `E`");
}
