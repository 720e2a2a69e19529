//! The model's own chat template.

use super::failure;
use super::tokenizer::ModelTokenizer;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{Environment, ErrorKind, context};
use proctor_core::{Message, ModelError, ModelErrorKind, Role};

const NAME: &str = "chat";

/// The date templates are told, so that a prompt is the same on every day: the day that templates which ask for a
/// date fall back to themselves.
const DATE: (i16, i8, i8) = (2024, 7, 26);

/// Turns messages into the text the model was trained on.
pub struct ChatTemplate {
    environment: Environment<'static>,
    start: String,
    end: String,
}

impl ChatTemplate {
    /// Compiles a template as Hugging Face's tokenizers run it: blocks trimmed, Python's string methods,
    /// `raise_exception` and `strftime_now`.
    pub(super) fn new(source: &str, tokenizer: &ModelTokenizer) -> Result<Self, ModelError> {
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.map_err(|e| failure(format!("the template syntax is refused: {e}")))?);
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function("raise_exception", |message: String| -> Result<Value, minijinja::Error> {
            Err(minijinja::Error::new(ErrorKind::InvalidOperation, message))
        });
        environment.add_function("strftime_now", |format: String| -> Result<String, minijinja::Error> {
            let (year, month, day) = DATE;
            jiff::civil::Date::new(year, month, day)
                .and_then(|date| jiff::fmt::strtime::format(&format, date.at(0, 0, 0, 0)))
                .map_err(|e| minijinja::Error::new(ErrorKind::InvalidOperation, format!("strftime_now: {e}")))
        });
        environment
            .add_template_owned(NAME, source.to_owned())
            .map_err(|e| failure(format!("the model file's chat template cannot be read: {e}")))?;
        Ok(Self { environment, start: tokenizer.start_text().to_owned(), end: tokenizer.end_text().to_owned() })
    }

    /// The text for `messages`, open for the assistant's answer.
    pub fn render(&self, messages: &[Message]) -> Result<String, ModelError> {
        let refused = |e: minijinja::Error| {
            let reason = e.detail().map_or_else(|| e.to_string(), str::to_owned);
            ModelError::new(ModelErrorKind::BadRequest, format!("the model's chat template refuses the messages: {reason}"))
        };
        let template = self.environment.get_template(NAME).map_err(refused)?;
        template
            .render(context! {
                messages => messages.iter().map(as_value).collect::<Vec<_>>(),
                add_generation_prompt => true,
                bos_token => self.start.as_str(),
                eos_token => self.end.as_str(),
            })
            .map_err(refused)
    }
}

fn as_value(message: &Message) -> Value {
    let role = match message.role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    };
    context! { role => role, content => message.content.as_str() }
}
