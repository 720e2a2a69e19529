//! The form of the built-in problems; their programs are run by the registry's tests.

use proctor_contests::{contests, problems, refute_items};
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};

fn word<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no text {name} in {}", value["problem_id"]))
}

#[test]
fn every_problem_is_complete() {
    let problems = problems();
    let ids: HashSet<&str> = problems.iter().map(|problem| word(problem, "problem_id")).collect();
    assert!(problems.len() >= 24 && ids.len() == problems.len(), "{} problems, {} ids", problems.len(), ids.len());
    for problem in &problems {
        let id = word(problem, "problem_id");
        assert_eq!(id, format!("{}{}", problem["contest_id"], word(problem, "index")));
        for name in ["title", "description", "input", "output", "div", "checker", "validator", "cpp", "python"] {
            assert!(!word(problem, name).is_empty(), "{id}: {name}");
        }
        assert!((800..=2400).contains(&problem["rating"].as_i64().unwrap()), "{id}");
        assert!(!problem["tags"].as_array().unwrap().is_empty(), "{id}");
        let tests = problem["tests"].as_array().unwrap();
        let inputs: HashSet<&str> = tests.iter().map(|test| word(test, "input")).collect();
        assert!(tests.len() >= 8 && inputs.len() == tests.len(), "{id}: {} tests, {} inputs", tests.len(), inputs.len());
        let example = (problem["examples"][0][0].as_str().unwrap(), problem["examples"][0][1].as_str().unwrap());
        // An interactor's input is not what the program reads.
        if problem.get("interactor").is_none() {
            assert_eq!((word(&tests[0], "input"), word(&tests[0], "output")), example, "{id}");
        }
        let wrong = problem["wrong"].as_array().unwrap();
        assert!(wrong.len() >= 2, "{id}");
        for wrong in wrong {
            // A counterexample among the tests makes sure that the wrong program is rejected.
            assert!(inputs.contains(word(wrong, "counterexample")), "{id}");
            assert!(!word(wrong, "code").is_empty() && !word(wrong, "lang").is_empty(), "{id}");
        }
    }
}

#[test]
fn every_contest_has_several_problems_of_rising_difficulty() {
    let mut by_contest: BTreeMap<i64, Vec<(String, i64)>> = BTreeMap::new();
    for problem in problems() {
        let entry = (word(&problem, "index").to_owned(), problem["rating"].as_i64().unwrap());
        by_contest.entry(problem["contest_id"].as_i64().unwrap()).or_default().push(entry);
    }
    assert!(by_contest.len() >= 6);
    for (id, problems) in &by_contest {
        assert!((4..=6).contains(&problems.len()), "contest {id}: {}", problems.len());
        assert!(problems.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1), "contest {id}: {problems:?}");
    }
    let listed: Vec<usize> =
        contests().iter().map(|contest| contest["standings"]["problems"].as_array().unwrap().len()).collect();
    assert_eq!(listed, by_contest.values().map(Vec::len).collect::<Vec<_>>());
}

#[test]
fn every_wrong_program_with_a_wrong_output_is_an_item() {
    let items = refute_items();
    let problems = problems();
    let compared = problems.iter().filter(|problem| problem["checker"] == "tokens" && problem["interactor"].is_null());
    let wrong = compared.flat_map(|problem| problem["wrong"].as_array().unwrap());
    let wrong = wrong.filter(|wrong| wrong.get("ending").is_none()).count();
    let ids: HashSet<&str> = items.iter().map(|item| word(item, "problem_id")).collect();
    assert!(items.len() == wrong && ids.len() == wrong, "{} items for {wrong} wrong programs", items.len());
    for part in ["C++", "Python"] {
        assert!(items.iter().filter(|item| word(item, "wrong_code_lang").contains(part)).count() >= 20, "{part}");
    }
}

#[test]
fn every_kind_of_jury_has_a_problem() {
    let problems = problems();
    let checked = |word: &str| problems.iter().filter(|problem| problem["checker"] == word).count();
    assert!(checked("testlib") >= 2 && checked("python") >= 1 && checked("float:1e-6") >= 1);
    assert!(problems.iter().any(|problem| problem["interactor"].is_string()));
}
