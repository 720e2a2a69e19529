use super::tokens::{estimated_tokens, text_tokens};
use super::{Asked, Price};
use proctor_core::{Completion, Request, Usage};
use proctor_store::{Judged, Spent};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Attempts in flight while nothing is known of what one costs, and beyond those that have shown it.
const CAUTIOUS: usize = 1;

/// How often the mean is set aside for an attempt in flight at most, for want of knowledge of how much dearer it is.
const MOST_ASIDE: f64 = 2.0;

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
/// An attempt is started only if what is spent, what the attempts in flight and the gradings ahead are expected to cost and
/// what it is expected to cost itself, its grading included, stay within the caps. Alone, that is the mean so far of those
/// that were paid for, and before the first one has ended what it may cost at most. Of several in flight more is expected,
/// because dear answers take longer than cheap ones: those seen so far are the cheap ones, those in flight the dear ones. Their
/// mean is that of all times `1 + v²`, `v` the coefficient of variation; it is set aside up to twice, and the more the fewer
/// have ended. What is in flight is finished, so a cap is passed by at most what that costs beyond this; while nothing is
/// known, one is in flight, and then one more than have ended.
#[derive(Debug)]
pub struct Budget {
    caps: Caps,
    began: Instant,
    spent: Mutex<Ledger>,
}

/// Money and tokens.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    dollars: f64,
    tokens: f64,
}

impl Sum {
    fn add(&mut self, other: Sum) {
        self.dollars += other.dollars;
        self.tokens += other.tokens;
    }

    fn times(self, factor: f64) -> Sum {
        Sum { dollars: self.dollars * factor, tokens: self.tokens * factor }
    }

    /// The mean of `count`; none of none.
    fn over(self, count: u64) -> Option<Sum> {
        (count > 0).then(|| self.times(1.0 / count as f64))
    }
}

#[derive(Debug, Default)]
struct Ledger {
    /// The run that is being carried out.
    run: Option<String>,
    /// All of it.
    spent: Sum,
    /// What one attempt may cost at most, where that is known before.
    expected: Option<Sum>,
    /// Of what is spent, the part of the tested models, and the attempts that were paid for.
    asked: Sum,
    attempts: u64,
    /// How far answers differ in what they cost.
    spread: Spread,
    /// The part of judge models, the gradings that asked one, and whether there are judge models.
    judged: Sum,
    gradings: u64,
    judges: bool,
}

/// The sum of some figures and that of their squares.
#[derive(Debug, Clone, Copy, Default)]
struct Moments {
    count: f64,
    sum: f64,
    squares: f64,
}

impl Moments {
    fn take(&mut self, figure: f64) {
        self.count += 1.0;
        self.sum += figure;
        self.squares += figure * figure;
    }

    /// By how much the mean figure of those in flight is above that of all, where time in flight grows with the figure.
    fn in_flight(&self) -> f64 {
        if self.sum > 0.0 { (self.count * self.squares / (self.sum * self.sum)).max(1.0) } else { 1.0 }
    }
}

/// [`Moments`] of money and of tokens.
#[derive(Debug, Clone, Copy, Default)]
struct Spread {
    dollars: Moments,
    tokens: Moments,
}

/// What is under way beside an attempt that is about to be started.
#[derive(Debug, Clone, Copy, Default)]
pub struct UnderWay {
    /// Attempts in flight.
    pub attempts: usize,
    /// Answers that are being graded or wait for it.
    pub gradings: usize,
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

    /// Says which run is being carried out; what its judges answer is kept as asked for by it.
    pub(crate) fn begin(&self, run_id: &str) {
        self.ledger().run = Some(run_id.to_owned());
    }

    /// The run that is being carried out.
    pub(crate) fn run_id(&self) -> Option<String> {
        self.ledger().run.clone()
    }

    /// Counts what a run that begins has cost before, judge models in so many gradings included. What attempts of other runs cost, of other models, says nothing of its
    /// own.
    pub(crate) fn charge_stored(&self, spent: &Spent, judged: &Judged, gradings: usize) {
        let before = Sum { dollars: spent.cost_usd.unwrap_or(0.0), tokens: spent.tokens as f64 };
        let mut ledger = self.ledger();
        ledger.spent.add(before);
        let judged = Sum { dollars: judged.cost_usd.unwrap_or(0.0), tokens: judged.tokens as f64 };
        ledger.spent.add(judged);
        let (spent_before, run) = (ledger.spent, ledger.run.take());
        *ledger = Ledger { spent: spent_before, run, asked: before, judged, gradings: gradings as u64, ..Ledger::default() };
        // Of kept answers the first question alone is known to be one, so an attempt is one that asked something.
        let kept = if spent.exchanges == 0 { 0.0 } else { spent.cached_exchanges as f64 / spent.exchanges as f64 };
        ledger.attempts = (spent.attempts as f64 * (1.0 - kept)).round() as u64;
    }

    /// Says what one attempt is expected to cost at most, and how many tokens it may have.
    pub(crate) fn expect(&self, cost_usd: f64, tokens: f64) {
        self.ledger().expected = Some(Sum { dollars: cost_usd, tokens });
    }

    /// Says whether gradings ask judge models, which cost something, too.
    pub(crate) fn judged(&self, by_models: bool) {
        self.ledger().judges = by_models;
    }

    /// Counts an answer of a tested model. What it costs or uses, where that is not reported, is taken from `price` and the
    /// bytes of `request`.
    pub(crate) fn charge(&self, completion: &Completion, request: &Request, price: Option<&Price>) {
        let sum = charged(completion, request, price);
        let mut ledger = self.ledger();
        ledger.spent.add(sum);
        ledger.asked.add(sum);
        if !completion.cached {
            ledger.spread.dollars.take(sum.dollars);
            ledger.spread.tokens.take(sum.tokens);
        }
    }

    /// Counts an answer of a judge model, likewise.
    pub(crate) fn charge_judge(&self, completion: &Completion, request: &Request, price: Option<&Price>) {
        let sum = charged(completion, request, price);
        let mut ledger = self.ledger();
        ledger.spent.add(sum);
        ledger.judged.add(sum);
    }

    /// Counts an attempt that has ended and was paid for: one that failed, or whose answers were all kept, says nothing of
    /// what others will cost.
    pub(crate) fn attempt_ended(&self) {
        self.ledger().attempts += 1;
    }

    /// Counts a grading that has ended.
    pub(crate) fn grading_ended(&self) {
        let mut ledger = self.ledger();
        if ledger.judges {
            ledger.gradings += 1;
        }
    }

    /// Whether another attempt may be started beside what is `under_way`.
    pub(crate) fn leave(&self, under_way: UnderWay) -> Leave {
        if let Some(reason) = self.exhausted() {
            return Leave::Refused(reason);
        }
        let ledger = self.ledger();
        let counted = self.caps.cost_usd.is_some() || self.caps.tokens.is_some();
        if !counted {
            return Leave::Granted;
        }
        let UnderWay { attempts, gradings } = under_way;
        // Answers are graded while others are asked, so what counts is whether anything will show what it costs.
        let idle = attempts == 0 && (gradings == 0 || !ledger.judges);
        let Spread { dollars, tokens } = ledger.spread;
        let mean = ledger.asked.over(ledger.attempts);
        // In batches all end at once.
        let careful = ledger.expected.is_none() && attempts > 0;
        let few = if careful { 1.0 + 1.0 / (ledger.attempts.max(1) as f64).sqrt() } else { 1.0 };
        let aside = |moments: Moments| {
            let above = moments.in_flight();
            if careful { above * above.min(MOST_ASIDE) * few } else { 1.0 }
        };
        let asked = mean.map(|mean| Sum { dollars: mean.dollars * aside(dollars), tokens: mean.tokens * aside(tokens) });
        let judged = if ledger.judges { ledger.judged.over(ledger.gradings) } else { Some(Sum::default()) };
        let known = asked.or(ledger.expected).zip(judged);
        if known.is_none() && attempts + if ledger.judges { gradings } else { 0 } >= CAUTIOUS {
            return Leave::Wait;
        }
        if careful && attempts as u64 >= ledger.attempts.saturating_add(CAUTIOUS as u64) {
            return Leave::Wait;
        }
        let (attempt, grading) = known.unwrap_or_default();
        let more = attempts as f64 + 1.0;
        let mut then = ledger.spent;
        then.add(attempt.times(more));
        then.add(grading.times(if ledger.judges { more + gradings as f64 } else { 0.0 }));
        let passed = match (self.caps.cost_usd, self.caps.tokens) {
            (Some(cap), _) if then.dollars > cap => {
                format!("the next attempt would pass --max-cost {cap} (spent: US$ {:.4})", ledger.spent.dollars)
            }
            (_, Some(cap)) if then.tokens > cap as f64 => {
                format!("the next attempt would pass --max-tokens-total {cap} (used: {:.0})", ledger.spent.tokens)
            }
            _ => return Leave::Granted,
        };
        match idle {
            // What an attempt may cost at most is no reason to try none.
            true if asked.is_none() => Leave::Granted,
            true => Leave::Refused(passed),
            false => Leave::Wait,
        }
    }

    /// Which cap is reached, in a sentence.
    pub(crate) fn exhausted(&self) -> Option<String> {
        let ledger = self.ledger();
        if let Some(cap) = self.caps.cost_usd
            && ledger.spent.dollars >= cap
        {
            return Some(format!("--max-cost {cap} is reached (spent: US$ {:.4})", ledger.spent.dollars));
        }
        if let Some(cap) = self.caps.tokens
            && ledger.spent.tokens >= cap as f64
        {
            return Some(format!("--max-tokens-total {cap} is reached (used: {:.0})", ledger.spent.tokens));
        }
        let time = self.caps.time?;
        (self.began.elapsed() >= time).then(|| format!("--max-time is reached ({} s)", time.as_secs()))
    }

    fn ledger(&self) -> std::sync::MutexGuard<'_, Ledger> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an answer costs now, and its tokens; a kept one costs nothing and uses none. Tokens that nobody reports are
/// estimated, so that a cap ends a run at an endpoint that reports none.
fn charged(completion: &Completion, request: &Request, price: Option<&Price>) -> Sum {
    if completion.cached {
        return Sum::default();
    }
    let Completion { usage, text, reasoning, .. } = completion;
    let answer = text_tokens(text) + reasoning.as_ref().map_or(0.0, |reasoning| text_tokens(reasoning));
    let usage = Usage {
        prompt_tokens: usage.prompt_tokens.or_else(|| Some(estimated_tokens(request).ceil() as u64)),
        completion_tokens: usage.completion_tokens.or_else(|| Some(answer.ceil() as u64)),
        ..*usage
    };
    let tokens = usage.prompt_tokens.unwrap_or(0).saturating_add(usage.completion_tokens.unwrap_or(0));
    let asked = Asked { batched: false, tiers: &completion.tiers };
    let dollars = completion.cost_usd.or_else(|| price.and_then(|price| price.cost(&usage, asked)));
    Sum { dollars: dollars.unwrap_or(0.0), tokens: tokens as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proctor_core::{Prompt, Sampling};

    fn question() -> Request {
        Request::new(Prompt::Completion("12345678".into()), Sampling::default())
    }

    fn beside(attempts: usize) -> UnderWay {
        UnderWay { attempts, gradings: 0 }
    }

    fn answer(cost: f64, tokens: u64) -> Completion {
        let usage = Usage { prompt_tokens: Some(tokens), completion_tokens: Some(0), ..Usage::default() };
        Completion { cost_usd: Some(cost), usage, ..Completion::default() }
    }

    /// A run of `attempts` that all cost the same, at most `places` at once; how many were started before it was refused.
    fn started(caps: Caps, cost: f64, tokens: u64, places: usize) -> (usize, String) {
        let budget = Budget::new(caps);
        let (mut started, mut in_flight) = (0, 0);
        for _ in 0..10_000 {
            match budget.leave(beside(in_flight)) {
                Leave::Granted if in_flight < places => (started, in_flight) = (started + 1, in_flight + 1),
                Leave::Refused(reason) => return (started, reason),
                _ => {
                    budget.charge(&answer(cost, tokens), &question(), None);
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
        let granted = (0..10).take_while(|in_flight| budget.leave(beside(*in_flight)) == Leave::Granted).count();
        assert_eq!(granted, 3);
        // It costs less than it might have.
        budget.charge(&answer(0.01, 0), &question(), None);
        budget.attempt_ended();
        let granted = (0..200).take_while(|in_flight| budget.leave(beside(*in_flight)) == Leave::Granted).count();
        assert_eq!(granted, 99);
        let small = Budget::new(Caps { cost_usd: Some(0.1), ..Caps::default() });
        small.expect(0.3, 0.0);
        assert_eq!((small.leave(beside(0)), small.leave(beside(1))), (Leave::Granted, Leave::Wait));
    }

    #[test]
    fn kept_answers_are_free_and_earlier_commands_count() {
        let budget = Budget::new(Caps { cost_usd: Some(1.0), ..Caps::default() });
        budget.charge(&Completion { cached: true, ..answer(9.0, 9) }, &question(), None);
        assert_eq!(budget.leave(beside(0)), Leave::Granted);
        let spent = Spent { cost_usd: Some(0.9), attempts: 9, ..Spent::default() };
        let judged = Judged { cost_usd: Some(0.0), ..Judged::default() };
        budget.charge_stored(&spent, &judged, 0);
        assert_eq!(budget.leave(beside(0)), Leave::Granted);
        assert_eq!(budget.leave(beside(1)), Leave::Wait);
        budget.charge_judge(&answer(0.05, 1), &question(), None);
        assert!(matches!(budget.leave(beside(0)), Leave::Refused(_)));
        assert_eq!(budget.exhausted(), None);
        // What its judges cost before counts as well.
        let budget = Budget::new(Caps { cost_usd: Some(1.0), ..Caps::default() });
        budget.charge_stored(&spent, &Judged { cost_usd: Some(0.2), ..Judged::default() }, 9);
        assert!(budget.exhausted().is_some_and(|why| why.contains("spent: US$ 1.1000")));
        // And tells what a grading costs: an attempt for a tenth, its grading for a fiftieth.
        for (cap, leave) in [(1.23, Leave::Granted), (1.19, Leave::Wait)] {
            let budget = Budget::new(Caps { cost_usd: Some(cap), ..Caps::default() });
            budget.charge_stored(&spent, &Judged { cost_usd: Some(0.18), ..Judged::default() }, 9);
            budget.judged(true);
            let alone = budget.leave(beside(0));
            assert!(alone == leave || (leave == Leave::Wait && matches!(alone, Leave::Refused(_))), "{cap}: {alone:?}");
        }
    }

    #[test]
    fn gradings_ahead_cost_too() {
        let budget = Budget::new(Caps { cost_usd: Some(1.0), ..Caps::default() });
        budget.judged(true);
        assert_eq!(budget.leave(beside(0)), Leave::Granted);
        for _ in 0..10 {
            budget.charge(&answer(0.001, 0), &question(), None);
            budget.attempt_ended();
        }
        // The first grading shows what a grading costs.
        assert_eq!(budget.leave(UnderWay { attempts: 0, gradings: 1 }), Leave::Wait);
        budget.charge_judge(&answer(0.09, 0), &question(), None);
        budget.grading_ended();
        // An attempt with its grading costs a tenth, and a grading ahead nearly as much.
        let granted =
            |gradings| (0..20).take_while(|n| budget.leave(UnderWay { attempts: *n, gradings }) == Leave::Granted).count();
        assert_eq!((granted(0), granted(5), granted(9)), (9, 4, 0));
        assert_eq!(budget.leave(UnderWay { attempts: 0, gradings: 10 }), Leave::Wait);
    }

    /// A run of attempts whose costs differ as answers of models do, at most `places` at once, the dear ones longer in flight;
    /// what it spends in all.
    fn spends(cap: f64, places: usize, mut seed: u64) -> f64 {
        let budget = Budget::new(Caps { cost_usd: Some(cap), ..Caps::default() });
        let mut in_flight: Vec<(f64, f64)> = Vec::new();
        let (mut now, mut spent) = (0.0, 0.0);
        for _ in 0..100_000 {
            match budget.leave(beside(in_flight.len())) {
                Leave::Granted if in_flight.len() < places => {
                    seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    // Exponentially distributed, mean 0.007.
                    let cost = -0.007 * (((seed >> 11) as f64 + 1.0) / (1_u64 << 53) as f64).ln();
                    in_flight.push((now + 0.05 + cost * 10.0, cost));
                }
                Leave::Refused(_) if in_flight.is_empty() => break,
                _ => {
                    in_flight.sort_by(|a, b| b.0.total_cmp(&a.0));
                    let Some((ended, cost)) = in_flight.pop() else { break };
                    now = ended;
                    spent += cost;
                    budget.charge(&answer(cost, 0), &question(), None);
                    budget.attempt_ended();
                }
            }
        }
        spent
    }

    #[test]
    fn a_cap_holds_with_many_in_flight_whose_costs_differ() {
        for cap in [0.2, 1.0, 10.0] {
            let spent: Vec<f64> = (0..200).map(|seed| spends(cap, 128, seed * 7919 + 1) / cap).collect();
            let mean = spent.iter().sum::<f64>() / spent.len() as f64;
            let most = spent.iter().copied().fold(0.0, f64::max);
            // Fewer attempts even out less.
            let bounds = if cap < 1.0 { (0.9, 1.1, 1.6) } else { (0.95, 1.02, 1.15) };
            assert!(mean > bounds.0 && mean < bounds.1 && most < bounds.2, "cap {cap}: mean {mean:.3}, most {most:.3}");
        }
    }

    #[test]
    fn another_run_begins_with_care() {
        let budget = Budget::new(Caps { cost_usd: Some(1.0), ..Caps::default() });
        for _ in 0..50 {
            budget.charge(&answer(0.001, 0), &question(), None);
            budget.attempt_ended();
        }
        assert_eq!((budget.leave(beside(50)), budget.leave(beside(51))), (Leave::Granted, Leave::Wait));
        // The next model may cost a hundred times as much.
        budget.charge_stored(&Spent::default(), &Judged::default(), 0);
        assert_eq!((budget.leave(beside(0)), budget.leave(beside(1))), (Leave::Granted, Leave::Wait));
        budget.charge(&answer(0.4, 0), &question(), None);
        budget.attempt_ended();
        assert_eq!((budget.leave(beside(0)), budget.leave(beside(1))), (Leave::Granted, Leave::Wait), "two more would pass it");
        budget.charge(&answer(0.4, 0), &question(), None);
        budget.attempt_ended();
        assert!(matches!(budget.leave(beside(0)), Leave::Refused(_)));
    }

    #[test]
    fn attempts_that_cost_nothing_say_nothing_of_the_others() {
        let budget = Budget::new(Caps { cost_usd: Some(2.05), ..Caps::default() });
        let spent = Spent { attempts: 1000, exchanges: 2000, cached_exchanges: 1980, cost_usd: Some(1.0), ..Spent::default() };
        budget.charge_stored(&spent, &Judged::default(), 0);
        let granted = (0..20).take_while(|n| budget.leave(beside(*n)) == Leave::Granted).count();
        assert_eq!(granted, 7, "ten attempts were paid for, a tenth each; for those in flight a third more is set aside");
    }

    #[test]
    fn tokens_that_nobody_reports_are_estimated() {
        let budget = Budget::new(Caps { tokens: Some(9), ..Caps::default() });
        let silent = Completion { text: "12345678".into(), reasoning: Some("1234".into()), ..Completion::default() };
        budget.charge(&silent, &question(), None);
        budget.attempt_ended();
        assert!(matches!(budget.leave(beside(0)), Leave::Refused(why) if why.contains("used: 5")));
    }

    #[test]
    fn time_runs_out_whatever_was_spent() {
        let budget = Budget::new(Caps { time: Some(Duration::from_secs(3600)), ..Caps::default() });
        assert_eq!(budget.leave(beside(500)), Leave::Granted);
        let budget = Budget::new(Caps { time: Some(Duration::ZERO), ..Caps::default() });
        assert!(matches!(budget.leave(beside(0)), Leave::Refused(reason) if reason.contains("--max-time")));
    }
}
