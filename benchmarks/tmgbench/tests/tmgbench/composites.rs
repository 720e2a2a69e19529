//! Grades and rows of composites, and how they are drawn.

use super::support::{grade, open, samples};
use proctor_core::{AnswerForm, Attempt, Grade, GradedAttempt, Outcome, Usage};
use proctor_tmgbench::{GameId, Rule, rule_of_value, solve};
use std::collections::BTreeSet;

fn graded(variant: &str, id: &str, text: &str) -> Grade {
    let benchmark = open(variant, "");
    let sample = samples(&*benchmark).into_iter().find(|sample| sample.id == id).expect("the sample");
    grade(&*benchmark, &sample, &Attempt::imported(text, AnswerForm::Chat))
}

fn gold(variant: &str, id: &str) -> Vec<String> {
    let benchmark = open(variant, "");
    let sample = samples(&*benchmark).into_iter().find(|sample| sample.id == id).expect("the sample");
    let games = sample.target["games"].as_array().expect("games").iter();
    games.map(|game| GameId::parse(game.as_str().unwrap()).unwrap().gold().to_string()).collect()
}

#[test]
fn one_wrong_game_fails_the_composite() {
    let id = "parallel-3-04";
    let gold = gold("parallel", id);
    let write = |answers: &[String]| {
        answers.iter().zip(1..).map(|(answer, number)| format!("answer_{number} = {answer}")).collect::<Vec<_>>().join("\n")
    };
    let check = |answers: &[String], outcome: Outcome, atoms: f64| {
        let grade = graded("parallel", id, &write(answers));
        assert_eq!((grade.outcome, grade.scores["atoms"]), (outcome, atoms), "{}", grade.explanation);
    };
    check(&gold, Outcome::Correct, 1.0);
    let all = "[(\"A1\", \"B1\"), (\"A1\", \"B2\"), (\"A2\", \"B1\"), (\"A2\", \"B2\")]".to_owned();
    let mut wrong = gold.clone();
    wrong[1] = all.clone();
    check(&wrong, Outcome::Incorrect, 2.0 / 3.0);
    wrong[1] = "none".into();
    check(&wrong, Outcome::Incorrect, 2.0 / 3.0);
    check(&gold[..2], Outcome::Incorrect, 2.0 / 3.0);
    check(&[gold.clone(), vec![all]].concat(), Outcome::Incorrect, 1.0);
    let grade = graded("parallel", id, "I give up.");
    assert_eq!((grade.outcome, grade.scores["atoms"]), (Outcome::Unparsed, 0.0));
}

#[test]
fn composites_are_drawn_without_repeating() {
    let mut drawn = BTreeSet::new();
    for (variant, other) in [("sequential", "sequential-dialogue"), ("parallel", "parallel")] {
        let (samples_here, others) = (samples(&*open(variant, "")), samples(&*open(other, "")));
        for (sample, other) in samples_here.iter().zip(&others) {
            let items: Vec<&str> = sample.metadata["items"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
            let distinct: BTreeSet<&&str> = items.iter().collect();
            assert_eq!(distinct.len(), items.len());
            assert_eq!(sample.strata, [format!("{} games", items.len())]);
            assert_eq!(sample.metadata, other.metadata);
            assert!(drawn.insert(items.join(" ")), "{} is drawn twice", sample.id);
        }
    }
    assert_eq!(drawn.len(), 240);
}

#[test]
fn nested_pairs_are_tasks() {
    let mut pairs = BTreeSet::new();
    for sample in samples(&*open("nested", "tasks=300")) {
        let game = |name: &str| GameId::parse(sample.target[name].as_str().unwrap()).unwrap();
        let rules: Vec<Rule> =
            sample.target["rules"].as_array().unwrap().iter().map(|rule| rule_of_value(rule).unwrap()).collect();
        let (pre, core) = (game("pre"), game("core"));
        assert_eq!((pre.gold().len(), core.gold().len(), rules[0].when), (1, 1, pre.gold()));
        let solution = solve(&pre.game(), &core.game(), &rules).expect("settled");
        assert_eq!(solution.rejection, None);
        assert_eq!(solution.core, core.gold());
        assert_ne!(solution.pre, pre.gold());
        pairs.insert(sample.target.to_string());
    }
    assert!(pairs.len() > 290, "{}", pairs.len());
}

/// Spec section 6.1, item 6.
#[test]
fn how_many_nested_pairs_there_are() {
    let single = || GameId::all().filter(|game| game.gold().len() == 1);
    let (mut all, mut valid) = (0, 0);
    for pre in single() {
        for core in single() {
            for (player, forbid) in ["A", "B"].into_iter().flat_map(|player| [(player, 1), (player, 2)]) {
                let rule = serde_json::json!({"when": pre.gold().codes(), "player": player, "forbid": forbid});
                let rule = rule_of_value(&rule).expect("a rule");
                all += 1;
                let Some(solution) = solve(&pre.game(), &core.game(), &[rule]) else { continue };
                if solution.rejection.is_none() {
                    valid += 1;
                    assert_eq!(solution.core, core.gold());
                    assert_ne!(solution.myopic_core, core.gold());
                }
            }
        }
    }
    assert_eq!((all, valid), (46_656, 15_120));
}

#[test]
fn nested_grades() {
    let benchmark = open("nested", "");
    let sample = samples(&*benchmark).remove(0);
    let gold = |name: &str| proctor_tmgbench::Cells::of_codes(sample.target["gold"][name].as_str().unwrap()).unwrap();
    let (pre, core) = (gold("pre"), gold("core"));
    let myopic = GameId::parse(sample.target["pre"].as_str().unwrap()).unwrap().gold();
    let check = |pre: proctor_tmgbench::Cells, outcome: Outcome, scores: [f64; 3]| {
        let text = format!("```python\nanswer_pre = {pre}\nanswer_core = {core}\n```");
        let grade = grade(&*benchmark, &sample, &Attempt::imported(text, AnswerForm::Chat));
        assert_eq!((grade.outcome, ["pre", "core", "myopic"].map(|name| grade.scores[name])), (outcome, scores));
    };
    check(pre, Outcome::Correct, [1.0, 1.0, 0.0]);
    check(myopic, Outcome::Incorrect, [0.0, 1.0, 1.0]);
}

#[test]
fn rows_of_composites() {
    let benchmark = open("sequential", "sizes=3,5 tasks=2");
    let attempts: Vec<GradedAttempt> = samples(&*benchmark)
        .into_iter()
        .enumerate()
        .map(|(place, sample)| {
            let right = place == 0;
            GradedAttempt {
                sample_id: sample.id,
                group: sample.group,
                strata: sample.strata,
                epoch: 0,
                outcome: if right { Outcome::Correct } else { Outcome::Incorrect },
                scores: [("official", f64::from(u8::from(right))), ("robust", 1.0), ("atoms", 0.5)]
                    .map(|(name, value)| (name.to_owned(), value))
                    .into(),
                category: None,
                extracted: None,
                usage: Usage::default(),
                latency_s: 0.0,
            }
        })
        .collect();
    let metrics = benchmark.metrics(&attempts);
    let value = |name: &str, stratum: Option<&str>| {
        metrics.iter().find(|metric| metric.name == name && metric.stratum.as_deref() == stratum).map(|metric| metric.value)
    };
    assert_eq!((metrics[0].name.as_str(), metrics[0].headline), ("AR", true));
    assert_eq!(value("AR", None), Some(0.25));
    assert_eq!((value("AR", Some("3 games")), value("AR", Some("5 games"))), (Some(0.5), Some(0.0)));
    assert_eq!((value("atom accuracy", None), value("AR robust", None)), (Some(0.5), Some(1.0)));
    assert!(benchmark.plots(&attempts).is_empty());
}
