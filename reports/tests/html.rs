//! The HTML page: whole, self-contained, and safe whatever a model wrote.

mod common;

use common::{mixed, pass_at_1, run, view};
use proctor_core::{Outcome, Plot, Prompt};
use proctor_reports::frames::AttemptRow;
use proctor_reports::html::{PageOptions, page};
use proctor_reports::store::{FailedReference, GroundTruth};
use proctor_reports::summary::ScoredMetric;
use proctor_reports::{ReportRun, SampleView, summarise_rows};
use serde_json::json;

fn report(views: Vec<SampleView>) -> ReportRun {
    let rows: Vec<AttemptRow> = views.iter().map(AttemptRow::from).collect();
    ReportRun {
        summary: summarise_rows(&run(views.len()), &rows, &pass_at_1(&views), None).unwrap(),
        plots: Vec::new(),
        samples: views,
    }
}

fn rendered(views: Vec<SampleView>) -> String {
    page(&[report(views)], &PageOptions::default()).unwrap()
}

/// The page without its own style sheet and script.
fn body(html: &str) -> String {
    let mut rest = html.to_string();
    for (open, close) in [("<style>", "</style>"), ("<script>", "</script>")] {
        let start = rest.find(open).unwrap();
        let end = rest.rfind(close).unwrap();
        rest.replace_range(start..end, "");
    }
    rest
}

#[test]
fn everything_of_a_sample_can_be_read() {
    let html = rendered(mixed());
    for text in [
        "You write programs.",
        "Write f.",
        "```python",
        "def f0(x):",
        "Traceback (most recent call last):",
        "AssertionError",
        "1,885,358,483",
        "the endpoint gave no answer in 60 s",
        "assert f3(2) == 3",
        "0123456789abcdef",
        "answered, not graded yet",
        "5&#x2f;18",
        "Incomplete: 20 of 21 attempts",
    ] {
        assert!(html.contains(text), "{text:?} is missing");
    }
    for outcome in Outcome::ALL {
        assert!(html.contains(&format!("data-outcome=\"{outcome}\"")), "{outcome}");
    }
    assert_eq!(html.matches("<details>").count(), 21 + 1);
}

#[test]
fn nothing_is_loaded_from_anywhere() {
    let html = rendered(mixed());
    for text in ["http://", "https://", "src=", "@import", "url(", "<link", "<iframe", "<object", "<img"] {
        assert!(!html.contains(text), "{text}");
    }
    assert!(html.contains("default-src &#x27;none&#x27;"), "no policy");
    assert_eq!(html.matches("sha256-").count(), 2);
    assert_eq!(html.matches("<script").count(), 1);
}

const ATTACKS: [&str; 10] = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><svg onload=alert(1)>",
    "' onmouseover='alert(1)",
    "</pre></details></tbody></table><h1>owned</h1>",
    "</style><style>*{display:none}</style>",
    "<!-- never closed",
    "{{ 7*7 }}{% raw %}{% include \"page\" %}",
    "&lt;b&gt; &#60;script&#62; javascript:alert(1)",
    "]]><![CDATA[<script>",
];

#[test]
fn no_text_becomes_markup() {
    for attack in ATTACKS {
        let mut evil = view(attack, Outcome::Incorrect, attack, attack);
        evil.sample.strata = vec![attack.into()];
        evil.sample.target = json!(attack);
        evil.sample.metadata.insert(attack.into(), json!({attack: attack}));
        let grade = evil.grade.as_mut().unwrap();
        grade.category = Some(attack.into());
        grade.explanation = attack.into();
        grade.extracted = Some(attack.into());
        grade.scores.insert(attack.into(), 0.0);
        grade.artifacts.insert("stdout".into(), json!(format!("{attack}\n{attack}")));
        let exchange = &mut evil.attempt.attempt.as_mut().unwrap().exchanges[0];
        exchange.request.prompt = Prompt::Completion(attack.into());
        exchange.completion.reasoning = Some(attack.into());
        exchange.completion.model = attack.into();
        evil.attempt.error = Some(attack.into());
        let mut report = report(vec![evil]);
        let record = &mut report.summary.run;
        record.id = attack.into();
        record.plan.benchmark = attack.into();
        record.plan.model = attack.into();
        record.plan.model_provenance = json!({attack: [attack]});
        report.summary.notes.push(attack.into());
        report.summary.metrics[0].name = attack.into();
        report.summary.metrics[0].stratum = Some(attack.into());
        let options = PageOptions { title: attack.into(), made_at: Some(attack.into()), ..PageOptions::default() };
        let html = page(&[report.clone(), report], &options).unwrap();
        let clean = page(&[self::report(vec![view("0", Outcome::Incorrect, "p", "a")])], &PageOptions::default()).unwrap();
        for tag in ["<script", "</script", "<style", "</style", "<h1", "<!--", "<!["] {
            assert_eq!(html.matches(tag).count(), clean.matches(tag).count(), "{tag} after {attack}");
        }
        let body = body(&html);
        assert!(!body.contains("<img") && !body.contains("<svg onload") && !body.contains("<b>&"), "{attack}");
        assert!(!body.contains("' onmouseover") && !body.contains("\"><svg onload"), "{attack}");
        assert!(!body.contains("49") || !attack.contains("7*7") || body.contains("{{ 7*7 }}"), "evaluated: {attack}");
    }
}

#[test]
fn hidden_characters_are_shown() {
    let html = rendered(vec![view("a\0b", Outcome::Incorrect, "p\u{202e}q", "x\0y\u{1b}[2J\u{feff}")]);
    let bad = html.chars().filter(|c| (c.is_control() && *c != '\n' && *c != '\t') || *c == '\u{202e}' || *c == '\u{feff}');
    assert_eq!(bad.count(), 0);
    for text in ["a␀b", "p⟨U+202E⟩q", "x␀y␛[2J⟨U+FEFF⟩"] {
        assert!(html.contains(text), "{text}");
    }
}

#[test]
fn long_texts_are_cut_and_their_length_is_said() {
    let html = rendered(vec![view("0", Outcome::Incorrect, "p", &"x".repeat(10 << 20))]);
    assert!(html.len() < 1 << 20, "{} bytes", html.len());
    assert!(html.contains("the whole text has 10,485,760 bytes"));
}

#[test]
fn a_page_of_600_samples_stays_within_its_budget() {
    let long = |i: usize| {
        view(&i.to_string(), Outcome::Correct, &format!("{i} {}", "p".repeat(3000)), &format!("{i} {}", "a".repeat(3000)))
    };
    let views: Vec<SampleView> = (0..600).map(long).collect();
    let began = std::time::Instant::now();
    let html = rendered(views.clone());
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
    assert!(html.len() < 16 << 20, "{} bytes", html.len());
    let small = page(&[report(views)], &PageOptions { evidence_bytes: 100_000, ..PageOptions::default() }).unwrap();
    assert!(small.len() < 3 << 20, "{} bytes", small.len());
    assert!(small.contains("proctor show humaneval-pro-3f2a91 --sample 599"));
    assert_eq!(small.matches("<tbody id=").count(), 600);
}

#[test]
fn a_withheld_score_is_no_number() {
    let views = mixed();
    let rows: Vec<AttemptRow> = views.iter().map(AttemptRow::from).collect();
    let failed = FailedReference { sample_id: "1".into(), outcome: Outcome::Incorrect, explanation: "it raised".into() };
    let truth = GroundTruth { samples: 2, checked: 2, without_reference: 0, failing: vec![failed] };
    let summary = summarise_rows(&run(21), &rows, &pass_at_1(&views), Some(&truth)).unwrap();
    let html = page(&[ReportRun { summary, plots: Vec::new(), samples: views }], &PageOptions::default()).unwrap();
    assert!(html.contains("The score is withheld: 1 of 2 reference solutions") && html.contains(">withheld<"));
    assert!(!html.contains("27.8%") && !html.contains("5&#x2f;18"));
}

#[test]
fn the_same_runs_give_the_same_page_and_none_give_a_page() {
    assert_eq!(rendered(mixed()), rendered(mixed()));
    let html = page(&[], &PageOptions::default()).unwrap();
    assert!(html.contains("No runs.") && html.trim_end().ends_with("</html>"));
}

#[test]
fn several_runs_have_an_overview() {
    let html = page(&[report(mixed()), report(Vec::new())], &PageOptions::default()).unwrap();
    assert!(html.contains("href=\"#run1\"") && html.contains("id=\"run1\"") && html.contains("no figures yet"));
    assert!(html.contains("No attempt is stored yet."));
}

#[test]
fn figures_by_subset_fold_and_plots_stand_in_the_page() {
    let views = vec![view("a", Outcome::Correct, "?", "!"), view("b", Outcome::Incorrect, "?", "!")];
    let mut run = report(views);
    let whole = run.summary.metrics[0].clone();
    for i in 0..60 {
        run.summary.metrics.push(ScoredMetric { stratum: Some(format!("part {i}")), headline: false, ..whole.clone() });
    }
    run.plots.push(Plot { title: "Map".into(), caption: "Rows < columns.".into(), svg: "<svg id=\"map\"></svg>".into() });
    let html = page(&[run.clone()], &PageOptions::default()).unwrap();
    assert!(html.contains("By subset: 60 figures") && html.contains("part 59"));
    assert!(html.contains("<svg id=\"map\"></svg>") && html.contains("Rows &lt; columns."));
    let style = proctor_reports::terminal::TerminalStyle { width: None, colour: false };
    let text = proctor_reports::terminal::summaries(&[run.summary], style);
    assert!(text.contains("part 23") && !text.contains("part 24") && text.contains("36 more figures"), "{text}");
}
