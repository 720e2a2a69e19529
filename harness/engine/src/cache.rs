use proctor_core::{Completion, Finish, Model, Request, RunRecord, canonical_json, sha256_hex};
use proctor_store::{Purpose, ResponseFilter, Store, StoreError};
use serde_json::json;

/// Answers of a tested model, kept by the content of the question, so that no question is paid for twice: neither by
/// another run that asks the same, nor by a run that was killed in the middle of a conversation.
pub(crate) struct AnswerCache {
    store: Store,
    model: String,
    run_id: String,
    /// Hash of what decides the answers beyond the request.
    provenance: String,
    /// Whether any answer of this model was kept when the run began; if none was, nobody looks.
    filled: bool,
}

impl AnswerCache {
    /// The cache for `model`; `None` where its answers do not depend on the request alone. A further run of a plan that was
    /// carried out before is there for new answers, so it has a cache of its own.
    pub(crate) async fn of(model: &dyn Model, store: &Store, run: &RunRecord) -> Result<Option<Self>, StoreError> {
        if !model.keepable() {
            return Ok(None);
        }
        let name = model.name().to_owned();
        let filter = ResponseFilter { model: Some(name.clone()), purpose: Some(Purpose::Answer), ..ResponseFilter::default() };
        let filled = store.has_response(&filter).await?;
        let mut provenance = provenance(model);
        if is_further(run) {
            provenance = sha256_hex(format!("{provenance} {}", run.id).as_bytes());
        }
        Ok(Some(Self { store: store.clone(), provenance, model: name, run_id: run.id.clone(), filled }))
    }

    /// Under what the answer to `request`, as it is sent, is kept.
    pub(crate) fn key(&self, request: &Request) -> String {
        key(&self.provenance, request)
    }

    /// The answer kept under `key`: it costs nothing now, and says what it saved. An answer that this very run asked for,
    /// before it was killed, is what it was.
    pub(crate) async fn get(&self, key: &str) -> Result<Option<Completion>, StoreError> {
        if !self.filled {
            return Ok(None);
        }
        // Boxed, as what is seldom waited for would else make every task larger.
        Ok(Box::pin(self.store.answer(key)).await?.and_then(|(kept, asked_by)| match asked_by {
            Some(run) if run == self.run_id => Some(kept),
            // Asked again, it may well be answered.
            _ if is_no_answer(&kept) => None,
            _ => Some(Completion {
                cached: true,
                saved_usd: kept.cost_usd,
                cost_usd: kept.cost_usd.map(|_| 0.0),
                latency_s: 0.0,
                ..kept
            }),
        }))
    }

    /// Keeps an answer. It is durable before the attempt it belongs to.
    pub(crate) fn keep(&self, key: &str, completion: &Completion) -> Result<(), StoreError> {
        self.store.keep_answer(key, &self.model, &self.run_id, completion)
    }
}

/// Whether the provider withheld the answer, or it is empty though the model was not cut short.
fn is_no_answer(completion: &Completion) -> bool {
    let empty = completion.text.trim().is_empty();
    completion.finish == Finish::ContentFilter || (empty && completion.finish != Finish::Length)
}

/// The keys of the answers to `requests`, as they are sent, by `model`; `None` where its answers are not kept.
pub fn answer_keys<'a>(model: &dyn Model, requests: impl IntoIterator<Item = &'a Request>) -> Option<Vec<String>> {
    let provenance = model.keepable().then(|| provenance(model))?;
    Some(requests.into_iter().map(|request| key(&provenance, request)).collect())
}

/// Whether `run` is not the first of its plan: then a number follows the fingerprint in its id.
fn is_further(run: &RunRecord) -> bool {
    let last = run.id.rsplit('-').next().unwrap_or_default();
    last.len() < 6 || !run.fingerprint.0.starts_with(last)
}

fn provenance(model: &dyn Model) -> String {
    sha256_hex(canonical_json(&json!([model.name(), model.provenance()])).as_bytes())
}

/// The key: model with provenance, messages, sampling with seed, and the epoch. Where answers are drawn, each question of a
/// run has a draw of its own, even if two read the same.
fn key(provenance: &str, request: &Request) -> String {
    let greedy = request.sampling.temperature == Some(0.0);
    let epoch = request.label.as_ref().map_or(0, |label| label.epoch);
    let draw = request.label.as_ref().filter(|_| !greedy).map(|label| (label.sample_id.as_str(), label.call));
    // Fields in the order of their declaration: equal requests have equal texts.
    let text = serde_json::to_string(&(provenance, &request.prompt, &request.sampling, epoch, draw));
    sha256_hex(text.unwrap_or_default().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proctor_core::{Prompt, RequestLabel, Sampling};

    fn asked(text: &str, temperature: f64, sample_id: &str, epoch: u32) -> String {
        let sampling = Sampling { temperature: Some(temperature), ..Sampling::default() };
        let mut request = Request::new(Prompt::Completion(text.into()), sampling);
        request.label = Some(RequestLabel { sample_id: sample_id.into(), epoch, call: 0 });
        key("p", &request)
    }

    #[test]
    fn what_may_be_answered_yet_is_no_answer() {
        let completion = |text: &str, finish| Completion { text: text.into(), finish, ..Completion::default() };
        for (text, finish, none) in [
            ("4", Finish::Stop, false),
            (" \n", Finish::Stop, true),
            ("", Finish::Length, false),
            ("I cannot say.", Finish::Refused, false),
            ("blocked", Finish::ContentFilter, true),
        ] {
            assert_eq!(is_no_answer(&completion(text, finish.clone())), none, "{text:?}, {finish:?}");
        }
    }

    #[test]
    fn what_decides_an_answer_decides_its_key() {
        assert_eq!(asked("a", 0.0, "s1", 0), asked("a", 0.0, "s2", 0), "greedy answers depend on the text alone");
        assert_ne!(asked("a", 0.0, "s1", 0), asked("b", 0.0, "s1", 0));
        assert_ne!(asked("a", 0.0, "s1", 0), asked("a", 0.0, "s1", 1), "epochs are independent");
        assert_ne!(asked("a", 0.0, "s1", 0), asked("a", 0.5, "s1", 0));
        assert_ne!(asked("a", 0.5, "s1", 0), asked("a", 0.5, "s2", 0), "drawn answers are drawn for each question");
        assert_eq!(asked("a", 0.5, "s1", 3), asked("a", 0.5, "s1", 3));
    }
}
