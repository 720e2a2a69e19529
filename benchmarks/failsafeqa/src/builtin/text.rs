//! How the texts are filled in.

use super::dice::Dice;
use minijinja::value::{Rest, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};
use proctor_core::BenchmarkError;
use std::sync::{Arc, Mutex, PoisonError};

/// Fills in texts about one company. The same company gives the same texts.
pub struct Writer {
    environment: Environment<'static>,
    context: Value,
}

impl Writer {
    /// A writer of texts that know `context`; where a text offers several wordings, `dice` choose.
    pub fn new(context: Value, dice: Dice) -> Self {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let dice = Arc::new(Mutex::new(dice));
        environment.add_function("pick", move |choices: Rest<Value>| -> Result<Value, Error> {
            let mut dice = dice.lock().unwrap_or_else(PoisonError::into_inner);
            dice.one(&choices).cloned().ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "nothing to pick from"))
        });
        environment.add_filter("k", thousands);
        environment.add_filter("m", millions);
        environment.add_filter("cents", cents);
        environment.add_filter("sentence", sentence);
        environment
            .add_function("change", |now: i64, before: i64| movement(now, before, ["increased", "decreased", "did not change"]));
        environment.add_function("changed", |now: i64, before: i64| movement(now, before, ["gained", "lost", "stayed the same"]));
        environment.add_function("share", |part: i64, whole: i64| percent(part, whole));
        environment.add_function("three", |years: Vec<i64>| list(&years, 3));
        environment.add_function("two", |years: Vec<i64>| list(&years, 2));
        Self { environment, context }
    }

    /// The template filled in.
    pub fn write(&self, template: &str) -> Result<String, BenchmarkError> {
        self.environment
            .render_str(template, &self.context)
            .map_err(|error| BenchmarkError::Input(format!("A built-in text cannot be filled in: {error:#}")))
    }
}

/// A whole number with commas; below zero in brackets.
pub fn thousands(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0 { format!("({text})") } else { text }
}

/// Thousands of dollars in words, to a tenth of a million.
fn millions(amount: i64) -> String {
    if amount.abs() < 1000 {
        return format!("${amount} thousand");
    }
    let tenths = (amount.abs() + 50) / 100;
    let sign = if amount < 0 { "minus " } else { "" };
    format!("{sign}${}.{} million", thousands(tenths / 10), tenths % 10)
}

fn cents(amount: i64) -> String {
    format!("${}.{:02}", amount / 100, amount % 100)
}

fn sentence(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

fn movement(now: i64, before: i64, [up, down, still]: [&str; 3]) -> String {
    let tenths = tenths_of_percent((now - before).abs(), before.abs());
    match (tenths, now > before) {
        (0, _) => still.to_owned(),
        (_, true) => format!("{up} {}.{}%", tenths / 10, tenths % 10),
        (_, false) => format!("{down} {}.{}%", tenths / 10, tenths % 10),
    }
}

fn percent(part: i64, whole: i64) -> String {
    let tenths = tenths_of_percent(part, whole);
    format!("{}.{}%", tenths / 10, tenths % 10)
}

fn tenths_of_percent(part: i64, whole: i64) -> i64 {
    let whole = whole.max(1);
    (part * 1000 + whole / 2) / whole
}

fn list(years: &[i64], count: usize) -> String {
    years.iter().take(count).map(|amount| thousands(*amount)).collect::<Vec<_>>().join("; ")
}
