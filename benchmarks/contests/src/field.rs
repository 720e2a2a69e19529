use crate::problems;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// People in each contest.
const PEOPLE: usize = 240;

/// The contests of the built-in problems, as bundles with standings of an artificial field: `PEOPLE` people with ratings
/// spread evenly from 400 to 2300, each of whom solves what is rated at most 100 above his own rating with a penalty that is
/// the smaller the better he is; every third fails once. Ratings among them are comparable with each other only.
pub fn contests() -> Vec<Value> {
    let mut by_contest: BTreeMap<i64, Vec<Value>> = BTreeMap::new();
    for problem in problems() {
        let id = problem.get("contest_id").and_then(Value::as_i64).unwrap_or_default();
        by_contest.entry(id).or_default().push(problem);
    }
    by_contest.into_iter().map(|(id, problems)| contest(id, &problems)).collect()
}

fn contest(id: i64, problems: &[Value]) -> Value {
    let division = problems.first().and_then(|problem| problem.get("div")).cloned().unwrap_or(Value::Null);
    let rating = |problem: &Value| problem.get("rating").and_then(Value::as_i64).unwrap_or(3500);
    let mut rows: Vec<(i64, i64, String)> = Vec::with_capacity(PEOPLE);
    let mut changes = Vec::with_capacity(PEOPLE);
    for person in 0..PEOPLE {
        let own = 400 + (1900 * person / (PEOPLE - 1)) as i64;
        let solved = problems.iter().filter(|problem| rating(problem) <= own + 100).count() as i64;
        let penalty = match solved {
            0 => 0,
            _ => solved * 30 + (2400 - own) / 50 + if person % 3 == 0 { 10 } else { 0 },
        };
        let handle = format!("person{person}");
        changes.push(json!([handle, own]));
        rows.push((-solved, penalty, handle));
    }
    rows.sort();
    let rows: Vec<Value> = rows.into_iter().map(|(solved, penalty, handle)| json!([handle, -solved, penalty])).collect();
    let listed: Vec<Value> = problems.iter().map(|problem| json!({"contestId": id, "index": problem.get("index")})).collect();
    json!({
        "contest_id": id, "name": format!("Built-in round {id}"), "div": division,
        "standings": {"contest": {"id": id}, "problems": listed, "rows": rows}, "rating_changes": changes,
    })
}
