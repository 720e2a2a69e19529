//! From an attempt to a grade. The outcome is that of the official reading; the forgiving one is a score beside it.

use crate::cells::Cells;
use crate::composite::{parse_nested, parse_numbered};
use crate::figures::Response;
use crate::mode::Form;
use crate::nested::solve;
use crate::parse::parse_answer;
use crate::prompt::primer;
use crate::robust::robust_answer;
use crate::robust_several::{robust_nested, robust_numbered};
use crate::setup::Setup;
use crate::task::{Shown, Task};
use proctor_core::{AnswerForm, Attempt, BenchmarkError, Finish, Grade, Outcome, Sample};
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// Name of the score of the official reading.
pub const OFFICIAL: &str = "official";
/// Name of the score of the forgiving reading.
pub const ROBUST: &str = "robust";
/// Whether the forgiving reading found an answer.
pub const ROBUST_READ: &str = "robust_read";
/// The share of a composite's games answered rightly.
pub const ATOMS: &str = "atoms";
/// Whether the pre-game of a nested pair is answered rightly.
pub const PRE: &str = "pre";
/// Whether the core-game is.
pub const CORE: &str = "core";
/// Whether the pre-game was answered as if there were no core-game.
pub const MYOPIC: &str = "myopic";

/// Both readings of an attempt, game by game, in the names of the stored games.
struct Readings {
    official: Vec<Response>,
    robust: Vec<Response>,
}

/// Grades an attempt.
pub fn grade(setup: &Setup, sample: &Sample, attempt: &Attempt) -> Result<Grade, BenchmarkError> {
    let task = Task::of(sample)?;
    let games = task.games();
    let gold = gold(&task, sample)?;
    let mut readings = read(setup, &task, attempt);
    for reading in [&mut readings.official, &mut readings.robust] {
        rename(reading, &games);
    }
    let right = |reading: &[Response]| reading.len() == gold.len() && reading.iter().zip(&gold).all(|(r, g)| *r == Some(*g));
    let (official, robust) = (right(&readings.official), right(&readings.robust));
    let read_all = readings.official.len() == gold.len() && readings.official.iter().all(Option::is_some);
    let outcome = match (official, attempt.filtered(), truncated(attempt), read_all) {
        (true, ..) => Outcome::Correct,
        (_, true, ..) => Outcome::Refused,
        (_, _, true, _) => Outcome::Truncated,
        (_, _, _, false) if single(&task) || readings.official.iter().all(Option::is_none) => Outcome::Unparsed,
        _ => Outcome::Incorrect,
    };
    let mut grade = Grade::new(outcome, explanation(&task, outcome, &readings.official, &gold));
    let score = |right: bool| if right { 1.0 } else { 0.0 };
    grade.scores.insert(OFFICIAL.into(), score(official));
    grade.scores.insert(ROBUST.into(), score(robust));
    let robust_read = readings.robust.len() == gold.len() && readings.robust.iter().all(Option::is_some);
    grade.scores.insert(ROBUST_READ.into(), score(robust_read));
    add_parts(&mut grade, &task, &readings.official, &gold);
    if outcome == Outcome::Incorrect && single(&task) {
        grade.category =
            readings.official.first().copied().flatten().zip(gold.first()).map(|(got, gold)| category(got, *gold).into());
    }
    grade.extracted = extracted(&task, &readings.official);
    grade.artifacts = artifacts(&task, &readings, &gold);
    Ok(grade)
}

fn single(task: &Task) -> bool {
    matches!(task, Task::Single(_))
}

/// The right answers, game by game.
pub fn gold(task: &Task, sample: &Sample) -> Result<Vec<Cells>, BenchmarkError> {
    let Task::Nested { pre, core, rules } = task else { return Ok(task.games().iter().map(|game| game.id.gold()).collect()) };
    match solve(&pre.id.game(), &core.id.game(), rules) {
        Some(solution) => Ok(vec![solution.pre, solution.core]),
        None => Err(BenchmarkError::Input(format!("Sample {} is a nested pair without a settled answer", sample.id))),
    }
}

/// The answers of a list written in the format of the task, for references.
pub fn write_answers(task: &Task, answers: &[Cells]) -> String {
    let shown = task.games().into_iter().zip(answers).map(|(game, answer)| game.rename_all(*answer));
    let labels = labels(task);
    shown.zip(labels).map(|(answer, label)| format!("{label} = {answer}")).collect::<Vec<_>>().join("\n")
}

fn labels(task: &Task) -> Vec<String> {
    match task {
        Task::Single(_) => vec!["answer".into()],
        Task::Several(games) => (1..=games.len()).map(|number| format!("answer_{number}")).collect(),
        Task::Nested { .. } => vec!["answer_pre".into(), "answer_core".into()],
    }
}

fn truncated(attempt: &Attempt) -> bool {
    attempt.exchanges.iter().any(|exchange| exchange.completion.finish == Finish::Length)
}

/// Both readings in the names of the question.
fn read(setup: &Setup, task: &Task, attempt: &Attempt) -> Readings {
    let whole: Cow<str> = match attempt.answer.form {
        AnswerForm::Continuation => Cow::Owned([primer(setup.mode), &attempt.answer.text].concat()),
        AnswerForm::Chat | AnswerForm::Final => Cow::Borrowed(&attempt.answer.text),
    };
    let cut = attempt.truncated();
    match task {
        Task::Single(_) => {
            Readings { official: vec![parse_answer(&whole).filter(|_| !cut)], robust: vec![robust_answer(&whole, !cut)] }
        }
        Task::Several(games) if setup.form == Form::SequentialDialogue && !attempt.exchanges.is_empty() => {
            let turns = attempt
                .exchanges
                .iter()
                .map(|exchange| (&exchange.completion.text, exchange.completion.finish == Finish::Length));
            let (mut official, mut robust): (Vec<Response>, Vec<Response>) =
                turns.map(|(text, cut)| (parse_answer(text).filter(|_| !cut), robust_answer(text, !cut))).unzip();
            official.resize(games.len(), None);
            robust.resize(games.len(), None);
            Readings { official, robust }
        }
        Task::Several(games) => Readings {
            official: parse_numbered(&whole).filter(|_| !cut).unwrap_or_default(),
            robust: robust_numbered(&whole, games.len(), !cut),
        },
        Task::Nested { .. } => {
            let pair = |(pre, core): (Response, Response)| vec![pre, core];
            let official = if cut { (None, None) } else { parse_nested(&whole) };
            Readings { official: pair(official), robust: pair(robust_nested(&whole, !cut)) }
        }
    }
}

fn rename(reading: &mut [Response], games: &[Shown]) {
    for (response, game) in reading.iter_mut().zip(games) {
        *response = response.map(|cells| game.rename_all(cells));
    }
}

/// How a wrong set differs from the right one.
fn category(got: Cells, gold: Cells) -> &'static str {
    match (got.is_subset(gold), gold.is_subset(got)) {
        (true, _) => "outcomes missing",
        (_, true) => "outcomes too many",
        _ => "other outcomes",
    }
}

/// The scores of the parts of a composite.
fn add_parts(grade: &mut Grade, task: &Task, official: &[Response], gold: &[Cells]) {
    let right = |place: usize| match (official.get(place), gold.get(place)) {
        (Some(Some(answer)), Some(gold)) if answer == gold => 1.0,
        _ => 0.0,
    };
    match task {
        Task::Single(_) => {}
        Task::Several(games) => {
            let share = (0..games.len()).map(right).sum::<f64>() / games.len().max(1) as f64;
            grade.scores.insert(ATOMS.into(), share);
        }
        Task::Nested { pre, .. } => {
            grade.scores.insert(PRE.into(), right(0));
            grade.scores.insert(CORE.into(), right(1));
            let myopic = official.first().copied().flatten() == Some(pre.id.gold());
            grade.scores.insert(MYOPIC.into(), if myopic { 1.0 } else { 0.0 });
        }
    }
}

/// The official reading: of a single game the list; of several one labelled list a line, `?` for one that was not read.
fn extracted(task: &Task, official: &[Response]) -> Option<String> {
    if single(task) {
        return official.first().copied().flatten().map(|cells| cells.to_string());
    }
    let labels = labels(task).into_iter().chain((official.len()..).map(|_| "answer beyond the games".to_owned()));
    let line =
        |(answer, label): (&Response, String)| format!("{label} = {}", answer.map_or("?".to_owned(), |cells| cells.to_string()));
    (!official.iter().all(Option::is_none)).then(|| official.iter().zip(labels).map(line).collect::<Vec<_>>().join("\n"))
}

fn explanation(task: &Task, outcome: Outcome, official: &[Response], gold: &[Cells]) -> String {
    let unreadable = match outcome {
        Outcome::Refused => Some("The provider withheld the answer."),
        Outcome::Truncated => Some("The answer was cut for want of tokens, so it does not count."),
        Outcome::Unparsed => Some("No answer in the required form was found."),
        _ => None,
    };
    if let Some(sentence) = unreadable {
        return sentence.to_owned();
    }
    match task {
        Task::Single(game) => {
            let said = official.first().copied().flatten().unwrap_or_default();
            match outcome {
                Outcome::Correct => format!("{said} is the set of equilibria of game {}.", game.id),
                _ => format!("The answer is {said}, and the equilibria of game {} are {}.", game.id, game.id.gold()),
            }
        }
        Task::Several(games) if official.len() != games.len() => {
            format!("There are {} answers to {} games.", official.len(), games.len())
        }
        Task::Several(games) => {
            let right = official.iter().zip(gold).filter(|(answer, gold)| **answer == Some(**gold)).count();
            format!("{right} of {} games are answered rightly.", games.len())
        }
        Task::Nested { .. } => {
            let level = |place: usize, name: &str| {
                let answer = official.get(place).copied().flatten().map_or("not read".to_owned(), |cells| cells.to_string());
                format!("the {name} ends with {}, the answer is {answer}", gold.get(place).copied().unwrap_or_default())
            };
            format!("Looking ahead, {}; {}.", level(0, "pre-game"), level(1, "core-game"))
        }
    }
}

fn artifacts(task: &Task, readings: &Readings, gold: &[Cells]) -> Map<String, Value> {
    let codes = |reading: &[Response]| reading.iter().map(|answer| answer.map(Cells::codes)).collect::<Vec<_>>();
    let games: Vec<String> = task.games().iter().map(|game| game.id.to_string()).collect();
    let gold: Vec<String> = gold.iter().map(|cells| cells.codes()).collect();
    let value = json!({"games": games, "gold": gold, "official": codes(&readings.official), "robust": codes(&readings.robust)});
    value.as_object().cloned().unwrap_or_default()
}
