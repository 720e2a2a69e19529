use super::experience::Own;
use super::prices::Tokens;
use super::{Asked, Counted, Experience, Price};
use jiff::Timestamp;

/// How far prompt tokens may be off, as factors: estimated from characters; corrected by what was reported of others, or
/// counted on some.
const ESTIMATED: (f64, f64) = (0.7, 1.5);
const CORRECTED: (f64, f64) = (0.9, 1.1);

/// How much shorter and longer than expected answers are taken to be. Of an assumption nearly anything may become; another
/// model's answers may be of another kind.
const ASSUMED_SHORTER: f64 = 0.02;
const OTHERS_SHORTER: f64 = 0.1;

/// Where nothing bounds them.
const LONGER: f64 = 5.0;

/// The model's own answers tell the more the more of them there are: `OWN_LONGER + OWN_SPREAD / √n` times as long at most.
const OWN_LONGER: f64 = 1.5;
const OWN_SPREAD: f64 = 3.0;

/// The part of the prompts that a vendor reads from its cache at best, while nobody has seen what it does.
const CACHED_AT_BEST: f64 = 0.5;

/// US dollars.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CostRange {
    /// Answers as short as they may well be, and the vendor's cache at its best.
    pub low: f64,
    /// Answers as long as expected.
    pub expected: f64,
    /// Answers as long as they may well be.
    pub high: f64,
}

impl CostRange {
    /// The sum of two.
    pub fn plus(self, other: Self) -> Self {
        Self { low: self.low + other.low, expected: self.expected + other.expected, high: self.high + other.high }
    }
}

/// How much a vendor's cache helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cache {
    AtBest,
    AsSeen,
    AtWorst,
}

/// Requests that are about to be sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Foreseen<'a> {
    pub requests: usize,
    /// Tokens of all prompts, and how they are known.
    pub prompt_tokens: f64,
    pub counted: Counted,
    /// Tokens of all answers, as expected and at most, and how they are known.
    pub answer_tokens: f64,
    pub most_answer_tokens: Option<f64>,
    pub experience: Experience,
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
        let (shorter, longer) = self.lengths();
        let most = self.most_answer_tokens.map_or(self.answer_tokens * longer, |most| match self.experience {
            Experience::Own => most.min(self.answer_tokens * longer),
            Experience::Others | Experience::Assumed => most,
        });
        let most = most.max(self.answer_tokens);
        CostRange {
            low: self.dollars(price, self.prompt_tokens * fewer, self.answer_tokens * shorter, Cache::AtBest),
            expected: self.dollars(price, self.prompt_tokens, self.answer_tokens, Cache::AsSeen) * price.at(Timestamp::now()),
            high: self.dollars(price, self.prompt_tokens * more, most, Cache::AtWorst) * price.most_at_peak(),
        }
    }

    /// How much shorter and longer than expected the answers are in the low and the high figure.
    fn lengths(&self) -> (f64, f64) {
        match (self.experience, &self.own) {
            (Experience::Own, own) => {
                let longer = OWN_LONGER + OWN_SPREAD / own.map_or(1.0, |own| own.attempts.max(1.0)).sqrt();
                (1.0 / longer, longer)
            }
            (Experience::Others, _) => (OTHERS_SHORTER, LONGER),
            (Experience::Assumed, _) => (ASSUMED_SHORTER, LONGER),
        }
    }

    /// Prices depend on the length of one prompt, so the mean one is priced and multiplied.
    fn dollars(&self, price: &Price, prompt: f64, answer: f64, cache: Cache) -> f64 {
        let count = self.requests.max(1) as f64;
        let rates = price.rates((prompt / count).round() as u64).times(price.factor(self.asked));
        let (mut read, mut written, mut written_1h) = (0.0, 0.0, 0.0);
        if let Some(own) = &self.own {
            // What was written once may have to be written again; that all is read again is not to be relied on.
            read = if cache == Cache::AtWorst { 0.0 } else { own.cached * prompt };
            (written, written_1h) = (own.written * prompt, own.written_1h * prompt);
        } else if cache == Cache::AtBest {
            read = CACHED_AT_BEST * prompt;
        }
        let fresh = (prompt - read - written).max(0.0);
        let tokens = Tokens { fresh, cached: read, written: written - written_1h, written_1h, answer };
        rates.cost(&tokens)
    }
}
