use super::evidence::Evidence;
use crate::SampleView;
use crate::frames::{finish_word, role_word};
use crate::text::{bounded, count, one_line};
use proctor_core::{Exchange, Prompt};
use serde::Serialize;

/// A short fact: its name and value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A text, or the beginning and end of a long one. Hidden characters are in it as they are; the script shows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Text<T = String> {
    /// What is there.
    #[serde(rename = "t")]
    pub text: T,
    /// Bytes of the whole, where something is left out.
    #[serde(rename = "n", skip_serializing_if = "Option::is_none")]
    pub whole: Option<usize>,
}

/// A titled text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Block<T = String> {
    /// What it is; of a message, who speaks.
    pub title: String,
    /// The text.
    pub text: Text<T>,
}

/// One question and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Turn<T = String> {
    /// The messages of the prompt; one without a title is a raw prompt.
    pub prompt: Vec<Block<T>>,
    /// Reasoning reported apart from the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<Text<T>>,
    /// The answer.
    pub answer: Text<T>,
    /// How it was asked and what it took.
    pub facts: Vec<Fact>,
}

/// Everything known of one attempt, as the script shows it and as `proctor view` serves it: data, never markup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SampleDocument<T = String> {
    /// Why there is no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Text<T>>,
    /// Questions and answers in order.
    pub turns: Vec<Turn<T>>,
    /// The answer that is graded, where it is not the last of the turns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<Text<T>>,
    /// What was extracted from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extracted: Option<Text<T>>,
    /// Why the grade is what it is, where the table of samples has less than the whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Text<T>>,
    /// The evidence: programs, outputs, what was compared.
    pub evidence: Vec<Block<T>>,
    /// Scores, group, subsets, and other short facts.
    pub facts: Vec<Fact>,
}

/// How much of a text a document holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextLimits {
    /// Most bytes of one message of a prompt.
    pub prompt: usize,
    /// Most bytes of any other text.
    pub text: usize,
}

impl TextLimits {
    /// Everything, for readers that ask for one sample.
    pub const WHOLE: TextLimits = TextLimits { prompt: usize::MAX, text: usize::MAX };
}

/// What kind a text is; alike texts compress well together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextKind {
    Prompt,
    Reasoning,
    Answer,
    Extracted,
    Evidence,
}

/// Characters of an explanation that the table of samples shows.
pub(super) const SHORT_EXPLANATION: usize = 120;

impl SampleDocument {
    /// The document of an attempt.
    pub fn of(view: &SampleView, limits: TextLimits) -> Self {
        let attempt = view.attempt.attempt.as_ref();
        let grade = view.grade.as_ref();
        let last = attempt.and_then(|a| a.exchanges.last()).map(|e| &e.completion.text);
        let explanation = grade.map(|g| g.explanation.as_str()).filter(|text| text.chars().count() > SHORT_EXPLANATION);
        let mut evidence = Evidence::default();
        if let Some(grade) = grade {
            for (name, value) in &grade.scores {
                evidence.fact(&format!("score · {name}"), value.to_string());
            }
            evidence.object("", &grade.artifacts);
        }
        evidence.value("compared with", &view.sample.target);
        if let Some(attempt) = attempt {
            evidence.object("", &attempt.facts);
        }
        evidence.fact("group", view.sample.group.as_str());
        if !view.sample.strata.is_empty() {
            evidence.fact("subsets", view.sample.strata.join(", "));
        }
        evidence.object("", &view.sample.metadata);
        let blocks = evidence.blocks.into_iter().map(|(title, text)| Block { title, text: cut(&text, limits.text) });
        SampleDocument {
            error: view.attempt.error.as_deref().map(|text| cut(text, limits.text)),
            turns: attempt.map(|a| a.exchanges.iter().map(|e| turn(e, limits)).collect()).unwrap_or_default(),
            answer: attempt.filter(|a| last != Some(&a.answer.text)).map(|a| cut(&a.answer.text, limits.text)),
            extracted: grade.and_then(|g| g.extracted.as_deref()).map(|text| cut(text, limits.text)),
            explanation: explanation.map(|text| cut(text, limits.text)),
            evidence: blocks.collect(),
            facts: evidence.facts,
        }
    }

    /// Whether something is left out of a text.
    pub(super) fn is_cut(&self) -> bool {
        let turns = self
            .turns
            .iter()
            .flat_map(|turn| turn.prompt.iter().map(|block| &block.text).chain(&turn.reasoning).chain([&turn.answer]));
        let others = self.error.iter().chain(&self.answer).chain(&self.extracted).chain(&self.explanation);
        turns.chain(others).chain(self.evidence.iter().map(|block| &block.text)).any(|text| text.whole.is_some())
    }

    /// The same with every text replaced by what `of` makes of it.
    pub(super) fn map<T>(self, of: &mut impl FnMut(String, TextKind) -> T) -> SampleDocument<T> {
        let mut text = |text: Text, kind| Text { text: of(text.text, kind), whole: text.whole };
        let mut turns = Vec::new();
        for turn in self.turns {
            let message = |block: Block, text: &mut dyn FnMut(Text, TextKind) -> Text<T>| Block {
                title: block.title,
                text: text(block.text, TextKind::Prompt),
            };
            turns.push(Turn {
                prompt: turn.prompt.into_iter().map(|block| message(block, &mut text)).collect(),
                reasoning: turn.reasoning.map(|t| text(t, TextKind::Reasoning)),
                answer: text(turn.answer, TextKind::Answer),
                facts: turn.facts,
            });
        }
        SampleDocument {
            error: self.error.map(|t| text(t, TextKind::Evidence)),
            turns,
            answer: self.answer.map(|t| text(t, TextKind::Answer)),
            extracted: self.extracted.map(|t| text(t, TextKind::Extracted)),
            explanation: self.explanation.map(|t| text(t, TextKind::Evidence)),
            evidence: self
                .evidence
                .into_iter()
                .map(|block| Block { title: block.title, text: text(block.text, TextKind::Evidence) })
                .collect(),
            facts: self.facts,
        }
    }
}

fn cut(text: &str, limit: usize) -> Text {
    let part = bounded(text, limit);
    Text { text: part.text.into_owned(), whole: part.whole }
}

fn turn(exchange: &Exchange, limits: TextLimits) -> Turn {
    let (request, completion) = (&exchange.request, &exchange.completion);
    let prompt = match &request.prompt {
        Prompt::Completion(text) => vec![Block { title: String::new(), text: cut(text, limits.prompt) }],
        Prompt::Chat(messages) => messages
            .iter()
            .map(|m| Block { title: role_word(m.role).to_string(), text: cut(&m.content, limits.prompt) })
            .collect(),
    };
    let mut facts = Vec::new();
    let mut fact = |name: &str, value: String| facts.push(Fact { name: name.into(), value });
    fact("ended by", one_line(finish_word(&completion.finish)));
    fact("answered by", one_line(&completion.model));
    let usage = &completion.usage;
    for (name, tokens) in [
        ("prompt tokens", usage.prompt_tokens),
        ("answer tokens", usage.completion_tokens),
        ("reasoning tokens", usage.reasoning_tokens),
        ("cached tokens", usage.cached_tokens),
    ] {
        if let Some(tokens) = tokens {
            fact(name, count(tokens));
        }
    }
    fact("time", crate::text::seconds(completion.latency_s));
    if let Some(cost) = completion.cost_usd {
        fact("cost", format!("US$ {cost:.6}"));
    }
    if completion.cached {
        fact("from the store's kept answers", "yes".into());
    }
    let sampling = serde_json::to_value(&request.sampling).unwrap_or_default();
    let set = sampling.as_object().into_iter().flatten();
    let set = set.filter(|(_, v)| {
        !v.is_null() && v.as_object().is_none_or(|o| !o.is_empty()) && v.as_array().is_none_or(|a| !a.is_empty())
    });
    let parts: Vec<String> = set.map(|(name, value)| format!("{name} {value}")).collect();
    if !parts.is_empty() {
        fact("sampling", one_line(&parts.join(", ")));
    }
    Turn {
        prompt,
        reasoning: completion.reasoning.as_deref().map(|text| cut(text, limits.text)),
        answer: cut(&completion.text, limits.text),
        facts,
    }
}
