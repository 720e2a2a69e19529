use super::read::read_response;
use super::stream::Growing;
use crate::openai::is_reasoning_model;
use crate::remote::{Answer, Arguments, Misread, Question, StreamReader, Wire, apply, chat_messages};
use proctor_core::{Capabilities, ModelError, Request};
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// The API takes no limit below this.
const LEAST_OUTPUT_TOKENS: u32 = 16;

/// OpenAI's responses API. It knows neither seeds nor stop strings; stop strings are applied here.
#[derive(Debug)]
pub(crate) struct Responses {
    model: String,
    args: Map<String, Value>,
    sampling: bool,
    stream: Option<bool>,
}

impl Responses {
    /// Takes `stream`, `reasoning_effort`, `reasoning_summary`, `verbosity`, `response_format` and `logprobs` out of
    /// `args`; the rest goes into requests as it is.
    pub fn new(model: &str, args: Arguments) -> Result<Self, ModelError> {
        let (args, stream) = own_arguments(args)?;
        let effort = args.get("reasoning").and_then(|r| r.get("effort")).and_then(Value::as_str);
        let sampling = !is_reasoning_model(model) || effort == Some("none");
        Ok(Self { model: model.to_owned(), args, sampling, stream })
    }
}

fn own_arguments(mut args: Arguments) -> Result<(Map<String, Value>, Option<bool>), ModelError> {
    let stream = args.take_bool("stream")?;
    let mut reasoning = Map::new();
    for (key, field) in [("reasoning_effort", "effort"), ("reasoning_summary", "summary")] {
        if let Some(word) = args.take_word(key, "a word, such as low or auto")? {
            reasoning.insert(field.to_owned(), json!(word));
        }
    }
    let logprobs = args.take_bool("logprobs")?;
    // What chats have beside each other is one object here.
    let verbosity = args.take_word("verbosity", "a word, such as low")?;
    let format = args.take("response_format").filter(|format| !format.is_null());
    let mut rest = args.rest();
    let text = [("verbosity", verbosity.map(Value::from)), ("format", format.map(flat_format))];
    let mut text: Map<String, Value> = text.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?))).collect();
    if let Some(Value::Object(given)) = rest.get("text") {
        text.extend(given.clone());
    }
    if !text.is_empty() {
        rest.insert("text".to_owned(), Value::Object(text));
    }
    if let Some(Value::Object(given)) = rest.get("reasoning") {
        reasoning.extend(given.clone());
    }
    if !reasoning.is_empty() {
        rest.insert("reasoning".to_owned(), Value::Object(reasoning));
    }
    if logprobs == Some(true) {
        rest.entry("include").or_insert_with(|| json!(["message.output_text.logprobs"]));
        rest.entry("top_logprobs").or_insert_with(|| json!(0));
    }
    Ok((rest, stream))
}

/// A chat's `response_format` as this API writes it: the schema's own fields stand beside its type.
fn flat_format(format: Value) -> Value {
    match format {
        Value::Object(mut fields) => {
            if let Some(Value::Object(schema)) = fields.shift_remove("json_schema") {
                fields.extend(schema);
            }
            Value::Object(fields)
        }
        other => other,
    }
}

impl Wire for Responses {
    fn endpoint_kind(&self) -> &'static str {
        "an endpoint of OpenAI's responses API"
    }

    fn backend(&self) -> &'static str {
        "openai-responses"
    }

    fn settings(&self) -> Map<String, Value> {
        let mut all = Map::new();
        all.insert("sampling_sent".to_owned(), json!(self.sampling));
        all.insert("args".to_owned(), json!(self.args));
        all
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { chat: true, completion: false, seed: false, concurrency: None, context_tokens: None }
    }

    fn stream(&self) -> Option<bool> {
        self.stream
    }

    fn question(&self, request: &Request, stream: bool) -> Result<Question, ModelError> {
        let messages = chat_messages(request, &self.model)?;
        let sampling = &request.sampling;
        let mut body = Map::with_capacity(8);
        body.insert("model".to_owned(), json!(self.model));
        body.insert("input".to_owned(), json!(messages));
        if let Some(tokens) = sampling.max_tokens {
            body.insert("max_output_tokens".to_owned(), json!(tokens.max(LEAST_OUTPUT_TOKENS)));
        }
        if self.sampling {
            for (field, value) in [("temperature", sampling.temperature), ("top_p", sampling.top_p)] {
                if let Some(value) = value {
                    body.insert(field.to_owned(), json!(value));
                }
            }
        }
        // Nothing is to be left at the provider.
        body.insert("store".to_owned(), json!(false));
        if stream {
            body.insert("stream".to_owned(), json!(true));
        }
        apply(&mut body, &self.args);
        if !sampling.extra.is_empty() {
            apply(&mut body, &own_arguments(Arguments::new(&sampling.extra)?)?.0);
        }
        let all_stops_sent = sampling.stop.iter().all(String::is_empty);
        Ok(Question {
            path: Cow::Borrowed("responses"),
            body,
            max_tokens_field: Cow::Borrowed("max_output_tokens"),
            all_stops_sent,
        })
    }

    fn read(&self, body: &Value) -> Result<Answer, Misread> {
        read_response(body)
    }

    fn reader(&self) -> Box<dyn StreamReader> {
        Box::new(Growing::default())
    }
}
