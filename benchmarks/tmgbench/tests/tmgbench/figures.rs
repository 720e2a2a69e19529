//! Baselines, identities and the rows made of graded attempts.

use super::support::{grade, open, samples};
use proctor_core::{AnswerForm, Attempt, GradedAttempt, Metric, Outcome, Usage};
use proctor_tmgbench::{Cells, Figure, GameId, Responses, heat_map, heat_map_csv, heat_map_text, over_grid, plot};

fn everywhere(cells: Option<Cells>) -> Responses {
    GameId::all().map(|game| (game, vec![cells; 4])).collect()
}

fn percent(responses: &Responses, figure: Figure, class: Option<usize>) -> f64 {
    over_grid(figure, class, responses).expect("a whole grid") * 100.0
}

/// Spec section 5.2.
#[test]
fn constant_answers() {
    let check = |codes: &str, expected: [f64; 6]| {
        let responses = everywhere(Cells::of_codes(codes));
        let found = [
            percent(&responses, Figure::Par, None),
            percent(&responses, Figure::Par, Some(0)),
            percent(&responses, Figure::Par, Some(1)),
            percent(&responses, Figure::Par, Some(2)),
            percent(&responses, Figure::Id, None),
            percent(&responses, Figure::Bd, None),
        ];
        assert!(found.iter().zip(&expected).all(|(found, expected)| (found - expected).abs() < 1e-9), "{codes}: {found:?}");
    };
    check("", [12.5, 100.0, 0.0, 0.0, 25.0, 0.0]);
    for codes in ["2", "3"] {
        check(codes, [18.75, 0.0, 25.0, 0.0, 37.5, 0.0]);
    }
    for codes in ["1", "4"] {
        check(codes, [18.75, 0.0, 25.0, 0.0, 37.5, 50.0]);
    }
    for codes in ["14", "23"] {
        check(codes, [6.25, 0.0, 0.0, 50.0, 50.0, 0.0]);
    }
    check("1234", [0.0, 0.0, 0.0, 0.0, 75.0, 0.0]);
}

#[test]
fn gold_and_nothing() {
    let gold: Responses = GameId::all().map(|game| (game, vec![Some(game.gold())])).collect();
    let zero = [Figure::Id, Figure::Bd, Figure::Sd, Figure::InvalidRate];
    assert_eq!(over_grid(Figure::Par, None, &gold), Some(1.0));
    assert!(zero.into_iter().all(|figure| over_grid(figure, None, &gold) == Some(0.0)));
    let nothing = everywhere(None);
    assert_eq!(over_grid(Figure::Par, Some(0), &nothing), Some(0.0));
    assert_eq!(over_grid(Figure::Id, None, &nothing), Some(0.25));
    assert_eq!(over_grid(Figure::InvalidRate, None, &nothing), Some(1.0));
}

#[test]
fn incomplete_grids_have_no_score() {
    let mut responses = everywhere(Some(Cells::NONE));
    let missing = GameId::parse("111").expect("an id");
    responses.remove(&missing);
    assert_eq!(over_grid(Figure::Par, None, &responses), None);
    assert_eq!(over_grid(Figure::Par, Some(1), &responses), None);
    assert_eq!(over_grid(Figure::Par, Some(0), &responses), Some(1.0));
    assert_eq!(over_grid(Figure::Sd, None, &responses), Some(0.0));
    let sister = GameId::parse("112").expect("an id");
    let mut responses = everywhere(Some(Cells::NONE));
    responses.insert(sister, Vec::new());
    assert_eq!(proctor_tmgbench::at_game(Figure::Bd, sister.sister(), &responses), None);
}

fn graded(variant: &str, count: usize, answer: impl Fn(GameId) -> String) -> (Vec<GradedAttempt>, Vec<Metric>) {
    let benchmark = open(variant, "");
    let attempts = samples(&*benchmark).into_iter().take(count).map(|sample| {
        let id = sample.target["game"].as_str().and_then(GameId::parse).expect("a game");
        let grade = grade(&*benchmark, &sample, &Attempt::imported(answer(id), AnswerForm::Chat));
        GradedAttempt {
            sample_id: sample.id,
            group: sample.group,
            strata: sample.strata,
            epoch: 0,
            outcome: grade.outcome,
            scores: grade.scores,
            category: grade.category,
            extracted: grade.extracted,
            usage: Usage::default(),
            latency_s: 0.0,
        }
    });
    let attempts: Vec<GradedAttempt> = attempts.collect();
    let metrics = benchmark.metrics(&attempts);
    // One by one they come to the same.
    let mut figures = benchmark.figures();
    attempts.iter().for_each(|attempt| figures.add(attempt));
    assert_eq!(figures.plots(), benchmark.plots(&attempts));
    let mut one_by_one = Vec::new();
    figures.finish(&mut |metric| one_by_one.push(metric));
    assert_eq!(one_by_one, metrics);
    (attempts, metrics)
}

fn value(metrics: &[Metric], name: &str) -> f64 {
    metrics.iter().find(|metric| metric.name == name).unwrap_or_else(|| panic!("there is no {name}")).value
}

#[test]
fn rows_of_a_whole_grid() {
    let (_, metrics) = graded("", 144, |_| "answer = [(\"A1\", \"B1\")]".into());
    for (name, expected) in
        [("PAR", 0.1875), ("PAR_1", 0.25), ("ID", 0.375), ("BD", 0.5), ("SD", 0.0), ("invalid_rate", 0.0), ("PAR robust", 0.1875)]
    {
        assert!((value(&metrics, name) - expected).abs() < 1e-12, "{name}");
    }
    assert!((value(&metrics, "AntiID") - (1.0 - 0.375f64.sqrt())).abs() < 1e-12);
    let headlines: Vec<&Metric> = metrics.iter().filter(|metric| metric.headline).collect();
    assert_eq!(headlines.len(), 1);
    assert_eq!(headlines[0].name, "PAR");
    assert!(headlines[0].note.as_deref().is_some_and(|note| note.contains("--epochs 4")));
    let groups: std::collections::BTreeSet<&str> = headlines[0].points.iter().map(|point| point.group.as_str()).collect();
    assert_eq!(groups.len(), 78);
}

#[test]
fn rows_of_a_part() {
    let (_, metrics) = graded("", 20, |game| format!("answer = {}", game.gold()));
    assert_eq!(metrics[0].name, "partial PAR");
    assert!(metrics[0].headline && metrics[0].value == 1.0);
    assert!(metrics[0].note.as_deref().is_some_and(|note| note.starts_with("20 of 144 games")));
    assert!(!metrics.iter().any(|metric| ["PAR", "BD", "PAR robust", "invalid_rate"].contains(&metric.name.as_str())));
    assert!(open("", "").metrics(&[]).is_empty());
}

#[test]
fn rows_of_stories() {
    let (_, metrics) =
        graded("story", 720, |game| if game.gold().len() == 1 { format!("answer = {}", game.gold()) } else { "hm".into() });
    assert!((value(&metrics, "PAR") - 0.75).abs() < 1e-12);
    assert!((value(&metrics, "invalid_rate") - 0.25).abs() < 1e-12);
    let note = metrics[0].note.clone().expect("a note");
    assert!(note.starts_with("over 5 stories: SD 0.0000, CV 0.0000") && note.contains("story-lite"), "{note}");
    let (_, metrics) = graded("story", 144, |game| format!("answer = {}", game.gold()));
    assert_eq!((metrics[0].name.as_str(), metrics[0].value), ("PAR", 1.0));
    assert!(metrics[0].note.as_deref().is_some_and(|note| note.starts_with("1 of 5 stories")));
}

/// Right in the first two stories, silent in the others: the mean of (1, 1, 0, 0, 0) and its deviation.
#[test]
fn stories_that_differ() {
    let count = std::cell::Cell::new(0);
    let (_, metrics) = graded("story", 720, |game| {
        count.set(count.get() + 1);
        if count.get() <= 288 { format!("answer = {}", game.gold()) } else { String::new() }
    });
    for (name, expected) in [("PAR", 0.4), ("PAR deviation", 0.24f64.sqrt()), ("PAR variation", 0.24f64.sqrt() / 0.4)] {
        assert!((value(&metrics, name) - expected).abs() < 1e-12, "{name}");
    }
    let deviation = metrics.iter().find(|metric| metric.name == "PAR deviation").expect("a row");
    assert!(
        deviation.interval.as_ref().is_some_and(|interval| interval.low <= deviation.value && deviation.value <= interval.high)
    );
}

#[test]
fn map_of_the_grid() {
    let (attempts, _) = graded("", 144, |_| "answer = [(\"A1\", \"B1\")]".into());
    let squares = heat_map(&attempts).expect("a map");
    assert_eq!(squares.len(), 144);
    assert_eq!((squares[0].place, squares[143].place), ((1, 1), (12, 12)));
    let dilemma = squares.iter().find(|square| square.game.to_string() == "111").expect("a game");
    assert_eq!((dilemma.place, dilemma.excess), ((10, 3), Some([1.0, 0.0, -1.0, 0.0])));
    let text = heat_map_text(&attempts).expect("a text");
    assert_eq!(text.lines().count(), 25);
    assert!(text.chars().all(|sign| "*=.+-| \n".contains(sign)), "{text}");
    let csv = heat_map_csv(&attempts).expect("a table");
    assert_eq!(csv.lines().count(), 145);
    assert!(csv.contains("\n111,10,3,1,0,-1,0\n"), "{csv}");
    let proctor_core::Figure::HeatMap(map) = plot(&attempts).expect("a picture").figure else { panic!("no heat map") };
    assert_eq!((map.values.len(), map.block, map.gap_every), (24, 2, 6));
    assert!(map.values.iter().all(|row| row.len() == 24));
    assert_eq!((map.values[18][4], map.values[18][5], map.values[19][4]), (Some(1.0), Some(0.0), Some(-1.0)));
    assert!(map.names[18][4].contains("111") && map.names[18][4].contains("Prisoner"), "{}", map.names[18][4]);
    let (few, _) = graded("", 1, |_| String::new());
    assert_eq!(heat_map(&few).expect("a map").iter().filter(|square| square.excess.is_some()).count(), 1);
    assert!(plot(&[]).is_none() && heat_map_text(&[]).is_none() && heat_map_csv(&[]).is_none());
}

#[test]
fn answers_cut_or_withheld_do_not_count_as_read() {
    let (mut attempts, _) = graded("", 144, |game| format!("answer = {}", game.gold()));
    for attempt in &mut attempts {
        attempt.outcome = Outcome::Truncated;
    }
    let metrics = open("", "").metrics(&attempts);
    assert_eq!((value(&metrics, "PAR"), value(&metrics, "invalid_rate")), (0.0, 1.0));
    for attempt in &mut attempts {
        attempt.outcome = Outcome::InfraError;
    }
    assert!(open("", "").metrics(&attempts).is_empty());
}
