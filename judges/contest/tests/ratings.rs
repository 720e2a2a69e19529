//! Ratings: upstream's vectors, and contests whose result is known by hand.
#![allow(clippy::print_stderr)]

use proctor_contest::{Contest, People, RatingMode, Refusal, Tries, Verdicts, expected_rating, rate};
use serde_json::{Value, json};
use std::path::PathBuf;

fn data(name: &str) -> Option<Value> {
    let path =
        PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../../../shared/data").join(name);
    let Ok(bytes) = std::fs::read(&path) else {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    };
    Some(serde_json::from_slice(&bytes).unwrap())
}

fn verdicts(value: &Value) -> Verdicts {
    serde_json::from_value(value.clone()).unwrap()
}

#[test]
fn every_vector_of_upstreams_ratings() {
    let Some(vectors) = data("codeelo/rating_vectors.json") else { return };
    let people = data("codeelo/sorted_ratings_histogram.json").and_then(|value| People::parse(&value)).unwrap();
    for vector in vectors["percentile_vectors"].as_array().unwrap() {
        assert_eq!(people.percentile(vector["rating"].as_f64().unwrap()), vector["percentile"].as_f64().unwrap(), "{vector}");
    }
    for (rating, percentile) in
        [(1578.0, 89.2), (1261.0, 63.6), (1200.0, 58.6), (1400.0, 77.2), (1600.0, 89.8), (1900.0, 96.8), (2400.0, 99.7)]
    {
        assert_eq!(people.percentile(rating), percentile, "{rating}");
    }
    for case in vectors["cases"].as_array().unwrap() {
        let (id, expected) = (&case["id"], &case["expected"]);
        let contest = Contest::parse(case).unwrap();
        match rate(&contest, &verdicts(&case["problem_status"]), RatingMode::Official) {
            Err(_) => assert!(expected["rating"].is_null(), "{id}"),
            Ok(rated) => {
                assert_eq!(Some(rated.score), expected["score"].as_f64(), "{id}");
                assert_eq!(Some(rated.penalty), expected["penalty"].as_f64(), "{id}");
                assert_eq!(Some(rated.rank as u64), expected["rank"].as_u64(), "{id}");
                assert_eq!(Some(rated.rating), expected["rating"].as_i64(), "{id}");
                assert_eq!(Some(people.percentile(rated.rating as f64)), expected["percentile"].as_f64(), "{id}");
            }
        }
    }
}

/// A contest of `n` people, all rated 1500; the i-th has n − i points.
fn even(n: usize, points: Option<f64>) -> Value {
    let rows: Vec<Value> = (0..n).map(|i| json!([format!("p{i}"), (n - i) as f64, 0])).collect();
    let changes: Vec<Value> = (0..n).map(|i| json!([format!("p{i}"), 1500])).collect();
    let mut problem = json!({"contestId": 7, "index": "A"});
    if let Some(points) = points {
        problem["points"] = json!(points);
    }
    json!({"contest_id": 7, "standings": {"contest": {"id": 7, "name": "Round (Div. 3)"}, "problems": [problem], "rows": rows},
           "rating_changes": changes})
}

fn check(contest: &Value, status: Value, mode: RatingMode) -> Result<(f64, f64, usize, i64), Refusal> {
    let contest = Contest::parse(contest).unwrap();
    rate(&contest, &verdicts(&status), mode).map(|rated| (rated.score, rated.penalty, rated.rank, rated.rating))
}

#[test]
fn ratings_known_by_hand() {
    let contest = even(201, Some(101.0));
    // 101 points: 201 down to 101 are at least as good, 101 people. The expected place of rating r among 201 people of
    // 1500 is 1 + 201/(1 + 10^((r − 1500)/400)); at least 101 while 10^(…) <= 1.01: r − 1500 <= 1.73.
    assert_eq!(check(&contest, json!({"7A": ["AC"]}), RatingMode::Official), Ok((101.0, 0.0, 101, 1501)));
    // One failure: 51 points, 151 as good; 10^(…) <= 0.34: r − 1500 <= −187.4.
    assert_eq!(check(&contest, json!({"7A": ["WA", "AC"]}), RatingMode::Official), Ok((51.0, 0.0, 151, 1312)));
    // Never below nothing; nothing at all is worse than everyone: 10^(…) <= 1/200, r − 1500 <= −920.4.
    assert_eq!(check(&contest, json!({"7A": ["WA", "RE", "CE", "AC"]}), RatingMode::Official), Ok((0.0, 0.0, 201, 579)));
    assert_eq!(check(&contest, json!({}), RatingMode::Official), Ok((0.0, 0.0, 201, 579)));
    // Without points: solved 1, and everyone with one point and less penalty is before.
    assert_eq!(check(&even(201, None), json!({"7A": ["WA", "AC"]}), RatingMode::Official), Ok((1.0, 10.0, 201, 579)));
    // All better than everyone: capped at the best person and 99.
    assert_eq!(check(&even(201, Some(500.0)), json!({"7A": ["AC"]}), RatingMode::Official), Ok((500.0, 0.0, 0, 1599)));
}

#[test]
fn contests_without_a_rating() {
    let mut contest = even(201, None);
    assert_eq!(check(&even(200, None), json!({}), RatingMode::Official), Err(Refusal::TooFew(200)));
    contest["rating_changes"].as_array_mut().unwrap().push(json!(["nobody", 1500]));
    assert_eq!(check(&contest, json!({}), RatingMode::Official), Err(Refusal::Mismatch { rows: 201, changes: 202 }));
    assert_eq!(check(&contest, json!({}), RatingMode::Corrected), Ok((0.0, 0.0, 201, 579)));
    contest["rating_changes"] = json!({"status": "FAILED", "comment": "contestId: not found"});
    assert_eq!(check(&contest, json!({}), RatingMode::Official), Err(Refusal::NoRatingChanges));
    let mut contest = even(201, None);
    contest["standings"] = json!({"status": "FAILED"});
    assert_eq!(check(&contest, json!({}), RatingMode::Corrected), Err(Refusal::NoStandings));
    contest["standings"] = json!({"problems": [], "rows": [["a"]]});
    assert!(Contest::parse(&contest).unwrap_err().contains("row 1"));
}

#[test]
fn a_problem_of_a_sibling_division() {
    let mut contest = even(201, Some(500.0));
    contest["contest_id"] = json!(8);
    let status = json!({"8A": ["AC"]});
    assert_eq!(check(&contest, status.clone(), RatingMode::Official).unwrap().0, 0.0);
    assert_eq!(check(&contest, status, RatingMode::Corrected).unwrap().0, 500.0);
}

#[test]
fn people_in_every_layout() {
    let list = People::parse(&json!([1, 2, 2, 5])).unwrap();
    for other in [json!({"histogram": [[1, 1], [2, 2], [5, 1]]}), json!({"5": 1, "1": 1, "2": 2})] {
        let other = People::parse(&other).unwrap();
        for (rating, percentile) in [(0.0, 0.0), (1.0, 0.0), (1.5, 25.0), (2.0, 25.0), (2.1, 75.0), (5.0, 75.0), (6.0, 100.0)] {
            assert_eq!(list.percentile(rating), percentile);
            assert_eq!(other.percentile(rating), percentile);
        }
        assert_eq!(other.count(), 4);
    }
    for bad in [json!([]), json!(["a"]), json!({"histogram": [[1]]}), json!({"a": 1}), json!(1)] {
        assert!(People::parse(&bad).is_none(), "{bad}");
    }
}

/// Every order of the attempts, one by one, has the same mean as the distribution of the first success.
#[test]
fn the_mean_over_all_orders() {
    let mut value = even(201, Some(500.0));
    value["standings"]["problems"] = json!([
        {"contestId": 7, "index": "A", "points": 90.0},
        {"contestId": 7, "index": "B", "points": 180.0},
        {"contestId": 7, "index": "C"},
    ]);
    let contest = Contest::parse(&value).unwrap();
    let orders = |made: u32, accepted: u32| -> Vec<Vec<String>> {
        let chosen = (0..1u32 << made).filter(|set| set.count_ones() == accepted);
        let word = |set: u32, place: u32| if set >> place & 1 == 1 { "AC" } else { "WA" };
        chosen.map(|set| (0..made).map(|place| word(set, place).to_owned()).collect()).collect()
    };
    let tried = [("7A", 5, 2), ("7B", 4, 1), ("7C", 3, 3)];
    for counted in [2usize, 8] {
        let (mut sum, mut count) = (0.0, 0.0);
        for a in orders(5, 2) {
            for b in orders(4, 1) {
                for c in orders(3, 3) {
                    let cut = |words: &Vec<String>| words.iter().take(counted).cloned().collect();
                    let verdicts: Verdicts =
                        [("7A".into(), cut(&a)), ("7B".into(), cut(&b)), ("7C".into(), cut(&c))].into_iter().collect();
                    sum += rate(&contest, &verdicts, RatingMode::Official).unwrap().rating as f64;
                    count += 1.0;
                }
            }
        }
        let tries = tried.map(|(id, made, accepted)| (id.to_owned(), Tries { made, accepted })).into();
        let mean = expected_rating(&contest, &tries, counted, RatingMode::Official).unwrap().unwrap();
        assert!((mean - sum / count).abs() < 1e-9, "{counted}: {mean} is not {}", sum / count);
    }
}

/// A team's row, which upstream takes for its first member's, is nobody's.
#[test]
fn teams_are_no_people() {
    let mut contest = even(202, None);
    let members = json!([{"handle": "p0"}, {"handle": "p1"}]);
    contest["standings"]["rows"][0] = json!({"party": {"members": members}, "points": 3, "penalty": 0});
    assert_eq!(check(&contest, json!({}), RatingMode::Official).map(|rated| rated.2), Ok(202));
    assert_eq!(check(&contest, json!({}), RatingMode::Corrected).map(|rated| rated.2), Ok(201));
}
