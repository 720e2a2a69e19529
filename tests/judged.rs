//! Runs whose answers judge models rate: FailSafeQA against an endpoint that plays tested model and judges.

mod support;

use serde_json::{Value, json};
use support::dialogue::Dialogue;
use support::{Desk, Ran};

const RECORDS: usize = 6;
/// Questions to the tested model.
const ASKED: usize = RECORDS * 7;
/// Questions to a judge: over a scan that is read well the answer is that of the baseline, and the same question is not
/// asked twice; one scan is misread.
const JUDGED: usize = ASKED - (RECORDS - 1);

/// A folder with records whose right answers are known, in upstream's shape.
fn data() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let records: Vec<Value> = (0..RECORDS)
        .map(|idx| {
            json!({
                "idx": idx, "context": format!("The filing of firm {idx}. Its sales were {idx}00.\n").repeat(40),
                "ocr_context": format!("Tbe fiting of firm {idx}. lts sales were {idx}00.\n").repeat(40),
                "answer": format!("The sales of firm {idx} were {idx}00."), "query": format!("What were the sales of firm {idx}?"),
                "incomplete_query": format!("sales firm {idx}"), "out-of-domain_query": format!("How much did firm {idx} sell?"),
                "error_query": format!("What wer the salesof firm {idx}?"),
                "out-of-scope_query": format!("What did the rival of firm {idx} pay its founder?"),
                "citations": format!("Its sales were {idx}00."), "task_type": if idx == 0 { "TG" } else { "QA" },
            })
        })
        .collect();
    let text = serde_json::to_string_pretty(&records).expect("JSON");
    std::fs::write(folder.path().join("FAILSAFEQA_benchmark_data-FINAL.jsonl"), text).expect("it can be written");
    folder
}

/// The digit of the firm that a text is about.
fn firm(text: &str) -> Option<usize> {
    let (_, rest) = text.split_once("firm ")?;
    rest.chars().next()?.to_digit(10).map(|digit| digit as usize)
}

/// The tested model reads what it is given; it makes an answer up where there is no filing of an even firm, and misreads
/// the scan of firm 1.
fn tested(question: &str) -> Result<String, String> {
    let (document, asked) = question.split_once("</document>").ok_or("no frame")?;
    let firm = firm(asked).ok_or("no firm in the question")?;
    Ok(if asked.contains("rival") {
        "I cannot tell: the document does not say.".into()
    } else if !document.contains("sales") {
        if firm % 2 == 0 { format!("{firm}00, I should think.") } else { "There is no document.".into() }
    } else if document.contains("Tbe") && firm == 1 {
        "They were 700.".into()
    } else {
        format!("They were {firm}00.")
    })
}

/// The judge compares figures where there is a reference with one, and wants a decline elsewhere.
fn judge(question: &str) -> String {
    let part = |name: &str| {
        let after = question.split(&format!("[{name}]\n")).nth(1).unwrap_or_default();
        after.split("\n[End of").next().unwrap_or_default().to_owned()
    };
    let (answer, reference, context) = (part("Assistant's answer"), part("Reference answer"), part("Context"));
    let declined = answer.contains("cannot tell") || answer.contains("no document");
    let good = if context == "(none)" || !reference.contains("sales") {
        declined
    } else {
        let figure = reference.split_whitespace().last().unwrap_or("?").trim_end_matches('.');
        !declined && answer.contains(figure)
    };
    format!("As the figures say. Rating: [[{}]]", if good { 5 } else { 2 })
}

fn play(model: &str, question: &str) -> Result<String, String> {
    match model {
        "tested" => tested(question),
        "judge" => Ok(judge(question)),
        // Says nothing of use when it is first asked.
        "vague" if question.contains("no rating in the required form") => Ok(judge(question)),
        "vague" => Ok("A fair answer, [3] says so.".into()),
        "harsh" => Ok("[[1]]".into()),
        other => Err(format!("there is no model {other}")),
    }
}

fn run(desk: &Desk, endpoint: &Dialogue, data: &tempfile::TempDir, more: &[&str]) -> Ran {
    let data = data.path().display().to_string();
    let mut arguments = vec!["run", "failsafeqa", "-m", "openai-api/local/tested", "--base-url", &endpoint.url];
    arguments.extend(["--judge-base-url", &endpoint.url, "--data", &data, "--format", "json"]);
    arguments.extend(more);
    let mut command = desk.command(&arguments);
    command.env("LOCAL_API_KEY", "any");
    command.output().expect("the program starts").into()
}

fn metrics(ran: &Ran) -> Vec<Value> {
    ran.json("proctor.summary/1")["runs"][0]["metrics"].as_array().expect("metrics").clone()
}

fn value(metrics: &[Value], name: &str, stratum: Option<&str>) -> f64 {
    let is = |metric: &&Value| metric["name"] == name && metric["stratum"].as_str() == stratum;
    let metric = metrics.iter().find(is).unwrap_or_else(|| panic!("{name} {stratum:?}"));
    metric["value"].as_f64().expect("a figure")
}

fn check(metrics: &[Value], name: &str, stratum: Option<&str>, wanted: f64) {
    let ours = value(metrics, name, stratum);
    assert!((ours - wanted).abs() < 1e-9, "{name} {stratum:?}: {ours} is not {wanted}");
}

const JUDGE: [&str; 2] = ["--judge", "openai-api/local/judge"];

#[test]
fn figures_are_those_of_the_script_and_judging_again_asks_nothing() {
    let endpoint = Dialogue::start(play);
    let (desk, data) = (Desk::new(), data());
    let ran = run(&desk, &endpoint, &data, &JUDGE).expect(0);
    let metrics = metrics(&ran);
    let (robustness, missing) = (5.0 / 6.0, 3.0 / 6.0);
    let grounding = (missing + 1.0) / 2.0;
    check(&metrics, "Robustness", None, robustness);
    check(&metrics, "Compliance", Some("ocr"), robustness);
    check(&metrics, "Compliance", Some("baseline"), 1.0);
    check(&metrics, "Compliance", Some("missing_context"), missing);
    check(&metrics, "Compliance", Some("irrelevant_context"), 1.0);
    check(&metrics, "Context Grounding", None, grounding);
    check(&metrics, "Context Grounding", Some("TG"), 0.5);
    check(&metrics, "LLMC_0.5", None, 1.25 * robustness * grounding / (0.25 * grounding + robustness));
    assert_eq!((endpoint.asked("tested"), endpoint.asked("judge")), (ASKED, JUDGED));

    let again = run(&desk, &endpoint, &data, &JUDGE).expect(0);
    assert_eq!(self::metrics(&again), metrics);
    let run_id = ran.json("proctor.summary/1")["runs"][0]["run"]["id"].as_str().expect("an id").to_owned();
    let mut regrade =
        desk.command(&["grade", &run_id, JUDGE[0], JUDGE[1], "--judge-base-url", &endpoint.url, "--format", "json"]);
    regrade.env("LOCAL_API_KEY", "any");
    Ran::from(regrade.output().expect("the program starts")).expect(0);
    assert_eq!((endpoint.asked("tested"), endpoint.asked("judge")), (ASKED, JUDGED), "every answer was kept");
}

#[test]
fn a_judge_without_a_rating_is_asked_twice_and_a_panel_is_compared() {
    let endpoint = Dialogue::start(play);
    let (desk, data) = (Desk::new(), data());
    let panel = [&JUDGE[..], &["--judge", "openai-api/local/vague", "--judge", "openai-api/local/harsh"]].concat();
    let metrics = metrics(&run(&desk, &endpoint, &data, &panel).expect(0));
    check(&metrics, "Robustness", None, 5.0 / 6.0);
    check(&metrics, "LLMC_0.5", Some("openai-api/local/harsh"), 0.0);
    check(&metrics, "judge unparsed", None, 0.0);
    assert_eq!(endpoint.asked("vague"), 2 * JUDGED);
    assert_eq!(endpoint.asked("harsh"), JUDGED);
    let alpha = value(&metrics, "Krippendorff's α", Some("compliant or not, nominal"));
    assert!(alpha < 0.5, "two agree and one says no to everything: {alpha}");
}

#[test]
fn no_judge_named_is_an_error_before_anything_is_asked() {
    let endpoint = Dialogue::start(play);
    let (desk, data) = (Desk::new(), data());
    let ran = run(&desk, &endpoint, &data, &[]);
    assert_ne!(ran.code, 0);
    assert!(ran.stderr.contains("--judge"), "{}", ran.stderr);
    assert_eq!(endpoint.asked("tested"), 0);
}
