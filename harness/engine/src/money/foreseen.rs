use super::experience::Own;
use super::prices::Tokens;
use super::{Asked, Counted, Price};
use jiff::Timestamp;

/// How far prompt tokens may be off, as factors: estimated from characters; corrected by what was reported of others, or
/// counted on some.
const ESTIMATED: (f64, f64) = (0.7, 1.5);
const CORRECTED: (f64, f64) = (0.9, 1.1);

/// Answers are taken to be half as long as expected at least, and twice as long at most where nothing bounds them.
const SHORTER: f64 = 0.5;
const LONGER: f64 = 2.0;

/// US dollars.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CostRange {
    /// Answers half as long as expected.
    pub low: f64,
    /// Answers as long as expected.
    pub expected: f64,
    /// Answers as long as they may be, or twice as long as expected where nothing bounds them.
    pub high: f64,
}

impl CostRange {
    /// The sum of two.
    pub fn plus(self, other: Self) -> Self {
        Self { low: self.low + other.low, expected: self.expected + other.expected, high: self.high + other.high }
    }
}

/// Requests that are about to be sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Foreseen<'a> {
    pub requests: usize,
    /// Tokens of all prompts, and how they are known.
    pub prompt_tokens: f64,
    pub counted: Counted,
    /// Tokens of all answers, as expected and at most.
    pub answer_tokens: f64,
    pub most_answer_tokens: Option<f64>,
    /// What earlier ones tell of the vendor's cache.
    pub own: Option<Own>,
    /// How they are asked for.
    pub asked: Asked<'a>,
}

impl Foreseen<'_> {
    /// What they cost.
    pub fn cost(&self, price: &Price) -> CostRange {
        let (fewer, more) = match self.counted {
            Counted::Estimated => ESTIMATED,
            Counted::AsReported | Counted::InPart => CORRECTED,
            Counted::Exactly => (1.0, 1.0),
        };
        let most = self.most_answer_tokens.unwrap_or(self.answer_tokens * LONGER).max(self.answer_tokens);
        CostRange {
            low: self.dollars(price, self.prompt_tokens * fewer, self.answer_tokens * SHORTER, true),
            expected: self.dollars(price, self.prompt_tokens, self.answer_tokens, true) * price.at(Timestamp::now()),
            high: self.dollars(price, self.prompt_tokens * more, most, false) * price.most_at_peak(),
        }
    }

    /// Prices depend on the length of one prompt, so the mean one is priced and multiplied.
    fn dollars(&self, price: &Price, prompt: f64, answer: f64, cached: bool) -> f64 {
        let count = self.requests.max(1) as f64;
        let rates = price.rates((prompt / count).round() as u64).times(price.factor(self.asked));
        let (mut read, mut written, mut written_1h) = (0.0, 0.0, 0.0);
        if let Some(own) = &self.own {
            // What was written once may have to be written again; that all is read again is not to be relied on.
            read = if cached { own.cached * prompt } else { 0.0 };
            (written, written_1h) = (own.written * prompt, own.written_1h * prompt);
        }
        let fresh = (prompt - read - written).max(0.0);
        let tokens = Tokens { fresh, cached: read, written: written - written_1h, written_1h, answer };
        rates.cost(&tokens)
    }
}
