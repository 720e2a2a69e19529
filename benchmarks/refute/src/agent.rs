//! The variant in which a model may run programs before it answers (spec section 3, agent).

use crate::actions::{Fields, tolerant};
use crate::evaluation::{Code, run};
use crate::label;
use proctor_contest::raised;
use proctor_core::{
    AnswerForm, Attempt, BenchmarkError, Execution, JudgeError, Language, Message, Prompt, Request, Role, Session, Verdict,
};

/// Runs a model has.
const MOST_RUNS: usize = 10;
/// Answers it may give after an invalid input.
const MOST_RESUBMISSIONS: usize = 5;
/// Seconds of each run.
const SECONDS: f64 = 30.0;
/// Characters of output it is told.
const MOST_OUTPUT: usize = 2000;

/// Asks until there is an answer whose input is valid, or nothing more is allowed.
pub async fn ask(request: Request, validator: &str, mut session: Session<'_>) -> Result<Attempt, BenchmarkError> {
    let mut request = request;
    let (mut runs, mut submissions) = (0, 0);
    loop {
        let text = session.ask(request.clone()).await?.text.clone();
        let actions = tolerant(&text);
        let reply = if let Some(answer) = actions.get("print_fail_case") {
            match refusal(answer, validator, &session).await? {
                Some(why) if submissions < MOST_RESUBMISSIONS => {
                    submissions += 1;
                    format!("The input is not valid: {why}\nAnswer with another one.")
                }
                _ => return Ok(session.finish(text, AnswerForm::Chat)),
            }
        } else if let Some(program) = actions.get("run_code").filter(|_| runs < MOST_RUNS) {
            runs += 1;
            let told = execute(program, actions.get("input_print"), &session).await?;
            format!("{told}\nRuns left: {}.", MOST_RUNS - runs)
        } else {
            return Ok(session.finish(text, AnswerForm::Chat));
        };
        match &mut request.prompt {
            Prompt::Chat(messages) => {
                messages.push(Message::new(Role::Assistant, text));
                messages.push(Message::new(Role::User, reply));
            }
            Prompt::Completion(prompt) => prompt.push_str(&format!("{text}\n\n{reply}\n\n")),
        }
    }
}

fn code(fields: &Fields) -> Code {
    let text = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    Code { language: label::language(text("lang")), source: text("code").to_owned() }
}

/// Runs; what the sandbox cannot run is told to the model like any other failure.
async fn attempt(code: &Code, input: &str, session: &Session<'_>) -> Result<Result<Execution, String>, BenchmarkError> {
    match run(code, input, SECONDS, 0, session.judges()).await {
        Ok(execution) => Ok(Ok(execution)),
        Err(JudgeError::Failed(why)) => Ok(Err(why)),
        Err(error) => Err(error.into()),
    }
}

/// Why the input is not valid; `None` where it is.
async fn refusal(answer: &Fields, validator: &str, session: &Session<'_>) -> Result<Option<String>, BenchmarkError> {
    let input = match attempt(&code(answer), "", session).await? {
        Ok(execution) if execution.verdict == Verdict::Ok => execution.stdout,
        Ok(execution) => return Ok(Some(format!("the program ends in {}: {}", execution.verdict, raised(&execution)))),
        Err(why) => return Ok(Some(why)),
    };
    let validator = Code { language: Language::Python, source: validator.to_owned() };
    Ok(match attempt(&validator, &input, session).await? {
        Ok(execution) if execution.verdict == Verdict::Ok => None,
        Ok(execution) => Some(cut(&execution.stderr)),
        Err(why) => Some(why),
    })
}

async fn execute(program: &Fields, input: Option<&Fields>, session: &Session<'_>) -> Result<String, BenchmarkError> {
    let input = match input {
        None => String::new(),
        Some(fields) => match attempt(&code(fields), "", session).await? {
            Ok(execution) if execution.verdict == Verdict::Ok => execution.stdout,
            Ok(execution) => {
                return Ok(format!("The program for the input ends in {}: {}", execution.verdict, raised(&execution)));
            }
            Err(why) => return Ok(why),
        },
    };
    Ok(match attempt(&code(program), &input, session).await? {
        Ok(execution) if execution.verdict == Verdict::Ok => format!("It printed:\n{}", cut(&execution.stdout)),
        Ok(execution) => {
            let (output, errors) = (cut(&execution.stdout), cut(&execution.stderr));
            format!("It ended in {}: {}\nIt printed:\n{output}\nErrors:\n{errors}", execution.verdict, raised(&execution))
        }
        Err(why) => why,
    })
}

fn cut(text: &str) -> String {
    text.chars().take(MOST_OUTPUT).collect()
}
