//! Every case of the vectors beside the checkout, exactly.

use super::support;

use proctor_tmgbench::{
    Cells, Figure, GameId, Response, Responses, Rule, Solution, all_right, bias, inconsistency, nested_right, over_grid,
    parse_answer, rule_of_value, significance, solve, spread,
};
use serde_json::Value;
use std::collections::HashMap;

#[test]
fn every_case() {
    let Some(text) = support::shared_text("metric_vectors.json") else { return };
    let vectors: Value = serde_json::from_str(&text).expect("JSON");
    let cases = vectors["cases"].as_array().expect("cases");
    for case in cases {
        match case["kind"].as_str().expect("a kind") {
            "atomic" => atomic(case),
            "story" => story(case),
            "sequential" | "parallel" => several(case),
            "nested" => nested(case),
            "nested_gold" => nested_gold(case),
            "parse" => parse(case),
            "worked_example" => worked_example(case),
            other => panic!("unknown kind {other}"),
        }
        println!("{} {}: equal", case["kind"], case["name"]);
    }
    assert!(!cases.is_empty());
}

fn response(value: &Value) -> Response {
    value.as_str().map(|codes| Cells::of_codes(codes).expect("codes"))
}

fn game(value: &Value) -> GameId {
    GameId::parse(value.as_str().expect("a game")).expect("an id")
}

fn responses(value: &Value) -> Responses {
    let games = value.as_object().expect("games").iter();
    games
        .map(|(id, all)| (GameId::parse(id).expect("an id"), all.as_array().expect("a list").iter().map(response).collect()))
        .collect()
}

/// A figure by the name that the vectors use, e.g. `PAR_0`.
fn by_name(name: &str, responses: &Responses) -> Option<f64> {
    let (figure, class) = match name.rsplit_once('_') {
        Some((figure, class)) if class.parse::<usize>().is_ok() => (figure, class.parse().ok()),
        _ => (name, None),
    };
    let figure =
        Figure::ALL.into_iter().find(|known| known.as_str() == figure).unwrap_or_else(|| panic!("unknown figure {name}"));
    over_grid(figure, class, responses)
}

/// A number: `[fraction, decimal]`, or a decimal with ten digits, or nothing.
fn check(name: &str, value: Option<f64>, expected: &Value) {
    let (wanted, precision) = match expected {
        Value::Array(pair) => {
            let fraction = pair[0].as_str().expect("a fraction");
            let (above, below) = fraction.split_once('/').unwrap_or((fraction, "1"));
            (Some(above.parse::<f64>().expect("a number") / below.parse::<f64>().expect("a number")), 1e-12)
        }
        Value::Null => (None, 0.0),
        number => (Some(number.as_f64().expect("a number")), 1e-9),
    };
    match (value, wanted) {
        (Some(value), Some(wanted)) => assert!((value - wanted).abs() <= precision, "{name}: {value} is not {wanted}"),
        (value, wanted) => assert_eq!(value, wanted, "{name}"),
    }
}

fn atomic(case: &Value) {
    let responses = responses(&case["responses"]);
    for (name, expected) in case["expected"].as_object().expect("figures") {
        check(&format!("{} {name}", case["name"]), by_name(name, &responses), expected);
    }
}

fn story(case: &Value) {
    let grids: Vec<Responses> = case["responses"].as_array().expect("grids").iter().map(responses).collect();
    for (name, expected) in case["expected"].as_object().expect("figures") {
        let values: Vec<f64> = grids.iter().filter_map(|grid| by_name(name, grid)).collect();
        let spread = spread(&values).expect("values");
        check(name, Some(spread.mean), &expected["mean"]);
        check(name, Some(spread.deviation), &expected["sd"]);
        check(name, spread.variation, &expected["cv"]);
    }
}

fn check_tasks(case: &Value, right: impl Fn(&Value) -> bool) {
    let tasks = case["tasks"].as_array().expect("tasks");
    let found: Vec<bool> = tasks.iter().map(right).collect();
    let expected: Vec<bool> =
        case["expected"]["correct"].as_array().expect("a list").iter().map(|right| right.as_bool().unwrap()).collect();
    assert_eq!(found, expected, "{}", case["name"]);
    let accuracy = found.iter().filter(|right| **right).count() as f64 / found.len() as f64;
    check("accuracy", Some(accuracy), &case["expected"]["accuracy"]);
}

fn several(case: &Value) {
    check_tasks(case, |task| {
        let games: Vec<GameId> = task["games"].as_array().expect("games").iter().map(game).collect();
        let answers: Option<Vec<Response>> = task["answers"].as_array().map(|answers| answers.iter().map(response).collect());
        all_right(&games, answers.as_deref())
    });
}

fn solution(item: &Value) -> Option<Solution> {
    let rules: Vec<Rule> =
        item["rules"].as_array().expect("rules").iter().map(|rule| rule_of_value(rule).expect("a rule")).collect();
    solve(&game(&item["pre"]).game(), &game(&item["core"]).game(), &rules)
}

fn nested(case: &Value) {
    check_tasks(case, |task| {
        nested_right(solution(task).as_ref(), response(&task["answer"]["pre"]), response(&task["answer"]["core"]))
    });
}

fn nested_gold(case: &Value) {
    for item in case["items"].as_array().expect("items") {
        let gold = &item["gold"];
        let reason = gold["reason"].as_str().expect("a reason");
        let Some(solution) = solution(item) else {
            assert_eq!((reason, gold["valid"].as_bool()), ("core_subgame_not_unique", Some(false)), "{item}");
            continue;
        };
        assert_eq!(solution.rejection.map_or("", |rejection| rejection.as_str()), reason, "{item}");
        assert_eq!(Some(solution.rejection.is_none()), gold["valid"].as_bool(), "{item}");
        let parts = [
            ("pre", solution.pre),
            ("core", solution.core),
            ("myopic_pre", solution.myopic_pre),
            ("myopic_core", solution.myopic_core),
        ];
        for (name, cells) in parts {
            assert_eq!(Some(cells.codes().as_str()), gold[name].as_str(), "{name} of {item}");
        }
        for (after, end) in gold["subgame"].as_object().expect("a table") {
            let after: usize = after.parse().expect("a code");
            assert_eq!(Some(solution.subgame[after - 1].code().to_string().as_str()), end.as_str(), "{item}");
        }
    }
}

fn parse(case: &Value) {
    for item in case["items"].as_array().expect("items") {
        assert_eq!(parse_answer(item["text"].as_str().expect("a text")), response(&item["expected"]), "{item}");
    }
}

/// Toy positions `(i,j)` whose sister is `(j,i)`.
fn worked_example(case: &Value) {
    let frequencies: HashMap<&str, [f64; 4]> = case["freqs"]
        .as_object()
        .expect("positions")
        .iter()
        .map(|(position, values)| {
            let values: Vec<f64> =
                values.as_array().expect("a list").iter().map(|value| value.as_f64().expect("a number")).collect();
            (position.as_str(), values.try_into().expect("four numbers"))
        })
        .collect();
    let gold = |position: &str| response(&case["gold"][position]).expect("codes");
    let sister = |position: &str| -> String {
        let (i, j) = position.trim_matches(['(', ')']).split_once(',').expect("a position");
        format!("({j},{i})")
    };
    for (name, expected) in case["expected"].as_object().expect("figures") {
        let value = match name.split_once('(') {
            Some((figure, position)) => {
                let position = format!("({position}");
                let own = &frequencies[position.as_str()];
                match figure {
                    "ID" => inconsistency(own, gold(&position)),
                    "BD" => bias(own, &frequencies[sister(&position).as_str()]),
                    // Each toy answer names one outcome, so the share that is right is that of the right outcome.
                    "PAR" => own[gold(&position).only().expect("one outcome").index()],
                    other => panic!("unknown figure {other}"),
                }
            }
            None => {
                let signs = case["S"].as_object().expect("signs");
                let values = signs
                    .iter()
                    .map(|(position, sign)| significance(&frequencies[position.as_str()], sign.as_f64().expect("a sign")));
                values.sum::<f64>() / signs.len() as f64
            }
        };
        check(name, Some(value), expected);
    }
}
