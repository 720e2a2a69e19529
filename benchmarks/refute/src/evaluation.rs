//! Whether an input breaks the wrong program (spec section 4, standard evaluation).

use proctor_contest::{CPP_SECOND, PYTHON_SECOND, raised, refute_equal};
use proctor_core::{Entry, Execution, JudgeError, Judges, Language, Limits, Program, Semantics, Verdict};
use std::time::Duration;

/// Seconds every program has; problems' own limits are ignored on purpose.
pub const RUN_SECONDS: f64 = 21.0;
/// Seconds a program has within a search.
pub const SEARCH_RUN_SECONDS: f64 = 5.0;
/// How often both programs run before they are said to agree.
const RUNS: u64 = 5;

/// A program of an item or of a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// Its language.
    pub language: Language,
    /// Its text.
    pub source: String,
}

/// The programs an input is judged with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The wrong program.
    pub wrong: Code,
    /// The trusted one.
    pub correct: Code,
    /// Python: status 0 for valid inputs.
    pub validator: String,
}

/// What an input came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// `success_wa`, `success_rte`, `success_tle`, `outputs_agree`, `invalid_input`, `oracle_error` …
    pub category: &'static str,
    /// Whether upstream counts it as a success.
    pub official: bool,
    /// Whether the outputs differ, and again so in a second run.
    pub strict: bool,
    /// One sentence.
    pub explanation: String,
    /// Output of the wrong program.
    pub wrong_output: Option<String>,
    /// Output of the trusted one.
    pub correct_output: Option<String>,
}

impl Evaluation {
    /// A failure.
    pub fn failure(category: &'static str, explanation: impl Into<String>) -> Self {
        let explanation = explanation.into();
        Evaluation { category, official: false, strict: false, explanation, wrong_output: None, correct_output: None }
    }
}

/// Runs `code` with `input` for at most `seconds`.
pub async fn run(code: &Code, input: &str, seconds: f64, seed: u64, judges: &dyn Judges) -> Result<Execution, JudgeError> {
    let second = if code.language == Language::Python { PYTHON_SECOND } else { CPP_SECOND };
    let limits = Limits {
        work: (seconds * second) as u64,
        memory_bytes: 2 << 30,
        output_bytes: 64 << 20,
        wall: Duration::from_secs(300),
        ..Limits::default()
    };
    let program = Program {
        stdin: Some(input.as_bytes().to_vec()),
        environment: [("PYTHONINTMAXSTRDIGITS".to_owned(), "0".to_owned()), ("SEED".to_owned(), seed.to_string())].into(),
        entry: Entry::Script,
        semantics: Semantics::Official,
        limits,
        seed,
        ..Program::new(code.language, code.source.clone())
    };
    let execution = judges.run(program).await?;
    match execution.verdict {
        Verdict::SandboxError => Err(JudgeError::Failed(format!("A program could not be run: {}", raised(&execution)))),
        Verdict::TimeLimit if execution.wall_net => Err(JudgeError::Failed("The wall-clock net ended a program".into())),
        _ => Ok(execution),
    }
}

/// Whether the validator takes `input`.
pub async fn valid(item: &Item, input: &str, judges: &dyn Judges) -> Result<Execution, JudgeError> {
    let validator = Code { language: Language::Python, source: item.validator.clone() };
    run(&validator, input, RUN_SECONDS, 0, judges).await
}

/// Judges an input: valid, and the wrong program's output differs from the trusted one's. As upstream has it, a wrong
/// program that crashes or runs out of time is broken, too, and the trusted one is then not run.
pub async fn evaluate(item: &Item, input: &str, judges: &dyn Judges) -> Result<Evaluation, JudgeError> {
    let validation = valid(item, input, judges).await?;
    if validation.verdict != Verdict::Ok {
        return Ok(Evaluation::failure("invalid_input", format!("The validator refuses the input: {}", raised(&validation))));
    }
    for seed in 0..RUNS {
        let wrong = run(&item.wrong, input, RUN_SECONDS, seed, judges).await?;
        if wrong.verdict != Verdict::Ok {
            let category = match wrong.verdict {
                Verdict::TimeLimit => "success_tle",
                Verdict::CompileError => {
                    return Ok(Evaluation::failure("unsupported_item", "The wrong program does not compile here"));
                }
                _ => "success_rte",
            };
            let explanation = format!("The wrong program ends in {} on a valid input: {}", wrong.verdict, raised(&wrong));
            let wrong_output = Some(wrong.stdout);
            return Ok(Evaluation { official: true, wrong_output, ..Evaluation::failure(category, explanation) });
        }
        let correct = run(&item.correct, input, RUN_SECONDS, seed, judges).await?;
        if correct.verdict != Verdict::Ok {
            let explanation = format!("The trusted program ends in {} on the input: {}", correct.verdict, raised(&correct));
            return Ok(Evaluation::failure("oracle_error", explanation));
        }
        if !refute_equal(&correct.stdout, &wrong.stdout) {
            let again = run(&item.wrong, input, RUN_SECONDS, seed + RUNS, judges).await?;
            let trusted = run(&item.correct, input, RUN_SECONDS, seed + RUNS, judges).await?;
            let strict = (&again.verdict, &again.stdout) == (&Verdict::Ok, &wrong.stdout) && trusted.stdout == correct.stdout;
            return Ok(Evaluation {
                category: "success_wa",
                official: true,
                strict,
                explanation: "The wrong program's output differs from the trusted one's on a valid input.".into(),
                wrong_output: Some(wrong.stdout),
                correct_output: Some(correct.stdout),
            });
        }
    }
    Ok(Evaluation::failure("outputs_agree", "Both programs print the same on the input."))
}

/// Whether an item can be judged here, and by which trusted program; else the reason.
pub async fn admit(
    wrong: &Code,
    correct: &[Code],
    validator: &str,
    example: Option<(&str, Option<&str>)>,
    judges: &dyn Judges,
) -> Result<Result<Item, String>, JudgeError> {
    let mut reason = "there is no trusted program".to_owned();
    for correct in correct {
        let item = Item { wrong: wrong.clone(), correct: correct.clone(), validator: validator.to_owned() };
        match fitness(&item, example, judges).await {
            Ok(None) => return Ok(Ok(item)),
            Ok(Some(why)) => reason = why,
            Err(JudgeError::Failed(why)) => reason = why,
            Err(error) => return Err(error),
        }
    }
    Ok(Err(reason))
}

/// Why an item cannot be judged; `None` where it can.
async fn fitness(item: &Item, example: Option<(&str, Option<&str>)>, judges: &dyn Judges) -> Result<Option<String>, JudgeError> {
    if valid(item, "", judges).await?.verdict == Verdict::Ok {
        return Ok(Some("its validator takes an empty input".into()));
    }
    let Some((input, output)) = example else { return Ok(None) };
    let with_newline = format!("{}\n", input.trim_end_matches('\n'));
    let mut taken = None;
    for candidate in [input, with_newline.as_str()] {
        if valid(item, candidate, judges).await?.verdict == Verdict::Ok {
            taken = Some(candidate);
            break;
        }
    }
    let Some(input) = taken else { return Ok(Some("its validator refuses its own example".into())) };
    for (name, code) in [("wrong", &item.wrong), ("trusted", &item.correct)] {
        let execution = run(code, input, RUN_SECONDS, 0, judges).await?;
        if execution.verdict != Verdict::Ok {
            return Ok(Some(format!("its {name} program ends in {} on the example: {}", execution.verdict, raised(&execution))));
        }
        if name == "trusted" && output.is_some_and(|output| !refute_equal(output, &execution.stdout)) {
            return Ok(Some("its trusted program does not print the example's output".into()));
        }
    }
    Ok(None)
}
