use crate::case::Case;
use crate::pairing::pairing;
use crate::record::Record;
use proctor_core::{BenchmarkError, Sample, sha256_hex};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// What the judge is told in place of a reference where nothing in the filing answers.
const NOT_ANSWERABLE: &str = "(The document does not answer this question.)";

/// The filings, one copy of each, by hash: five of a record's seven samples share one, and upstream's have 57 MB.
#[derive(Debug, Default)]
pub struct Contexts {
    by_sha256: RwLock<HashMap<String, Arc<str>>>,
}

/// A filing that is kept: how a sample names it.
#[derive(Debug)]
struct Kept {
    sha256: String,
    characters: usize,
}

/// Both copies of a record's filing.
#[derive(Debug)]
struct Filings {
    context: Kept,
    ocr_context: Option<Kept>,
}

impl Contexts {
    fn keep(&self, text: &Arc<str>) -> Kept {
        let sha256 = sha256_hex(text.as_bytes());
        let mut known = self.by_sha256.write().unwrap_or_else(PoisonError::into_inner);
        known.entry(sha256.clone()).or_insert_with(|| text.clone());
        Kept { sha256, characters: text.chars().count() }
    }

    /// The filing a sample is asked over; empty for missing context. A sample that was loaded elsewhere is an error.
    pub fn of(&self, sample: &Sample) -> Result<Arc<str>, BenchmarkError> {
        let Some(sha256) = sample.text("context_sha256") else { return Ok("".into()) };
        let known = self.by_sha256.read().unwrap_or_else(PoisonError::into_inner);
        known.get(sha256).cloned().ok_or_else(|| {
            BenchmarkError::Input(format!("The filing of sample {} is not loaded; load the samples first", sample.id))
        })
    }
}

/// The samples of all records: `{idx}/{case}`, grouped by record. A case whose question or text a record lacks is left
/// out. With a seed, irrelevant context is the record's own question over another record's filing.
pub fn samples(records: &[Record], paired: Option<u64>, contexts: &Contexts) -> Result<Vec<Sample>, BenchmarkError> {
    let partners = paired.map(|seed| pairing(records, seed)).transpose()?;
    let filings: Vec<Filings> = records
        .iter()
        .map(|record| Filings {
            context: contexts.keep(&record.context),
            ocr_context: record.ocr_context.as_ref().map(|text| contexts.keep(text)),
        })
        .collect();
    let mut samples = Vec::with_capacity(records.len() * Case::ALL.len());
    for (at, own) in records.iter().zip(&filings).enumerate() {
        let partner = partners
            .as_ref()
            .and_then(|partners| partners.get(at))
            .and_then(|partner| Some((records.get(*partner)?, filings.get(*partner)?)));
        for case in Case::ASKED {
            if let Some(mut sample) = sample(own, case, partner) {
                sample.index = samples.len();
                samples.push(sample);
            }
        }
    }
    Ok(samples)
}

/// A record with its filings.
type Filed<'a> = (&'a Record, &'a Filings);

fn sample((record, filings): Filed<'_>, case: Case, partner: Option<Filed<'_>>) -> Option<Sample> {
    let partner = partner.filter(|_| case == Case::IrrelevantContext);
    let question = match partner {
        Some(_) => &record.query,
        None => record.question(case)?,
    };
    // Whose filing is shown, and which copy of it.
    let (shown, shown_filings) = partner.unwrap_or((record, filings));
    let (field, context) = match case {
        Case::MissingContext => (None, None),
        Case::Ocr => (Some("ocr_context"), Some(shown_filings.ocr_context.as_ref()?)),
        _ => (Some("context"), Some(&shown_filings.context)),
    };
    let mut inputs = Map::new();
    inputs.insert("question".into(), question.into());
    if let (Some(field), Some(context)) = (field, context) {
        inputs.insert("context_field".into(), field.into());
        inputs.insert("context_sha256".into(), context.sha256.as_str().into());
        inputs.insert("context_characters".into(), context.characters.into());
    }
    let citations = match case {
        Case::MissingContext => None,
        _ => shown.citations.as_deref(),
    };
    let reference = if case == Case::IrrelevantContext { NOT_ANSWERABLE } else { &record.answer };
    let mut strata = vec![case.id().to_owned()];
    strata.extend(record.task.map(|task| task.id().to_owned()));
    let mut metadata = Map::new();
    metadata.insert("idx".into(), record.idx.as_str().into());
    metadata.insert("case".into(), case.id().into());
    let more = [
        ("task_type", record.task.map(|task| task.id().to_owned())),
        ("source_doc", record.source.clone()),
        ("context_of", partner.map(|(partner, _)| partner.idx.clone())),
    ];
    metadata.extend(more.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Value::String(value?)))));
    Some(Sample {
        id: format!("{}/{case}", record.idx),
        index: 0,
        group: record.idx.clone(),
        inputs,
        target: json!({"criteria": case.rubric().id(), "reference": reference, "citations": citations}),
        strata,
        metadata,
    })
}

/// The case of a sample, from its id.
pub fn case_of(sample_id: &str) -> Option<Case> {
    Case::parse(sample_id.rsplit_once('/')?.1)
}
