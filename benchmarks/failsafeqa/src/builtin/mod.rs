//! The built-in records: filings of made-up companies, written for proctor and filled in by chance with a seed, each with
//! a question whose answer stands in it.

mod citations;
mod dice;
mod facts;
mod figures;
mod misspelling;
mod noise;
mod people;
mod source;
mod text;

pub use misspelling::misspell;
pub use noise::{MOST_ERRORS, corrupt};

use crate::case::Task;
use crate::record::Record;
use dice::Dice;
use facts::Staff;
use figures::Outline;
use proctor_core::BenchmarkError;
use serde_json::json;
use source::{Company, Profile, Question};
use text::Writer;

/// How many there are; stated, so that a list of benchmarks writes no filings.
pub const RECORDS: usize = 18;

/// Seed of all filings. Another seed gives other figures, and so other questions.
const SEED: u64 = 10_000;
/// Where they come from.
const SOURCE: &str = "written for proctor";

/// The records, in upstream's schema.
pub fn records() -> Result<Vec<Record>, BenchmarkError> {
    let profiles = source::profiles()?;
    let questions = source::questions()?;
    let missing = |what: &str, key: &str| BenchmarkError::Input(format!("The built-in data have no {what} `{key}`"));
    let mut records = Vec::new();
    for (at, company) in source::companies()?.iter().enumerate() {
        let profile = profiles.get(&company.profile).ok_or_else(|| missing("profile", &company.profile))?;
        let question = questions.get(&company.question).ok_or_else(|| missing("question", &company.question))?;
        records.push(record(at, company, profile, question)?);
    }
    Ok(records)
}

fn record(at: usize, company: &Company, profile: &Profile, question: &Question) -> Result<Record, BenchmarkError> {
    let seed = SEED + 10 * at as u64;
    let writer = writer(company, profile, seed);
    let mut context = String::new();
    for part in source::PARTS.iter().filter(|part| part.always || !company.brief) {
        context.push_str(&writer.write(part.template)?);
        context.push_str("\n\n");
    }
    let context = tidy(&context);
    let support = question.support.iter().map(|words| writer.write(words)).collect::<Result<Vec<_>, _>>()?;
    let citations = citations::citations(&context, &support).ok_or_else(|| {
        BenchmarkError::Input(format!("The built-in filing of {} does not say what supports its answer once", company.name))
    })?;
    let query = writer.write(&question.query)?;
    let errors = if query.len() > 120 { 4 } else { 3 };
    let noise = 40 + 6 * (at as i64 % 8);
    Ok(Record {
        idx: (at + 1).to_string(),
        ocr_context: Some(corrupt(&context, noise, seed + 2).into()),
        context: context.into(),
        answer: writer.write(&question.answer)?,
        incomplete_query: Some(writer.write(&question.incomplete)?),
        out_of_domain_query: Some(writer.write(&question.lay)?),
        error_query: Some(misspell(&query, errors, seed + 3)),
        out_of_scope_query: Some(writer.write(&question.outside)?),
        query,
        citations: Some(citations),
        task: Task::parse(&question.task),
        source: Some(SOURCE.to_owned()),
    })
}

/// A writer who knows the company.
fn writer(company: &Company, profile: &Profile, seed: u64) -> Writer {
    let mut dice = Dice::new(seed);
    let figures = figures::figures(Outline { sales: company.sales, trend: company.trend }, &mut dice);
    let total = company.sales / dice.between(190, 330);
    let admin = dice.part(total, 60, 100);
    let union = dice.part(total, 140, 420);
    let staff = Staff { total, admin, union };
    let shares = [dice.between(330, 420), dice.between(230, 290), dice.between(160, 210)];
    let employees = figures::spread(total - admin, &shares);
    let segments = facts::segments(profile, &figures, &employees, &mut dice);
    let facts = facts::facts(company, profile, &figures, &staff, &mut dice);
    let mut about = company.more.clone();
    if let serde_json::Value::Object(more) = json!({
        "name": company.name, "city": company.city, "state": company.state, "year": company.year,
        "year_end": company.year_end, "trend": company.trend,
    }) {
        about.extend(more);
    }
    let context = minijinja::Value::from(minijinja::value::Serde(json!({
        "c": about, "p": profile.more, "s": segments, "f": figures.accounts, "x": facts,
        "y": [company.year, company.year - 1, company.year - 2],
    })));
    Writer::new(context, Dice::new(seed + 1))
}

/// Without blanks at line ends and doubled within lines, which places left empty leave behind; at most one empty line.
fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines() {
        let line = line.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 2 {
            tidied.push_str(&line);
            tidied.push('\n');
        }
    }
    tidied
}
