//! The HTML page: whole, self-contained, and safe whatever a model wrote.

mod common;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::{mixed, pass_at_1, run, view};
use flate2::read::DeflateDecoder;
use proctor_core::{Bin, Distribution, Figure, HeatMap, Mark, Outcome, Plot, Prompt, Span, Spans};
use proctor_reports::frames::AttemptRow;
use proctor_reports::html::plots::{OutcomeRow, Spread, of_benchmark, outcomes};
use proctor_reports::html::{PageOptions, SampleDocument, Shell, Templates, TextLimits, page};
use proctor_reports::summary::ScoredMetric;
use proctor_reports::{ReportRun, SampleView, summarise_rows};
use proctor_store::{FailedReference, GroundTruth};
use serde_json::{Value, json};
use std::io::Read;

fn report(views: Vec<SampleView>) -> ReportRun {
    let rows: Vec<AttemptRow> = views.iter().map(AttemptRow::from).collect();
    ReportRun { summary: summarise_rows(&run(views.len()), &rows, &pass_at_1(&views), None), plots: Vec::new(), samples: views }
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

/// The part of the page's data called `id`.
fn part(html: &str, id: &str) -> Option<Value> {
    let (_, rest) = html.split_once(&format!("<script type=\"text/plain\" id=\"{id}\">"))?;
    let bytes = STANDARD.decode(rest.split_once("</script>")?.0).unwrap();
    let mut text = String::new();
    DeflateDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).ok()
}

/// A text of a chunk, put together as the page's script does.
fn text(html: &str, chunk: &Value, reference: &Value) -> String {
    match reference {
        Value::Number(place) => {
            let place = place.as_u64().unwrap() as usize;
            chunk["texts"][place % 8][place / 8].as_str().unwrap().to_string()
        }
        Value::Array(there) => {
            let other = part(html, &format!("data-{}", there[0])).unwrap();
            text(html, &other, &there[1])
        }
        Value::Object(joined) if joined.contains_key("all") => {
            joined["all"].as_array().unwrap().iter().map(|part| text(html, chunk, part)).collect()
        }
        slice => {
            let units: Vec<u16> = text(html, chunk, &slice["of"]).encode_utf16().collect();
            let end = |name: &str| slice[name].as_u64().unwrap() as usize;
            String::from_utf16(&units[end("from")..end("to")]).unwrap()
        }
    }
}

/// All texts and facts of a document, one after another.
fn texts_of(html: &str, chunk: &Value, value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Object(map) if map.contains_key("t") => out.push(text(html, chunk, &map["t"])),
        Value::Object(map) => map.values().for_each(|value| texts_of(html, chunk, value, out)),
        Value::Array(list) => list.iter().for_each(|value| texts_of(html, chunk, value, out)),
        Value::String(text) => out.push(text.clone()),
        _ => {}
    }
}

/// Everything that the page's data say of its samples.
fn everything(html: &str) -> String {
    let mut out = vec![part(html, "data-rows").unwrap().to_string()];
    for number in 0.. {
        let Some(chunk) = part(html, &format!("data-{number}")) else { break };
        texts_of(html, &chunk, &chunk["documents"], &mut out);
    }
    out.join("\n")
}

#[test]
fn everything_of_a_sample_can_be_read() {
    let html = rendered(mixed());
    let data = everything(&html);
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
        "answered, not graded yet",
    ] {
        assert!(data.contains(text), "{text:?} is missing");
    }
    for text in ["0123456789abcdef", "5&#x2f;18", "Incomplete: 20 of 21 attempts", "infra_error"] {
        assert!(html.contains(text), "{text:?} is missing");
    }
    let rows = part(&html, "data-rows").unwrap();
    assert_eq!(rows["runs"][0]["outcomes"], "aaaaabbbbbbbcdefghijk".to_string());
    assert_eq!(rows["chunks"][0], json!({"run": 0, "rows": [0, 21]}));
}

#[test]
fn texts_are_kept_byte_for_byte_and_once() {
    let answer = format!("{}😀 é\r\n\u{2028}</script><!--\0", "x = 1\n".repeat(40));
    let mut views: Vec<SampleView> =
        (0..300).map(|i| view(&i.to_string(), Outcome::Correct, &"A question. ".repeat(50), &answer)).collect();
    for view in &mut views {
        let program = answer.chars().skip(12).take(200).collect::<String>();
        let grade = view.grade.as_mut().unwrap();
        grade.artifacts.insert("program".into(), json!(format!("import math\n{answer}assert f(1) == 2\n")));
        grade.extracted = Some(program);
    }
    let html = rendered(views.clone());
    assert!(html.len() < 200_000, "{} bytes", html.len());
    let chunk = part(&html, "data-2").unwrap();
    let document = &chunk["documents"][7];
    let whole = serde_json::to_value(SampleDocument::of(&views[2 * 128 + 7], TextLimits::WHOLE)).unwrap();
    for (packed, plain) in [
        (&document["turns"][0]["prompt"][1]["text"], &whole["turns"][0]["prompt"][1]["text"]),
        (&document["turns"][0]["answer"], &whole["turns"][0]["answer"]),
        (&document["extracted"], &whole["extracted"]),
    ] {
        assert_eq!(text(&html, &chunk, &packed["t"]), plain["t"].as_str().unwrap());
    }
    let evidence = document["evidence"].as_array().unwrap();
    let program = evidence.iter().find(|block| block["title"] == "program").unwrap();
    assert_eq!(text(&html, &chunk, &program["text"]["t"]), format!("import math\n{answer}assert f(1) == 2\n"));
}

#[test]
fn nothing_is_loaded_from_anywhere() {
    let html = rendered(mixed());
    for text in ["https://", " src=", "@import", "url(", "<link", "<iframe", "<object", "<img"] {
        assert!(!html.contains(text), "{text}");
    }
    assert_eq!(html.matches("http://").count(), html.matches("\"http://www.w3.org/2000/svg\"").count());
    assert!(html.contains("default-src &#x27;none&#x27;"), "no policy");
    assert!(html.contains("require-trusted-types-for &#x27;script&#x27;; trusted-types &#x27;none&#x27;"));
    assert_eq!(html.matches("sha256-").count(), 2);
    assert_eq!(html.matches("<script>").count(), 1);
    for inside in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "DOMParser"] {
        assert!(!html.contains(inside), "{inside}");
    }
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
        let figure = Figure::Spans(Spans {
            row_title: attack.into(),
            rows: vec![Span { name: attack.into(), ..Span::default() }],
            ..Spans::default()
        });
        report.plots.push(Plot { title: attack.into(), caption: attack.into(), figure });
        let options = PageOptions { title: attack.into(), made_at: Some(attack.into()), ..PageOptions::default() };
        let html = page(&[report.clone(), report], &options).unwrap();
        let clean = self::report(vec![view("0", Outcome::Incorrect, "p", "a")]);
        let clean = page(&[clean.clone(), clean], &PageOptions::default()).unwrap();
        for tag in ["<script", "</script", "<style", "</style", "<h1", "<!--", "<!["] {
            assert_eq!(html.matches(tag).count(), clean.matches(tag).count(), "{tag} after {attack}");
        }
        let body = body(&html);
        assert!(!body.contains("<img") && !body.contains("<svg onload"), "{attack}");
        assert!(!body.contains("' onmouseover") && !body.contains("\"><svg onload"), "{attack}");
        assert!(!body.contains(">49<") || !attack.contains("7*7"), "evaluated: {attack}");
    }
}

#[test]
fn data_cannot_end_its_element() {
    let templates = Templates::new().unwrap();
    let data = vec![("data-rows".into(), "</script><script>alert(1)</script>".into()), ("x\" onload=\"".into(), "AAAA".into())];
    let html = templates.page(Shell { title: "t".into(), data, ..Shell::default() }).unwrap();
    assert_eq!(html.matches("<script").count(), 1);
    assert!(!html.contains("alert(1)") && !html.contains("x\" onload"));
}

#[test]
fn hidden_characters_are_shown_in_the_page_and_kept_in_the_data() {
    let html = rendered(vec![view("a\0b", Outcome::Incorrect, "p\u{202e}q", "x\0y\u{1b}[2J\u{feff}")]);
    let bad = html.chars().filter(|c| (c.is_control() && *c != '\n' && *c != '\t') || *c == '\u{202e}' || *c == '\u{feff}');
    assert_eq!(bad.count(), 0);
    let data = everything(&html);
    for text in ["a␀b", "p\u{202e}q", "x\0y\u{1b}[2J\u{feff}"] {
        assert!(data.contains(text), "{text}");
    }
}

#[test]
fn long_texts_are_cut_and_their_length_is_said() {
    let html = rendered(vec![view("0", Outcome::Incorrect, "p", &"x".repeat(10 << 20))]);
    assert!(html.len() < 1 << 20, "{} bytes", html.len());
    assert!(part(&html, "data-0").unwrap().to_string().contains("\"n\":10485760"));
    assert!(html.contains("of 1 attempts long texts show their beginning and end"));
}

/// Text that hardly compresses, the same for the same seed.
fn noise(seed: u64, length: usize) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let letter = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'!' + (state % 90) as u8)
    };
    (0..length).map(letter).collect()
}

#[test]
fn a_page_stays_within_its_size_and_says_what_is_left_out() {
    let views = |run: u64| -> Vec<SampleView> {
        let view = |i: u64| view(&i.to_string(), Outcome::Correct, &noise(i, 1500), &noise(i + run * 10_000, 2500));
        (0..600).map(view).collect()
    };
    let runs = [report(views(1)), report(views(2))];
    let options = PageOptions { bytes: Some(1_500_000), ..PageOptions::default() };
    let small = page(&runs, &options).unwrap();
    assert!(small.len() < 1_500_000, "{} bytes", small.len());
    assert!(small.contains("attempts are not in this page (every attempt is in the table"));
    let rows = part(&small, "data-rows").unwrap();
    assert_eq!(rows["runs"][1]["samples"].as_array().unwrap().len(), 600);
    // The same samples can be read in either run, but for a few.
    let kept = |run: u64| -> Vec<u64> {
        let chunks = rows["chunks"].as_array().unwrap().iter().filter(|chunk| chunk["run"] == run);
        let spans =
            chunks.flat_map(|chunk| chunk["rows"].as_array().unwrap().chunks(2).map(<[Value]>::to_vec).collect::<Vec<_>>());
        spans.flat_map(|span| span[0].as_u64().unwrap()..span[0].as_u64().unwrap() + span[1].as_u64().unwrap()).collect()
    };
    let (first, second) = (kept(0), kept(1));
    assert!(first.len() > 50 && second.len() > 50, "{} {}", first.len(), second.len());
    let shared = first.iter().filter(|row| second.contains(row)).count();
    assert!(shared * 10 >= first.len().min(second.len()) * 9, "{shared} of {} and {}", first.len(), second.len());
    let whole = page(&runs, &PageOptions { bytes: Some(20_000_000), ..PageOptions::default() }).unwrap();
    assert!(!whole.contains("To keep the file small"));
}

#[test]
fn a_withheld_score_is_no_number() {
    let views = mixed();
    let rows: Vec<AttemptRow> = views.iter().map(AttemptRow::from).collect();
    let failed = FailedReference { sample_id: "1".into(), outcome: Outcome::Incorrect, explanation: "it raised".into() };
    let truth = GroundTruth { samples: 2, checked: 2, without_reference: 0, failing: vec![failed] };
    let summary = summarise_rows(&run(21), &rows, &pass_at_1(&views), Some(&truth));
    let html = page(&[ReportRun { summary, plots: Vec::new(), samples: views }], &PageOptions::default()).unwrap();
    assert!(html.contains("The score is withheld: 1 of 2 reference solutions") && html.contains(">withheld<"));
    assert!(html.contains("class=\"serious\""));
    assert!(!body(&html).contains("27.8%<") && !html.contains("5&#x2f;18"));
}

#[test]
fn the_same_runs_give_the_same_page_and_none_give_a_page() {
    assert_eq!(rendered(mixed()), rendered(mixed()));
    let html = page(&[], &PageOptions::default()).unwrap();
    assert!(html.contains("No runs.") && html.trim_end().ends_with("</html>"));
}

#[test]
fn several_runs_have_an_overview_and_a_comparison() {
    let mut other = report(Vec::new());
    other.summary.run.plan.model = "other/model".into();
    other.summary.run.id = "other".into();
    let html = page(&[report(mixed()), other], &PageOptions::default()).unwrap();
    for text in ["id=\"overview\"", "href=\"#run1\"", "id=\"run1\"", "no figures yet", "id=\"comparison\"", "aria-sort"] {
        assert!(html.contains(text), "{text}");
    }
    let empty = page(&[report(Vec::new())], &PageOptions::default()).unwrap();
    assert!(empty.contains("No attempt is stored yet.") && !empty.contains("id=\"overview\""));
}

#[test]
fn figures_by_subset_fold_and_plots_are_data() {
    let views = vec![view("a", Outcome::Correct, "?", "!"), view("b", Outcome::Incorrect, "?", "!")];
    let mut run = report(views);
    let whole = run.summary.metrics[0].clone();
    for i in 0..60 {
        run.summary.metrics.push(ScoredMetric { stratum: Some(format!("part {i}")), headline: false, ..whole.clone() });
    }
    let map =
        HeatMap { rows: vec!["r <1>".into()], columns: vec!["c".into()], values: vec![vec![Some(0.5)]], ..HeatMap::default() };
    run.plots.push(Plot { title: "Map".into(), caption: "Rows < columns.".into(), figure: Figure::HeatMap(map) });
    let html = page(&[run.clone()], &PageOptions::default()).unwrap();
    assert!(html.contains("60, 60 by subset") && html.contains("part 59") && html.contains("Rows &lt; columns."));
    let plots = part(&html, "data-plots").unwrap();
    let titles: Vec<&str> = plots.as_array().unwrap().iter().map(|plot| plot["title"].as_str().unwrap()).collect();
    assert!(
        ["Map", "pass@1 by subset", "Outcomes", "Tokens of an answer", "Time for an answer"].iter().all(|t| titles.contains(t))
    );
    let style = proctor_reports::terminal::TerminalStyle { width: None, colour: false };
    let text = proctor_reports::terminal::summaries(&[run.summary], style);
    assert!(text.contains("part 23") && !text.contains("part 24") && text.contains("36 more figures"), "{text}");
}

#[test]
fn plots_use_the_pages_colours_and_have_their_figures_behind_them() {
    let bins = vec![Bin { low: 0.0, high: 100.0, share: 0.4 }, Bin { low: 100.0, high: 200.0, share: 0.6 }];
    let marks = vec![Mark { name: "model & co".into(), value: 120.0, interval: Some((90.0, 150.0)) }];
    let figure = Figure::Distribution(Distribution { value_title: "rating".into(), population: "people".into(), bins, marks });
    let view = of_benchmark(&Plot { title: "Rating".into(), caption: "Where.".into(), figure });
    assert!(view.svg.starts_with("<svg") && view.svg.ends_with("</svg>") && view.svg.contains("model &amp; co"));
    assert!(view.svg.contains("var(--accent)") && view.svg.contains("interval 90 to 150"));
    assert!(!view.svg.contains("=\"#"), "a colour of its own: {}", view.svg);
    assert_eq!(view.rows[0], ["model & co", "90", "150", "120"]);
    let nothing = of_benchmark(&Plot { title: "t".into(), caption: "c".into(), figure: Figure::HeatMap(HeatMap::default()) });
    assert!(nothing.svg.ends_with("</svg>") && nothing.rows.is_empty());
    let row = |name: &str, n: usize| OutcomeRow { name: name.into(), counts: vec![(Some(Outcome::Correct), n), (None, 1)] };
    let bars = outcomes("Outcomes", "All.", "model", &[row("a", 3), row("b", 0)]);
    assert!(bars.svg.contains("a: 3 correct of 4 (75.0%)") && bars.svg.contains("b: 1 not graded of 1 (100.0%)"));
    let spread = Spread::of((1..=100).map(f64::from)).unwrap();
    assert_eq!((spread.percentiles, spread.most, spread.n), ([5.0, 25.0, 50.0, 75.0, 95.0], 100.0, 100));
    assert_eq!(Spread::of([0.0, -1.0, f64::NAN]), None);
}
