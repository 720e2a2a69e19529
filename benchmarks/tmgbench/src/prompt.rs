//! The questions, byte for byte as sent (spec section 4).

use crate::mode::{Form, Mode};
use crate::official::Official;
use crate::setup::Setup;
use crate::template::{self, render};
use minijinja::context;
use minijinja::value::Serde;
use proctor_core::{BenchmarkError, Message, Prompt, Protocol, Role, Sample};
use serde_json::Value;

/// What a raw completion continues.
pub fn primer(mode: Mode) -> &'static str {
    match mode {
        Mode::Da => "\n\n```python\n",
        _ => "\n\nReasoning:\n",
    }
}

/// The text of the first question about a sample.
pub fn first(setup: &Setup, official: Option<&Official>, sample: &Sample) -> Result<String, BenchmarkError> {
    match setup.form {
        Form::Single => match official {
            Some(official) => Ok(official.question(text(sample, "item")?)),
            None => single(setup.mode, text(sample, "item")?),
        },
        Form::Sequential | Form::Parallel => {
            let (items, mode) = (texts(sample)?, mode_text(setup.mode)?);
            render(template::SEVERAL, context! { items => Serde(items), mode, ordered => setup.form == Form::Sequential })
        }
        Form::SequentialDialogue => turn(setup.mode, sample, 0)?.ok_or_else(|| broken(sample, "items")),
        Form::Nested => {
            let (pre, core, mode) = (text(sample, "pre")?, text(sample, "core")?, mode_text(setup.mode)?);
            let rules = sample.inputs.get("rules").filter(|rules| rules.is_array()).ok_or_else(|| broken(sample, "rules"))?;
            render(template::NESTED, context! { pre, core, rules => Serde(rules), mode })
        }
    }
}

/// The k-th question of a dialogue, from 0; `None` after the last.
pub fn turn(mode: Mode, sample: &Sample, k: usize) -> Result<Option<String>, BenchmarkError> {
    let items = texts(sample)?;
    let Some(item) = items.get(k).copied() else { return Ok(None) };
    let item = render(template::NEXT, context! { item, number => k + 1, count => items.len() })?;
    single(mode, &item).map(Some)
}

/// A text as a prompt of the protocol.
pub fn prompt(setup: &Setup, protocol: Protocol, text: String) -> Prompt {
    match protocol {
        Protocol::Chat => Prompt::Chat(vec![Message::new(Role::User, text)]),
        Protocol::Completion => Prompt::Completion(text + primer(setup.mode)),
    }
}

fn single(mode: Mode, item: &str) -> Result<String, BenchmarkError> {
    render(template::SINGLE, context! { item, mode => mode_text(mode)? })
}

fn mode_text(mode: Mode) -> Result<String, BenchmarkError> {
    let (mode, order, reversed) = match mode {
        Mode::Da => ("da", 0, false),
        Mode::Cot => ("cot", 0, false),
        Mode::FoTom => ("tom", 1, false),
        Mode::SoTom => ("tom", 2, false),
        Mode::ReFoTom => ("tom", 1, true),
        Mode::ReSoTom => ("tom", 2, true),
    };
    let (first, second) = if reversed { ("player B", "player A") } else { ("player A", "player B") };
    Ok(render(template::MODE, context! { mode, order, first, second })?.trim_end().to_owned())
}

fn text<'a>(sample: &'a Sample, name: &str) -> Result<&'a str, BenchmarkError> {
    sample.text(name).ok_or_else(|| broken(sample, name))
}

fn texts(sample: &Sample) -> Result<Vec<&str>, BenchmarkError> {
    let items = sample.inputs.get("items").and_then(Value::as_array);
    items.and_then(|items| items.iter().map(Value::as_str).collect()).ok_or_else(|| broken(sample, "items"))
}

fn broken(sample: &Sample, name: &str) -> BenchmarkError {
    BenchmarkError::Input(format!("Sample {} has no `{name}`; it belongs to another variant of TMGBench", sample.id))
}
