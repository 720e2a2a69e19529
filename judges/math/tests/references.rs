//! Every reference of the real data against itself, as it is and rewritten as LaTeX.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "tests say what they measured and why they skip")]

mod support;

use proctor_math::{AnswerKind, Outcome, Settings, compare};
use support::latex::rewritten;
use support::references::{Reference, references};

fn tally(name: &str, all: &[Reference], rewrite: &dyn Fn(&Reference) -> String, least: f64) {
    let (mut accepted, mut shown, mut worst) = (0_usize, 0, std::time::Duration::ZERO);
    for one in all {
        let answer = rewrite(one);
        let started = std::time::Instant::now();
        let verdict = compare(&one.text, &answer, one.kind, &one.options, &Settings::default());
        worst = worst.max(started.elapsed());
        if verdict.outcome == Outcome::Equivalent {
            accepted += 1;
        } else if shown < 60 {
            shown += 1;
            println!(
                "{name} {:?} {} | {} | {answer} | {:?} {:?} {:?}",
                one.kind, one.id, one.text, verdict.step, verdict.note, verdict.disagreement
            );
        }
    }
    println!("{name}: {accepted} of {} ({:.3} %), slowest {worst:?}", all.len(), 100.0 * accepted as f64 / all.len() as f64);
    assert!(accepted as f64 >= least * all.len() as f64, "{name}: {accepted} of {}", all.len());
}

#[test]
fn references_are_themselves() {
    let Some(all) = references() else { return };
    tally("verbatim", &all, &|one| one.text.clone(), 0.999);
    // With a command before it the text is not the same, so that it must be read.
    let read = |one: &Reference| match one.kind {
        AnswerKind::Choice | AnswerKind::Choices | AnswerKind::Truth | AnswerKind::Phrase => one.text.clone(),
        _ => format!("\\displaystyle {}", one.text),
    };
    tally("read", &all, &read, 0.998);
    tally("LaTeX", &all, &|one| rewritten(one), 0.995);
}
