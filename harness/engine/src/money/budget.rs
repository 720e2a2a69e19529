use proctor_core::Completion;
use proctor_store::Spent;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Attempts in flight while nothing is known of what one costs.
const CAUTIOUS: usize = 1;

/// How much may be spent; `None` is as much as it takes.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Caps {
    /// US dollars, those of earlier commands on the same runs included.
    pub cost_usd: Option<f64>,
    /// Tokens of prompts and answers, those of earlier commands on the same runs included.
    pub tokens: Option<u64>,
    /// Time of this command.
    pub time: Option<Duration>,
}

/// Whether another attempt may be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leave {
    /// It may.
    Granted,
    /// Not before one in flight has shown what it costs.
    Wait,
    /// No more of them; the sentence says which cap is reached and what to do.
    Refused(String),
}

/// What is spent by the runs of one command, and the caps on it.
///
/// An attempt is started only if what is spent, what those in flight are expected to cost and what it is expected to cost
/// itself stay within the caps; expected is the mean so far, and before the first one has ended what it may cost at most. What
/// is in flight is finished, so a cap is passed by at most what attempts in flight cost beyond that; while nothing is known,
/// one is in flight.
#[derive(Debug)]
pub struct Budget {
    caps: Caps,
    began: Instant,
    spent: Mutex<Ledger>,
}

#[derive(Debug, Default)]
struct Ledger {
    cost_usd: f64,
    tokens: u64,
    /// What one attempt may cost at most, where that is known before.
    expected: Option<(f64, f64)>,
    /// Of what is spent, the part that attempts of known number made.
    asked_usd: f64,
    asked_tokens: u64,
    attempts: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self::new(Caps::default())
    }
}

impl Budget {
    /// Nothing spent yet; time runs from now.
    pub fn new(caps: Caps) -> Self {
        Self { caps, began: Instant::now(), spent: Mutex::default() }
    }

    /// Counts what a run has cost before.
    pub(crate) fn charge_stored(&self, spent: &Spent) {
        let mut ledger = self.ledger();
        ledger.cost_usd += spent.cost_usd.unwrap_or(0.0);
        ledger.tokens += spent.tokens;
        ledger.asked_usd += spent.cost_usd.unwrap_or(0.0);
        ledger.asked_tokens += spent.tokens;
        ledger.attempts += spent.attempts as u64;
    }

    /// Says what one attempt is expected to cost at most, and how many tokens it may have.
    pub(crate) fn expect(&self, cost_usd: f64, tokens: f64) {
        self.ledger().expected = Some((cost_usd, tokens));
    }

    /// Counts an answer of a tested model.
    pub(crate) fn charge(&self, completion: &Completion) {
        let (cost, tokens) = price(completion);
        let mut ledger = self.ledger();
        ledger.cost_usd += cost;
        ledger.tokens += tokens;
        ledger.asked_usd += cost;
        ledger.asked_tokens += tokens;
    }

    /// Counts an answer of a judge model.
    pub(crate) fn charge_judge(&self, completion: &Completion) {
        let (cost, tokens) = price(completion);
        let mut ledger = self.ledger();
        ledger.cost_usd += cost;
        ledger.tokens += tokens;
    }

    /// Counts an attempt that has ended.
    pub(crate) fn attempt_ended(&self) {
        self.ledger().attempts += 1;
    }

    /// Whether another attempt may be started beside `in_flight` others.
    pub(crate) fn leave(&self, in_flight: usize) -> Leave {
        if let Some(reason) = self.exhausted() {
            return Leave::Refused(reason);
        }
        let ledger = self.ledger();
        let more = in_flight as f64 + 1.0;
        let attempts = ledger.attempts as f64;
        let (dollars, tokens) = match ledger.attempts {
            0 => ledger.expected.unwrap_or_default(),
            _ => (ledger.asked_usd / attempts, ledger.asked_tokens as f64 / attempts),
        };
        let mut passed = None;
        if let Some(cap) = self.caps.cost_usd
            && ledger.cost_usd + dollars * more > cap
        {
            passed = Some(format!("the next attempt would pass --max-cost {cap} (spent: US$ {:.4})", ledger.cost_usd));
        }
        if let Some(cap) = self.caps.tokens
            && ledger.tokens as f64 + tokens * more > cap as f64
        {
            passed = Some(format!("the next attempt would pass --max-tokens-total {cap} (used: {})", ledger.tokens));
        }
        let counted = self.caps.cost_usd.is_some() || self.caps.tokens.is_some();
        match passed {
            // What an attempt may cost at most is no reason to try none.
            Some(_) if ledger.attempts == 0 && in_flight == 0 => Leave::Granted,
            Some(reason) if in_flight == 0 => Leave::Refused(reason),
            Some(_) => Leave::Wait,
            None if counted && ledger.attempts == 0 && ledger.expected.is_none() && in_flight >= CAUTIOUS => Leave::Wait,
            None => Leave::Granted,
        }
    }

    /// Which cap is reached, in a sentence.
    pub(crate) fn exhausted(&self) -> Option<String> {
        let ledger = self.ledger();
        if let Some(cap) = self.caps.cost_usd
            && ledger.cost_usd >= cap
        {
            return Some(format!("--max-cost {cap} is reached (spent: US$ {:.4})", ledger.cost_usd));
        }
        if let Some(cap) = self.caps.tokens
            && ledger.tokens >= cap
        {
            return Some(format!("--max-tokens-total {cap} is reached (used: {})", ledger.tokens));
        }
        let time = self.caps.time?;
        (self.began.elapsed() >= time).then(|| format!("--max-time is reached ({} s)", time.as_secs()))
    }

    fn ledger(&self) -> std::sync::MutexGuard<'_, Ledger> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an answer costs now, and its tokens; a kept one costs nothing and uses none.
fn price(completion: &Completion) -> (f64, u64) {
    if completion.cached {
        return (0.0, 0);
    }
    let tokens = completion.usage.prompt_tokens.unwrap_or(0).saturating_add(completion.usage.completion_tokens.unwrap_or(0));
    (completion.cost_usd.unwrap_or(0.0), tokens)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proctor_core::Usage;

    fn answer(cost: f64, tokens: u64) -> Completion {
        let usage = Usage { prompt_tokens: Some(tokens), completion_tokens: Some(0), ..Usage::default() };
        Completion { cost_usd: Some(cost), usage, ..Completion::default() }
    }

    /// A run of `attempts` that all cost the same, at most `places` at once; how many were started before it was refused.
    fn started(caps: Caps, cost: f64, tokens: u64, places: usize) -> (usize, String) {
        let budget = Budget::new(caps);
        let (mut started, mut in_flight) = (0, 0);
        for _ in 0..10_000 {
            match budget.leave(in_flight) {
                Leave::Granted if in_flight < places => (started, in_flight) = (started + 1, in_flight + 1),
                Leave::Refused(reason) => return (started, reason),
                _ => {
                    budget.charge(&answer(cost, tokens));
                    budget.attempt_ended();
                    in_flight -= 1;
                }
            }
        }
        (started, String::new())
    }

    #[test]
    fn a_cap_is_kept_and_used_up() {
        let money = Caps { cost_usd: Some(1.0), ..Caps::default() };
        for places in [1, 3, 64] {
            let (count, reason) = started(money, 0.099, 10, places);
            assert_eq!(count, 10, "{reason}");
            assert!(reason.contains("--max-cost 1 "), "{reason}");
        }
        let (count, reason) = started(Caps { tokens: Some(1000), ..Caps::default() }, 0.0, 100, 8);
        assert!(count == 10 && reason.contains("--max-tokens-total 1000"), "{count}: {reason}");
        // What a first attempt costs is not known before.
        assert_eq!(started(money, 5.0, 0, 64).0, 1);
        assert_eq!(started(Caps { cost_usd: Some(0.0), ..Caps::default() }, 1.0, 0, 8).0, 0);
    }

    #[test]
    fn what_an_attempt_may_cost_holds_the_first_ones_back() {
        let budget = Budget::new(Caps { cost_usd: Some(1.0), ..Caps::default() });
        budget.expect(0.3, 0.0);
        let granted = (0..10).take_while(|in_flight| budget.leave(*in_flight) == Leave::Granted).count();
        assert_eq!(granted, 3);
        // It costs less than it might have.
        budget.charge(&answer(0.01, 0));
        budget.attempt_ended();
        let granted = (0..200).take_while(|in_flight| budget.leave(*in_flight) == Leave::Granted).count();
        assert_eq!(granted, 99);
        let small = Budget::new(Caps { cost_usd: Some(0.1), ..Caps::default() });
        small.expect(0.3, 0.0);
        assert_eq!((small.leave(0), small.leave(1)), (Leave::Granted, Leave::Wait));
    }

    #[test]
    fn kept_answers_are_free_and_earlier_commands_count() {
        let budget = Budget::new(Caps { cost_usd: Some(1.0), ..Caps::default() });
        budget.charge(&Completion { cached: true, ..answer(9.0, 9) });
        assert_eq!(budget.leave(0), Leave::Granted);
        let spent = Spent { cost_usd: Some(0.9), attempts: 9, ..Spent::default() };
        budget.charge_stored(&spent);
        assert_eq!(budget.leave(0), Leave::Granted);
        assert_eq!(budget.leave(1), Leave::Wait);
        budget.charge_judge(&answer(0.05, 1));
        assert!(matches!(budget.leave(0), Leave::Refused(_)));
        assert_eq!(budget.exhausted(), None);
    }

    #[test]
    fn time_runs_out_whatever_was_spent() {
        let budget = Budget::new(Caps { time: Some(Duration::from_secs(3600)), ..Caps::default() });
        assert_eq!(budget.leave(500), Leave::Granted);
        let budget = Budget::new(Caps { time: Some(Duration::ZERO), ..Caps::default() });
        assert!(matches!(budget.leave(0), Leave::Refused(reason) if reason.contains("--max-time")));
    }
}
