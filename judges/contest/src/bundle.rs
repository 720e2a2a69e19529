//! What a contest's rating is computed from: standings, rating changes, the verdicts of a model.

use serde_json::Value;

/// One problem of a contest's standings.
#[derive(Debug, Clone, PartialEq)]
pub struct ContestProblem {
    /// The contest that the problem object names; in rounds with two divisions it may be the other one.
    pub contest_id: String,
    /// `A`, `E1` …
    pub index: String,
    /// Full points, where the contest has points.
    pub points: Option<f64>,
}

impl ContestProblem {
    /// The key of its verdicts: contest and index.
    pub fn key(&self) -> String {
        format!("{}{}", self.contest_id, self.index)
    }
}

/// One person's (or team's) row.
#[derive(Debug, Clone, PartialEq)]
pub struct StandingsRow {
    /// The first member's handle.
    pub handle: String,
    /// How many members the party has; 1 where that is not told.
    pub members: usize,
    /// Points, or problems solved.
    pub points: f64,
    /// Penalty in minutes.
    pub penalty: f64,
}

/// Problems and rows as the platform lists them.
#[derive(Debug, Clone, PartialEq)]
pub struct Standings {
    /// In the standings' order.
    pub problems: Vec<ContestProblem>,
    /// Best first.
    pub rows: Vec<StandingsRow>,
}

/// One person's rating before the contest.
#[derive(Debug, Clone, PartialEq)]
pub struct RatingChange {
    /// Whose.
    pub handle: String,
    /// Rating before.
    pub old_rating: i64,
}

/// A contest as it was, so that ratings need no platform. A part whose request failed is `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct Contest {
    /// The platform's number.
    pub id: String,
    /// Its title.
    pub name: String,
    /// `Div. 2` and the like, where it is known.
    pub division: Option<String>,
    /// Answer to `contest.standings`.
    pub standings: Option<Standings>,
    /// Answer to `contest.ratingChanges`.
    pub rating_changes: Option<Vec<RatingChange>>,
}

impl Contest {
    /// Reads a contest: `{contest_id, standings: {contest, problems, rows}, rating_changes}`, rows and changes either as
    /// the platform's objects or as the short lists `[handle, points, penalty]` and `[handle, oldRating]`. Parts may be
    /// wrapped in the platform's `{status, result}`; a failed one is a missing part. Errors name the field.
    pub fn parse(value: &Value) -> Result<Contest, String> {
        let changes = value.get("rating_changes").or_else(|| value.get("ratingChanges")).and_then(result);
        let standings = value.get("standings").and_then(result);
        let meta = standings.and_then(|standings| standings.get("contest"));
        let of = |name: &str| value.get(name).or_else(|| meta.and_then(|meta| meta.get(name)));
        let id = value.get("contest_id").or_else(|| value.get("id").filter(|id| id.is_number())).or_else(|| of("id"));
        let id = id.and_then(text).ok_or("has no `contest_id`")?;
        let name = of("name").and_then(text).unwrap_or_default();
        let division = value.get("div").or_else(|| value.get("division")).and_then(text).or_else(|| division(&name));
        Ok(Contest {
            standings: standings.map(|standings| parse_standings(standings, &id)).transpose()?,
            rating_changes: changes.map(parse_changes).transpose()?,
            id,
            name,
            division,
        })
    }
}

/// The division that a contest's name tells.
pub fn division(name: &str) -> Option<String> {
    let squeezed = name.to_lowercase().replace(['.', ' '], "");
    let has = |number: u8| squeezed.contains(&format!("div{number}"));
    let found = match (has(1), has(2), has(3), has(4)) {
        (true, true, ..) => "Div. 1 + Div. 2",
        (_, _, _, true) => "Div. 4",
        (_, _, true, _) => "Div. 3",
        (_, true, ..) => "Div. 2",
        (true, ..) => "Div. 1",
        _ if squeezed.contains("educational") => "Div. 2",
        _ if squeezed.contains("globalround") => "Div. 1 + Div. 2",
        _ => return None,
    };
    Some(found.to_owned())
}

/// The value itself, or the `result` of a wrapped answer that succeeded.
fn result(value: &Value) -> Option<&Value> {
    match value.get("status").and_then(Value::as_str) {
        Some(_) => value.get("result").filter(|result| !result.is_null()),
        None => Some(value.get("result").unwrap_or(value)).filter(|value| value.is_object() || value.is_array()),
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn parse_standings(value: &Value, contest: &str) -> Result<Standings, String> {
    let list = |name: &str| value.get(name).and_then(Value::as_array).ok_or(format!("has no list `standings.{name}`"));
    let problem = |(i, value): (usize, &Value)| {
        let index = value.get("index").and_then(text).ok_or(format!("has no `index` in problem {} of its standings", i + 1))?;
        let contest_id = value.get("contestId").and_then(text).unwrap_or_else(|| contest.to_owned());
        Ok(ContestProblem { contest_id, index, points: value.get("points").and_then(Value::as_f64) })
    };
    let row = |(i, value): (usize, &Value)| {
        let wrong = || format!("has a standings row {} without handle, points and penalty", i + 1);
        let (handle, points, penalty) = match value {
            Value::Array(parts) => (parts.first(), parts.get(1), parts.get(2)),
            _ => {
                let member = value.pointer("/party/members/0/handle").or_else(|| value.get("handle"));
                (member, value.get("points"), value.get("penalty"))
            }
        };
        Ok::<_, String>(StandingsRow {
            handle: handle.and_then(text).ok_or_else(wrong)?,
            members: value.pointer("/party/members").and_then(Value::as_array).map_or(1, Vec::len),
            points: points.and_then(Value::as_f64).ok_or_else(wrong)?,
            penalty: penalty.and_then(Value::as_f64).ok_or_else(wrong)?,
        })
    };
    Ok(Standings {
        problems: list("problems")?.iter().enumerate().map(problem).collect::<Result<_, String>>()?,
        rows: list("rows")?.iter().enumerate().map(row).collect::<Result<_, String>>()?,
    })
}

fn parse_changes(value: &Value) -> Result<Vec<RatingChange>, String> {
    let list = value.as_array().ok_or("has `rating_changes` that are no list")?;
    let change = |(i, value): (usize, &Value)| {
        let (handle, rating) = match value {
            Value::Array(parts) => (parts.first(), parts.get(1)),
            _ => (value.get("handle"), value.get("oldRating")),
        };
        let wrong = || format!("has a rating change {} without handle and old rating", i + 1);
        let handle = handle.and_then(text).ok_or_else(wrong)?;
        let whole = |value: &Value| value.as_i64().or_else(|| value.as_f64().filter(|v| v.fract() == 0.0).map(|v| v as i64));
        Ok(RatingChange { handle, old_rating: rating.and_then(whole).ok_or_else(wrong)? })
    };
    list.iter().enumerate().map(change).collect()
}
