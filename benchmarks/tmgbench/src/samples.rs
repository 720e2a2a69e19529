//! From items to samples: single games and composites (spec section 6).

use crate::cells::Cell;
use crate::draw::Draw;
use crate::game::Player;
use crate::items::{Item, items};
use crate::mode::Form;
use crate::nested::{Rule, solve};
use crate::setup::Setup;
use crate::task::Task;
use proctor_core::{BenchmarkError, DataSource, Sample};
use serde_json::{Map, Value, json};

/// Draws of a nested pair before the search is given up; about one in three fits.
const MOST_DRAWS: usize = 10_000;

/// All samples of a setup.
pub fn samples(setup: &Setup, source: &DataSource) -> Result<Vec<Sample>, BenchmarkError> {
    let items = items(setup, source)?;
    match setup.form {
        Form::Single => Ok(items.into_iter().enumerate().map(|(index, item)| single(index, item)).collect()),
        Form::Sequential | Form::SequentialDialogue | Form::Parallel => several(setup, &items),
        Form::Nested => (0..setup.composites).map(|run| nested(run, setup, &items)).collect(),
    }
}

/// The name of the class of games with so many equilibria.
pub fn class_name(equilibria: usize) -> String {
    format!("{equilibria}-task")
}

fn single(index: usize, item: Item) -> Sample {
    let mut strata = vec![class_name(item.shown.id.gold().len())];
    strata.extend(item.story.map(|k| format!("story {k}")));
    strata.extend(item.metadata.get("topic").and_then(Value::as_str).map(|topic| format!("topic {topic}")));
    let task = Task::Single(item.shown);
    Sample {
        id: item.id,
        index,
        group: item.shown.id.pair().to_string(),
        inputs: Map::from_iter([("item".to_owned(), Value::from(item.text))]),
        target: task.to_target(),
        strata,
        metadata: item.metadata,
    }
}

/// The name of the group of composites of one size.
pub fn size_name(size: usize) -> String {
    format!("{size} games")
}

/// Sequential and parallel composites of one size and number hold different games: the form is part of the seed. A
/// dialogue holds those of its sequential counterpart.
fn several(setup: &Setup, items: &[Item]) -> Result<Vec<Sample>, BenchmarkError> {
    let kind = if setup.form == Form::SequentialDialogue { Form::Sequential } else { setup.form };
    let mut samples = Vec::with_capacity(setup.sizes.len() * setup.composites);
    for size in &setup.sizes {
        if items.len() < *size {
            return Err(BenchmarkError::Input(format!(
                "Composites of {size} games need as many items, and the data has {}; choose smaller ones by -B sizes=",
                items.len()
            )));
        }
        for run in 0..setup.composites {
            let mut draw = Draw::new(format!("{}:{size}:{run}", kind.as_str()));
            let chosen: Vec<&Item> = draw.distinct(*size, items.len()).into_iter().filter_map(|place| items.get(place)).collect();
            let task = Task::Several(chosen.iter().map(|item| item.shown).collect());
            let texts: Vec<&str> = chosen.iter().map(|item| item.text.as_str()).collect();
            let id = format!("{}-{size}-{run:02}", setup.form.as_str());
            samples.push(composite(samples.len(), id, json!({"items": texts}), &task, &chosen, vec![size_name(*size)]));
        }
    }
    Ok(samples)
}

fn composite(index: usize, id: String, inputs: Value, task: &Task, items: &[&Item], strata: Vec<String>) -> Sample {
    let ids: Vec<&str> = items.iter().map(|item| item.id.as_str()).collect();
    Sample {
        group: id.clone(),
        id,
        index,
        inputs: inputs.as_object().cloned().unwrap_or_default(),
        target: task.to_target(),
        strata,
        metadata: Map::from_iter([("items".to_owned(), Value::from(ids))]),
    }
}

/// A pre-game and a core-game with one equilibrium each, and one rule that the pre-game's equilibrium sets off.
fn nested(run: usize, setup: &Setup, items: &[Item]) -> Result<Sample, BenchmarkError> {
    let pool: Vec<&Item> = items.iter().filter(|item| item.shown.id.gold().len() == 1).collect();
    let mut draw = Draw::new(format!("{}:2:{run}", setup.form.as_str()));
    for _ in 0..MOST_DRAWS {
        let [pre, core] = draw.distinct(2, pool.len())[..] else { break };
        let (Some(pre), Some(core)) = (pool.get(pre), pool.get(core)) else { break };
        let player = if draw.below(2) == 0 { Player::A } else { Player::B };
        let rule = Rule { when: pre.shown.id.gold(), player, forbid: draw.below(2) as u8 + 1 };
        let solution = solve(&pre.shown.id.game(), &core.shown.id.game(), &[rule]);
        if solution.is_none_or(|solution| solution.rejection.is_some()) {
            continue;
        }
        let task = Task::Nested { pre: pre.shown, core: core.shown, rules: vec![rule] };
        let inputs = json!({"pre": pre.text, "core": core.text, "rules": shown_rules(&task)});
        let id = format!("{}-{run:02}", setup.form.as_str());
        return Ok(composite(run, id, inputs, &task, &[pre, core], Vec::new()));
    }
    Err(BenchmarkError::Input(format!(
        "No nested pair can be made of the {} games with one equilibrium in the data; it needs more of them",
        pool.len()
    )))
}

/// The rules in the names of the question.
fn shown_rules(task: &Task) -> Vec<Value> {
    let Task::Nested { pre, core, rules } = task else { return Vec::new() };
    let rule = |rule: &Rule| {
        let choice = Cell::at(usize::from(rule.forbid - 1), usize::from(rule.forbid - 1));
        let choice = core.rename(choice);
        let forbidden = match rule.player {
            Player::A => choice.row() + 1,
            Player::B => choice.column() + 1,
        };
        let letter = rule.player.letter();
        let when: Vec<String> = pre.rename_all(rule.when).iter().map(|cell| cell.to_string()).collect();
        json!({
            "when": when,
            "player": letter.to_string(),
            "forbidden": format!("{letter}{forbidden}"),
            "left": format!("{letter}{}", 3 - forbidden),
        })
    };
    rules.iter().map(rule).collect()
}
