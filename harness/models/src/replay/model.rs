use super::answers::Answers;
use crate::{cut_at_stop, split_thinking};
use async_trait::async_trait;
use proctor_core::{Capabilities, Completion, Finish, Model, ModelError, ModelErrorKind, Protocol, Request};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

/// Opens `replay/FILE` and reads the whole file.
pub(crate) fn open(name: &str, file: &str) -> Result<Arc<dyn Model>, ModelError> {
    let answers = Answers::read(Path::new(file))
        .map_err(|e| ModelError::new(ModelErrorKind::Local, format!("the answers file {file} {}", colon_after(&e))))?;
    Ok(Arc::new(Replay { name: name.to_owned(), file: file.to_owned(), answers }))
}

/// `line 3: …` reads better after `FILE:` than after `FILE`.
fn colon_after(reason: &str) -> String {
    if reason.starts_with("line ") || reason.starts_with("row ") { format!("is wrong in {reason}") } else { reason.to_owned() }
}

struct Replay {
    name: String,
    file: String,
    answers: Answers,
}

#[async_trait]
impl Model for Replay {
    fn name(&self) -> &str {
        &self.name
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { chat: true, completion: true, seed: false, concurrency: None, context_tokens: None }
    }

    fn keepable(&self) -> bool {
        false
    }

    fn provenance(&self) -> Value {
        json!({"backend": "replay", "answers_sha256": self.answers.sha256})
    }

    async fn complete(&self, request: &Request) -> Result<Completion, ModelError> {
        let Some(recorded) = self.answers.find(request) else {
            let message = format!("the answers file {} {}", self.file, self.answers.why_missing(request));
            return Err(ModelError::new(ModelErrorKind::NoAnswer, message));
        };
        let (thought, mut text) = match request.prompt.protocol() {
            Protocol::Chat => split_thinking(&recorded.text),
            Protocol::Completion => (None, recorded.text.clone()),
        };
        let cut = cut_at_stop(&mut text, &request.sampling.stop);
        Ok(Completion {
            text,
            reasoning: recorded.reasoning.clone().or(thought),
            finish: if cut { Finish::Stop } else { recorded.finish.clone() },
            usage: recorded.usage,
            model: recorded.model.clone().unwrap_or_else(|| self.name.clone()),
            latency_s: 0.0,
            cost_usd: None,
            ..Completion::default()
        })
    }
}
