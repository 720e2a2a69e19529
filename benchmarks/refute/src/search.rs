//! Random search: the model's generator against two programs until their outputs differ (spec section 4).

use crate::evaluation::{Code, Evaluation, Item, SEARCH_RUN_SECONDS, evaluate, run};
use proctor_contest::{CPP_SECOND, refute_equal};
use proctor_core::{JudgeError, Judges, Verdict};

/// Seconds of a search, counted in work, so that it ends alike on every machine.
const SEARCH_SECONDS: f64 = 60.0;
/// Most inputs tried.
const MOST_INPUTS: u64 = 20_000;
/// Work that an input costs at least: starting three programs.
const LEAST_WORK: u64 = 500_000_000;

/// What a search came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// The verdict on the input it ended with.
    pub evaluation: Evaluation,
    /// That input.
    pub input: Option<String>,
    /// Inputs tried.
    pub inputs: u64,
}

/// Searches. A wrong program that crashes ends the search; upstream does not keep the input then and counts a failure,
/// so that only the strict verdict can be a success.
pub async fn search(item: &Item, reference: &Code, generator: &Code, judges: &dyn Judges) -> Result<Search, JudgeError> {
    let budget = (SEARCH_SECONDS * CPP_SECOND) as u64;
    let mut spent = 0u64;
    for tried in 1..=MOST_INPUTS {
        let generated = run(generator, "", SEARCH_RUN_SECONDS, tried, judges).await?;
        let input = generated.stdout;
        let wrong = run(&item.wrong, &input, SEARCH_RUN_SECONDS, tried, judges).await?;
        let trusted = run(reference, &input, SEARCH_RUN_SECONDS, tried, judges).await?;
        if trusted.verdict == Verdict::CompileError || generated.verdict == Verdict::CompileError {
            let failure = Evaluation::failure("generator_error", "A program of the reply does not compile.");
            return Ok(Search { evaluation: failure, input: None, inputs: tried });
        }
        let crashed = wrong.verdict != Verdict::Ok;
        if crashed || !refute_equal(&trusted.stdout, &wrong.stdout) {
            let mut evaluation = evaluate(item, &input, judges).await?;
            if crashed {
                evaluation.official = false;
            }
            return Ok(Search { evaluation, input: Some(input), inputs: tried });
        }
        spent = spent
            .saturating_add(generated.work)
            .saturating_add(wrong.work)
            .saturating_add(trusted.work)
            .saturating_add(LEAST_WORK);
        if spent > budget {
            let failure =
                Evaluation::failure("search_timeout", format!("{tried} inputs were tried; on none do the outputs differ."));
            return Ok(Search { evaluation: failure, input: None, inputs: tried });
        }
    }
    let failure =
        Evaluation::failure("search_timeout", format!("{MOST_INPUTS} inputs were tried; on none do the outputs differ."));
    Ok(Search { evaluation: failure, input: None, inputs: MOST_INPUTS })
}
