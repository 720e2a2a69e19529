use crate::support::{Scripted, now, open, question, refusal, samples, try_open};
use async_trait::async_trait;
use proctor_core::{
    AnswerForm, Ask, Capabilities, Completion, DataSource, Finish, Prompt, PromptSource, Protocol, Request, Role, Sampling,
    Session, SessionError, Usage,
};

#[test]
fn own_prompts_follow_upstreams_structure() {
    let benchmark = open(&[]);
    for sample in samples(&*benchmark, &DataSource::BuiltIn) {
        let text = question(&*benchmark, &sample, Protocol::Chat);
        let answers = sample.target["answer"].as_array().unwrap().len();
        let order = ["undergraduate mathematics", "subject", "missing", "Problem:\n", "LaTeX", "\\boxed{ANSWER}"];
        let mut rest = text.as_str();
        for part in order {
            rest = rest.split_once(part).unwrap_or_else(|| panic!("{part} is not in its place: {text}")).1;
        }
        assert!(text.contains(sample.text("problem").unwrap()), "{text}");
        assert_eq!(text.contains("with a comma between them"), answers != 1, "{text}");
        assert!(!text.contains("{options}") && !text.contains("{{"), "{text}");
        assert_eq!(text, question(&*benchmark, &sample, Protocol::Completion));
    }
}

#[test]
fn options_are_shown_as_python_shows_a_list() {
    let benchmark = open(&[]);
    let all = samples(&*benchmark, &DataSource::BuiltIn);
    let text_of = |part: &str| {
        let sample = all.iter().find(|sample| sample.text("problem").unwrap().contains(part)).unwrap();
        question(&*benchmark, sample, Protocol::Chat)
    };
    assert!(text_of("critical point at the origin").contains("one of the options ['minimum', 'maximum', 'saddle point']"));
    assert!(text_of("divisible by nine").contains("out of ['A', 'B', 'C', 'D'],"));
}

#[test]
fn the_two_ways_of_asking() {
    let sample = &samples(&*open(&[]), &DataSource::BuiltIn)[0];
    let closed = open(&[]);
    let sampling = closed.sampling(Protocol::Chat);
    assert_eq!((sampling.temperature, sampling.top_p, sampling.max_tokens), (Some(0.0), None, Some(2048)));
    assert!(sampling.stop.is_empty());
    let Prompt::Chat(messages) = closed.request(sample, Protocol::Chat, &sampling).unwrap().prompt else { panic!("no chat") };
    assert_eq!(messages.iter().map(|message| message.role).collect::<Vec<_>>(), [Role::User]);

    let open = open(&[("prompt", "open")]);
    let sampling = open.sampling(Protocol::Chat);
    assert_eq!((sampling.temperature, sampling.top_p, sampling.max_tokens), (Some(0.0), Some(1.0), Some(2048)));
    assert_eq!(sampling.stop.len(), 12);
    assert!(sampling.stop.contains(&"Response:".to_owned()) && sampling.stop.contains(&"Response".to_owned()));
    let Prompt::Chat(messages) = open.request(sample, Protocol::Chat, &sampling).unwrap().prompt else { panic!("no chat") };
    assert_eq!(messages.iter().map(|message| message.role).collect::<Vec<_>>(), [Role::System, Role::User]);
    assert_eq!(messages[0].content, "");
    assert_ne!(open.prompt_sha256(), closed.prompt_sha256());
}

#[test]
fn options_are_checked() {
    for (options, parts) in [
        (vec![("prompt", "half-open")], vec!["-B prompt=half-open", "closed, open"]),
        (vec![("judge", "human")], vec!["-B judge=human", "rule, marj"]),
        (vec![("mode", "kind")], vec!["official, improved"]),
        (vec![("colour", "red")], vec!["no option `colour`", "prompt, wrapper, judge, mode, judge_problem, order"]),
        (vec![("wrapper", "alpaca")], vec!["--prompts official"]),
    ] {
        let message = refusal(try_open(None, PromptSource::Own, &options));
        assert!(parts.iter().all(|part| message.contains(part)), "{message}");
    }
    assert!(!open(&[("judge", "rule")]).needs().judge);
    assert!(open(&[("judge", "marj")]).needs().judge);
}

/// Answers everything, and counts every prompt as so many tokens.
struct Counting(u64);

#[async_trait]
impl Ask for Counting {
    async fn ask(&self, request: &Request, _: u32) -> Result<Completion, SessionError> {
        let text = format!("at most {:?}", request.sampling.max_tokens);
        let usage = Usage::default();
        Ok(Completion {
            text,
            reasoning: None,
            finish: Finish::Stop,
            usage,
            model: "m".into(),
            latency_s: 0.0,
            cost_usd: None,
            ..Completion::default()
        })
    }

    fn count_tokens(&self, _: &Request) -> Option<u64> {
        Some(self.0)
    }
}

/// Open models have 2048 tokens for prompt and answer together, unless the user chose another limit.
#[test]
fn open_models_answer_in_what_the_prompt_leaves() {
    let sample = &samples(&*open(&[]), &DataSource::BuiltIn)[0];
    for (style, tokens, limit, expected) in
        [("open", 300, 2048, 1748), ("open", 5000, 2048, 1), ("open", 300, 4096, 4096), ("closed", 300, 2048, 2048)]
    {
        let benchmark = open(&[("prompt", style)]);
        let sampling = Sampling { max_tokens: Some(limit), ..benchmark.sampling(Protocol::Chat) };
        let (ask, judges) = (Counting(tokens), Scripted::default());
        let capabilities = Capabilities { chat: true, completion: true, seed: true, concurrency: None, context_tokens: None };
        let session = Session::new(&ask, &judges, Protocol::Chat, capabilities, 1);
        let attempt = now(benchmark.attempt(sample, &sampling, session)).unwrap();
        assert_eq!(attempt.answer.text, format!("at most Some({expected})"), "{style} {tokens} {limit}");
        assert_eq!((attempt.answer.form, attempt.exchanges.len()), (AnswerForm::Chat, 1));
    }
}
