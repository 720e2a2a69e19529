//! Whole runs: a model and a judge whose answers are known, and the figures that must come of them.

use crate::support::{Model, Panel, all, attempt, open, opening, ready, said, words};
use proctor_core::{Ask, Attempt, Benchmark, GradedAttempt, Judges, Metric, Outcome, Sample, Scale};
use proctor_failsafeqa::Case;

fn graded(benchmark: &dyn Benchmark, sample: &Sample, attempt: &Attempt, judges: &dyn Judges, epoch: u32) -> GradedAttempt {
    let grade = ready(benchmark.grade(sample, attempt, judges)).expect("a grade");
    GradedAttempt {
        sample_id: sample.id.clone(),
        group: sample.group.clone(),
        strata: sample.strata.clone(),
        epoch,
        outcome: grade.outcome,
        scores: grade.scores,
        category: grade.category,
        extracted: grade.extracted,
        usage: attempt.usage(),
        latency_s: 0.0,
    }
}

/// Asks every sample and grades it.
fn run(benchmark: &dyn Benchmark, model: &dyn Ask, window: Option<usize>, judges: &dyn Judges) -> Vec<GradedAttempt> {
    all(benchmark)
        .iter()
        .map(|sample| {
            let attempt = attempt(benchmark, sample, model, window).expect("an attempt");
            graded(benchmark, sample, &attempt, judges, 0)
        })
        .collect()
}

fn find<'a>(metrics: &'a [Metric], name: &str, stratum: Option<&str>) -> &'a Metric {
    let is = |metric: &&Metric| metric.name == name && metric.stratum.as_deref() == stratum;
    let shown = || metrics.iter().map(|metric| format!("{} {:?}", metric.name, metric.stratum)).collect::<Vec<_>>();
    metrics.iter().find(is).unwrap_or_else(|| panic!("{name} {stratum:?} in {:?}", shown()))
}

fn value(metrics: &[Metric], name: &str, stratum: Option<&str>) -> f64 {
    find(metrics, name, stratum).value
}

fn close(ours: f64, wanted: f64) -> bool {
    (ours - wanted).abs() < 1e-9
}

/// A judge that rates an answer by the marker in it.
fn by_marker(_: usize, prompt: &str) -> String {
    let answer = prompt.split("[Assistant's answer]").nth(1).unwrap_or_default();
    let rating = answer.split("marker ").nth(1).and_then(|rest| rest.chars().next()).unwrap_or('x');
    format!("As marked. Rating: [[{rating}]]")
}

#[test]
fn a_run_with_known_right_answers() {
    let benchmark = open(&opening(None, &[])).expect("it opens");
    let samples = all(&*benchmark);
    let records = samples.len() / 7;
    // Every third scan is misread, every second missing filing is made up for; everything else is right.
    let rating = |sample: &Sample| {
        let record: usize = sample.group.parse().expect("a number");
        match sample.id.rsplit('/').next() {
            Some("ocr") if record.is_multiple_of(3) => 2,
            Some("missing_context") if record.is_multiple_of(2) => 1,
            Some("missing_context" | "irrelevant_context") => 4,
            _ => 5,
        }
    };
    let script: Vec<(String, u8)> = samples
        .iter()
        .map(|sample| {
            let sampling = benchmark.sampling(proctor_core::Protocol::Chat);
            let request = benchmark.request(sample, proctor_core::Protocol::Chat, &sampling).expect("a request");
            (words(&request).to_owned(), rating(sample))
        })
        .collect();
    let model = Model::new(None, false, |request| {
        let asked = words(request);
        let (_, rating) = script.iter().find(|(prompt, _)| prompt == asked).expect("a known question");
        said(&format!("Here it is, marker {rating}."))
    });
    let judge = Panel::new(&["judge"], by_marker);
    let grades = run(&*benchmark, &model, None, &judge);
    assert_eq!(model.asked.lock().expect("lock").len(), samples.len());
    let metrics = benchmark.metrics(&grades);

    let (misread, made_up) = (records / 3, records / 2);
    let robustness = 1.0 - misread as f64 / records as f64;
    let missing = 1.0 - made_up as f64 / records as f64;
    let grounding = (missing + 1.0) / 2.0;
    let llmc = 1.25 * robustness * grounding / (0.25 * grounding + robustness);
    let headline = &metrics[0];
    assert_eq!((headline.name.as_str(), headline.headline), ("LLMC_0.5", true));
    assert!(close(headline.value, llmc), "{} is not {llmc}", headline.value);
    let interval = headline.interval.as_ref().expect("an interval");
    assert!(interval.low < llmc && llmc < interval.high, "{interval:?}");
    assert!(close(value(&metrics, "Robustness", None), robustness));
    assert!(close(value(&metrics, "Context Grounding", None), grounding));
    assert_eq!(find(&metrics, "Context Grounding", None).points.len(), 2 * records);
    assert!(close(value(&metrics, "Compliance", Some("ocr")), robustness));
    assert!(close(value(&metrics, "Compliance", Some("missing_context")), missing));
    assert!(close(value(&metrics, "Compliance", Some("baseline")), 1.0));
    assert!(close(value(&metrics, "Compliance less baseline", Some("ocr")), robustness - 1.0));
    assert_eq!(find(&metrics, "Compliance less baseline", Some("ocr")).scale, Scale::Plain);
    assert!(close(value(&metrics, "Robustness less baseline", None), robustness - 1.0));
    assert!(close(value(&metrics, "rated 2", Some("cases to answer")), misread as f64 / (5 * records) as f64));
    assert!(close(value(&metrics, "rated 1", Some("cases to decline")), made_up as f64 / (2 * records) as f64));
    for name in ["judge unparsed", "answers truncated", "context overflow"] {
        assert!(close(value(&metrics, name, None), 0.0), "{name}");
    }
    for task in ["QA", "TG"] {
        find(&metrics, "Robustness", Some(task));
        find(&metrics, "Context Grounding", Some(task));
    }
    let note = headline.note.as_deref().expect("a note");
    assert!(!note.contains("not comparable"), "{note}");
    assert_eq!(metrics.iter().filter(|metric| metric.headline).count(), 1);
    // The same grades in another order come to the same.
    let mut turned = grades.clone();
    turned.reverse();
    let again = benchmark.metrics(&turned);
    assert!(close(again[0].value, llmc) && again[0].interval == headline.interval);
}

#[test]
fn parts_of_records_infrastructure_and_options_are_told() {
    let benchmark = open(&opening(None, &[("beta", "0.25"), ("threshold", "5"), ("overflow", "cut")])).expect("it opens");
    let model = Model::new(Some(4_000), true, |_| said("marker 4"));
    let judge = Panel::new(&["judge"], by_marker);
    let mut grades = run(&*benchmark, &model, Some(4_000), &judge);
    grades.truncate(19);
    grades[3].outcome = Outcome::InfraError;
    let metrics = benchmark.metrics(&grades);
    assert_eq!(metrics[0].name, "LLMC_0.25");
    assert!(close(metrics[0].value, 0.0));
    let note = metrics[0].note.as_deref().expect("a note");
    for wanted in [
        "not comparable",
        "a rating of 5 and above",
        "2 of 3 records lack some",
        "out_of_domain 2",
        "filings are cut",
        "of their characters",
    ] {
        assert!(note.contains(wanted), "`{wanted}` in {note}");
    }
    assert!(value(&metrics, "context cut", None) > 0.5);
    assert!(find(&metrics, "Context Grounding", None).points.is_empty(), "no mean over points: the two counts differ");
    assert!(benchmark.metrics(&[]).is_empty());
    assert!(benchmark.metrics(&grades[3..4]).is_empty(), "nothing was learned");
}

#[test]
fn several_attempts_at_a_record_are_one_cluster() {
    let benchmark = open(&opening(None, &[])).expect("it opens");
    let judge = Panel::new(&["judge"], by_marker);
    let samples = all(&*benchmark);
    let mut grades = Vec::new();
    for (epoch, marker) in [(0, "marker 5"), (1, "marker 1")] {
        let answer = Attempt::imported(marker, proctor_core::AnswerForm::Chat);
        grades.extend(samples.iter().map(|sample| graded(&*benchmark, sample, &answer, &judge, epoch)));
    }
    let metrics = benchmark.metrics(&grades);
    assert!(close(value(&metrics, "Robustness", None), 0.5));
    assert_eq!(metrics[0].interval, None, "records do not differ, so nothing is known of their spread");
}

#[test]
fn a_panel_is_measured_for_agreement() {
    let benchmark = open(&opening(None, &[])).expect("it opens");
    let samples = all(&*benchmark);
    // The first two judges agree; the third says the opposite for every second record.
    let panel = Panel::new(&["a/first", "b/second", "c/third"], |index, prompt| {
        let known = prompt.contains("marker 5");
        let high = if index == 2 { !known } else { known };
        format!("[[{}]]", if high { 5 } else { 1 })
    });
    let grades: Vec<GradedAttempt> = samples
        .iter()
        .map(|sample| {
            let odd = sample.group.parse::<usize>().expect("a number") % 2 == 1;
            let answer = if odd { "marker 5" } else { "marker 1" };
            graded(&*benchmark, sample, &Attempt::imported(answer, proctor_core::AnswerForm::Chat), &panel, 0)
        })
        .collect();
    let metrics = benchmark.metrics(&grades);
    // α by hand for N units rated (5,5,1) or (1,1,5), half each: each value is given n/2 times of n = 3N, 2 of the 3
    // pairs of each unit disagree, so D_o = 2/3 and D_e = (n/2)²·2/(n(n−1)).
    let n = 3.0 * samples.len() as f64;
    let alpha = 1.0 - (2.0 / 3.0) / ((n / 2.0) * (n / 2.0) * 2.0 / (n * (n - 1.0)));
    for stratum in ["compliant or not, nominal", "ratings, ordinal", "ratings, interval"] {
        let metric = find(&metrics, "Krippendorff's α", Some(stratum));
        assert!(close(metric.value, alpha), "{stratum}: {} is not {alpha}", metric.value);
        assert_eq!(metric.scale, Scale::Plain);
    }
    assert!(close(value(&metrics, "LLMC_0.5", Some("a/first")), value(&metrics, "LLMC_0.5", None)));
    assert!(close(value(&metrics, "LLMC_0.5", Some("c/third")), 0.5));
    assert!(close(value(&metrics, "judge unparsed", Some("b/second")), 0.0));
}

#[test]
fn a_member_that_never_rates_is_told() {
    let benchmark = open(&opening(None, &[])).expect("it opens");
    let panel = Panel::new(&["a/first", "b/mute"], |index, _| if index == 0 { "[[5]]" } else { "well" }.into());
    let answer = Attempt::imported("An answer.", proctor_core::AnswerForm::Chat);
    let grades: Vec<_> = all(&*benchmark).iter().map(|sample| graded(&*benchmark, sample, &answer, &panel, 0)).collect();
    let metrics = benchmark.metrics(&grades);
    assert!(close(value(&metrics, "judge unparsed", None), 0.0));
    assert!(close(value(&metrics, "judge unparsed", Some("a/first")), 0.0));
    assert!(close(value(&metrics, "judge unparsed", Some("b/mute")), 1.0));
    assert!(close(value(&metrics, "LLMC_0.5", Some("b/mute")), 0.0));
    assert!(!metrics.iter().any(|metric| metric.name == "Krippendorff's α"), "one judge's ratings compare with nothing");
}

#[test]
fn cases_have_names_and_places() {
    for (place, case) in Case::ALL.into_iter().enumerate() {
        assert_eq!((case.index(), Case::parse(case.id())), (place, Some(case)));
    }
    assert_eq!(Case::ALL.into_iter().filter(|case| case.must_decline()).count(), 2);
}
