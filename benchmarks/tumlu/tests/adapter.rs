//! The adapter on the built-in questions and on folders made here.

mod support;

use proctor_core::{
    AnswerRow, Attempt, DataSource, Figure, GradedAttempt, Opening, Outcome, Prompt, PromptSource, Protocol, Role, Selection,
};
use proctor_tumlu::{CORE, FAMILY, LANGUAGES, OfficialPrompts};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use support::{Fake, WithVariant, grade, graded, open, option};

#[test]
fn every_variant_is_complete() {
    let cards = (FAMILY.cards)();
    assert_eq!(cards.len(), 3 + 12 + 5);
    for card in cards {
        let variant = card.name.split_once(':').map(|(_, variant)| variant.to_owned());
        let benchmark = open(Opening { variant, ..Opening::default() }).unwrap();
        assert_eq!(benchmark.card(), &card);
        let samples = benchmark.samples(&DataSource::BuiltIn, &Selection::default()).unwrap();
        assert_eq!(samples.len(), card.builtin_samples, "{}", card.name);
        assert!(samples.len() >= 10);
        for sample in &samples {
            let reference = benchmark.reference(sample).unwrap();
            let grade = grade(benchmark.as_ref(), sample, &reference);
            assert_eq!(grade.outcome, Outcome::Correct, "{} {}", sample.id, grade.explanation);
            assert_eq!(grade.scores["robust"], 1.0, "{}", sample.id);
            let request = benchmark.request(sample, Protocol::Chat, &benchmark.sampling(Protocol::Chat)).unwrap();
            let Prompt::Chat(messages) = request.prompt else { panic!("not a chat") };
            let [system, user] = &messages[..] else { panic!("{messages:?}") };
            assert_eq!((system.role, user.role), (Role::System, Role::User));
            assert!(user.content.ends_with(": ") && user.content.contains("\nD) "), "{}", user.content);
            assert_eq!(system.content.matches("\nD) ").count(), 5, "{}", sample.id);
        }
    }
}

#[test]
fn built_in_questions_are_sound() {
    for language in &LANGUAGES {
        let benchmark = open(option("shuffle", "off").variant(language.name)).unwrap();
        let samples = benchmark.samples(&DataSource::BuiltIn, &Selection::default()).unwrap();
        let mut questions: Vec<&str> = samples.iter().map(|sample| sample.text("question").unwrap()).collect();
        questions.sort_unstable();
        questions.dedup();
        assert_eq!(questions.len(), samples.len(), "{}", language.name);
        for core in CORE {
            assert!(samples.iter().any(|sample| sample.strata[1] == core), "{} has no {core}", language.name);
        }
        // What can be worked out here: a product, an equation, an area, a speed.
        for (id, expected) in [("maths/0", 15 * 4), ("maths/1", (20 - 5) / 3), ("maths/2", 8 * 5), ("physics/1", 100 / 2)] {
            let sample = samples.iter().find(|sample| sample.id == format!("{}/{id}", language.name)).unwrap();
            let right = "ABCD".find(sample.target.as_str().unwrap()).unwrap();
            assert_eq!(sample.inputs["choices"][right], expected.to_string(), "{}", sample.id);
        }
        let mut letters: Vec<&str> = samples.iter().map(|sample| sample.target.as_str().unwrap()).collect();
        letters.sort_unstable();
        letters.dedup();
        assert!(letters.len() >= 3, "{}: {letters:?}", language.name);
    }
}

#[test]
fn options_are_shuffled_alike_in_every_run() {
    let order = |opening: Opening| {
        let benchmark = open(opening.variant("turkish")).unwrap();
        let samples = benchmark.samples(&DataSource::BuiltIn, &Selection::default()).unwrap();
        let system = match benchmark.request(&samples[0], Protocol::Chat, &benchmark.sampling(Protocol::Chat)).unwrap().prompt {
            Prompt::Chat(messages) => messages[0].content.clone(),
            Prompt::Completion(text) => text,
        };
        (samples.iter().map(|sample| sample.inputs["choices"].clone()).collect::<Vec<_>>(), system)
    };
    let default = order(Opening::default());
    assert_eq!(default, order(option("shuffle", "0")));
    assert_ne!(default, order(option("shuffle", "1")));
    assert_ne!(default, order(option("shuffle", "off")));
}

#[test]
fn prompts_have_upstreams_form() {
    let ask = |opening: Opening, protocol| {
        let benchmark = open(opening).unwrap();
        let samples = benchmark.samples(&DataSource::BuiltIn, &Selection::default()).unwrap();
        benchmark.request(&samples[0], protocol, &benchmark.sampling(protocol)).unwrap()
    };
    let request = ask(option("shuffle", "off").variant("kazakh"), Protocol::Chat);
    assert_eq!(request.sampling.temperature, Some(0.0));
    assert_eq!(request.sampling.max_tokens, Some(1024));
    let Prompt::Chat(messages) = request.prompt else { panic!() };
    assert_eq!(messages[1].content, "Сұрақ: 15 пен 4 сандарының көбейтіндісі нешеге тең?\nA) 45\nB) 60\nC) 55\nD) 64\n\nЖауап: ");
    assert!(messages[0].content.starts_with(
        "Сұрақ: 7 мен 8 сандарының қосындысы нешеге тең?\nA) 13\nB) 14\nC) 15\nD) 16\n\nЖауап: C\n\nСұрақ: Алтынның"
    ));
    let request = ask(option("shuffle", "off").variant("kazakh-cot"), Protocol::Chat);
    let Prompt::Chat(messages) = request.prompt else { panic!() };
    assert!(messages[1].content.ends_with("\nD) 64\nШешім: "));
    assert!(messages[0].content.contains("\nD) 16\nШешім: 7-ге 8-ді қоссақ, 15 шығады. Жауап: CСұрақ: "));
    let request = ask(Opening::default().variant("uzbek"), Protocol::Completion);
    assert_eq!(request.sampling.stop, ["\nSavol:"]);
    let Prompt::Completion(text) = request.prompt else { panic!() };
    assert!(text.starts_with("Savol: 7 va 8") && text.ends_with("\n\nJavob: "));
    let request = ask(option("shots", "0").variant("uzbek"), Protocol::Chat);
    let Prompt::Chat(messages) = request.prompt else { panic!() };
    assert_eq!(messages.len(), 1);
    let shots = |count: &str| match ask(option("shots", count).variant("uzbek-cyrillic"), Protocol::Chat).prompt {
        Prompt::Chat(messages) => messages[0].content.clone(),
        Prompt::Completion(text) => text,
    };
    assert!(shots("2").ends_with("\n\n ") && shots("2").len() < shots("5").len());
}

#[test]
fn the_sum_of_prompts_tells_what_is_asked() {
    let sums = [
        open(Opening::default().variant("kazakh")),
        open(Opening::default().variant("kazakh-cot")),
        open(Opening::default().variant("uzbek")),
        open(option("shots", "3").variant("kazakh")),
        open(option("shuffle", "off").variant("kazakh")),
    ]
    .map(|benchmark| benchmark.unwrap().prompt_sha256());
    for (place, sum) in sums.iter().enumerate() {
        assert!(!sums[..place].contains(sum));
    }
}

#[test]
fn wrong_options_are_told() {
    let error = |opening: Opening| open(opening).err().unwrap().to_string();
    assert!(error(Opening::default().variant("klingon")).contains("known are cot, scripts, azerbaijani"));
    assert!(error(Opening::default().variant("tatar-cot")).contains("no variant `tatar-cot`"));
    assert!(error(option("shot", "1")).contains("no option `shot`"));
    assert!(error(option("shots", "6")).contains("from 0 to 5"));
    assert!(error(option("shuffle", "x")).contains("write a whole number"));
    assert!(error(option("extraction", "lenient")).contains("robust, official"));
    let benchmark = open(option("subject", "astrology").variant("kazakh")).unwrap();
    let error = benchmark.samples(&DataSource::BuiltIn, &Selection::default()).unwrap_err().to_string();
    assert!(error.contains("no subject `astrology`") && error.contains("biology"), "{error}");
    for (subjects, count) in [("maths", 3), ("mathematics,physics", 5), ("language", 1), ("Native language & literature", 1)] {
        let benchmark = open(option("subject", subjects).variant("kazakh")).unwrap();
        assert_eq!(benchmark.samples(&DataSource::BuiltIn, &Selection::default()).unwrap().len(), count, "{subjects}");
    }
}

fn write(folder: &Path, file: &str, text: &str) {
    let path = folder.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

const ROW: &str = r#"{"question": " Q? ", "choices": ["a", "b", "c", "d"], "answer": "C", "subject": "phsyics"}"#;

#[test]
fn upstreams_folders_are_read() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "data/kazakh/test/phsyics.jsonl", &format!("{ROW}\n\n{ROW}\n"));
    write(folder.path(), "data/kazakh/dev/phsyics.jsonl", ROW);
    write(folder.path(), "data/kazakh/test/Computer science.jsonl", "");
    write(folder.path(), "data/kazakh/test/Human & Society.jsonl", ROW);
    write(folder.path(), "data/kazakh/dev/Human & Society.jsonl", ROW);
    let benchmark = open(Opening::default().variant("kazakh")).unwrap();
    for path in [folder.path().to_owned(), folder.path().join("data"), folder.path().join("data/kazakh")] {
        let samples = benchmark.samples(&DataSource::Folder(path), &Selection::default()).unwrap();
        let ids: Vec<&str> = samples.iter().map(|sample| sample.id.as_str()).collect();
        assert_eq!(ids, ["kazakh/human-society/0", "kazakh/phsyics/0", "kazakh/phsyics/1"]);
        assert_eq!(samples[1].strata[1], "Physics");
    }
    write(folder.path(), "nameless/kazakh/test.jsonl", &ROW.replace("phsyics", ""));
    let nameless = benchmark.samples(&DataSource::Folder(folder.path().join("nameless")), &Selection::default());
    assert!(nameless.unwrap_err().to_string().contains("question 1 has no `subject`"));
    write(folder.path(), "hub/kazakh/test-00000-of-00001.jsonl", &format!("{ROW}\n"));
    write(folder.path(), "hub/kazakh/dev-00000-of-00001.jsonl", &format!("{}\n", ROW.replace("phsyics", "physics")));
    let samples = benchmark.samples(&DataSource::Folder(folder.path().join("hub")), &Selection::default()).unwrap();
    assert_eq!(samples[0].id, "kazakh/phsyics/0");
}

#[test]
fn bad_folders_are_told_in_one_sentence() {
    let error = |files: &[(&str, &str)], opening: Opening| {
        let folder = tempfile::tempdir().unwrap();
        for (file, text) in files {
            write(folder.path(), file, text);
        }
        let benchmark = open(opening).unwrap();
        let error = benchmark.samples(&DataSource::Folder(folder.path().to_owned()), &Selection::default()).unwrap_err();
        let error = error.to_string();
        assert!(!error.contains('\n'), "{error}");
        error
    };
    let kazakh = || Opening::default().variant("kazakh");
    let test = "kazakh/test/maths.jsonl";
    let dev = ("kazakh/dev/maths.jsonl", ROW);
    assert!(error(&[], kazakh()).contains("holds no questions in kazakh"));
    assert!(error(&[(test, ROW), dev], Opening::default()).contains("no questions in azerbaijani"));
    assert!(error(&[(test, "{"), dev], kazakh()).contains("maths.jsonl, line 1: not a JSON object"));
    assert!(error(&[(test, &format!("{ROW}\n[]")), dev], kazakh()).contains("line 2: there is no `question`"));
    assert!(
        error(&[(test, &ROW.replace("\"C\"", "\"E\"")), dev], kazakh())
            .contains("`answer` is `E`, not one of the letters A to D")
    );
    assert!(error(&[(test, &ROW.replace("\"b\", ", "1, ")), dev], kazakh()).contains("`choices` is not a list of texts"));
    assert!(error(&[(test, &ROW.replace("\"a\", \"b\", \"c\", \"d\"", "\"a\"")), dev], kazakh()).contains("2 to 5"));
    assert!(error(&[(test, ""), dev], kazakh()).contains("hold no questions"));
    assert!(error(&[(test, ROW)], kazakh()).contains("no shots for kazakh/maths; -B shots=0"));
    assert!(error(&[(test, ROW), dev], Opening::default().variant("kazakh-cot")).contains("no worked solution"));
    assert!(error(&[(test, ROW), ("kazakh/test/Maths.jsonl", ROW), dev], kazakh()).contains("cannot be told apart"));
}

fn row(value: Value) -> AnswerRow {
    AnswerRow { line: 1, value }
}

#[test]
fn stored_outputs_are_graded_by_themselves() {
    let benchmark = open(Opening::default().variant("turkish")).unwrap();
    let samples = benchmark.samples(&DataSource::BuiltIn, &Selection::default()).unwrap();
    let question = samples[0].text("question").unwrap();
    let mut choices: Vec<Value> = samples[0].inputs["choices"].as_array().unwrap().clone();
    choices.reverse();
    let right = choices.iter().position(|choice| choice == "60").unwrap();
    let letter = ["A", "B", "C", "D"][right];
    let record = |output: &str| {
        row(
            json!({"question": format!("{question} "), "choices": choices, "answer": letter, "output": output, "system": "", "input": ""}),
        )
    };
    let rows = [record(&format!("Cevap: {letter}")), record("[INVALID]"), record("Cevap yok")];
    let benchmark = open(option("extraction", "official").variant("turkish")).unwrap();
    let imported = benchmark.import(&samples, &rows).unwrap();
    let ids: Vec<_> = imported.iter().map(|imported| (imported.sample_id.as_str(), imported.epoch)).collect();
    assert_eq!(ids, [("turkish/maths/0", 0), ("turkish/maths/0", 1), ("turkish/maths/0", 2)]);
    let grades: Vec<_> = imported.iter().map(|imported| grade(benchmark.as_ref(), &samples[0], &imported.attempt)).collect();
    let outcomes: Vec<_> = grades.iter().map(|grade| grade.outcome).collect();
    assert_eq!(outcomes, [Outcome::Correct, Outcome::Unparsed, Outcome::Unparsed]);
    assert_eq!(grades[1].category.as_deref(), Some("[INVALID] output"));
    let robust = open(option("extraction", "robust").variant("turkish")).unwrap();
    assert_eq!(grade(robust.as_ref(), &samples[0], &imported[1].attempt).outcome, Outcome::InfraError);
    assert_eq!(grades[1].scores["official"], 0.0);
    assert!(!grades[1].scores.contains_key("robust"));
    let own = benchmark.import(&samples, &[row(json!({"sample_id": "turkish/maths/1", "answer": "Cevap: A"}))]).unwrap();
    assert_eq!(own[0].sample_id, "turkish/maths/1");

    let error = |value: Value| benchmark.import(&samples, &[row(value)]).unwrap_err().to_string();
    assert!(error(json!({})).contains("Row 1 of the answers has no text in `question`"));
    assert!(error(json!({"question": "?", "choices": ["a"], "answer": "B", "output": ""})).contains("none of its 1 `choices`"));
    assert!(error(json!({"question": "?", "choices": ["a"], "answer": "A", "output": ""})).contains("not in the data"));
    assert!(
        error(json!({"question": "?", "choices": "a", "answer": "A", "output": ""})).contains("no list of texts in `choices`")
    );
}

#[test]
fn a_revised_question_is_graded_as_it_was() {
    let benchmark = open(Opening::default().variant("turkish")).unwrap();
    let samples = benchmark.samples(&DataSource::BuiltIn, &Selection::default()).unwrap();
    let mut rows: Vec<AnswerRow> = samples[..3]
        .iter()
        .map(|sample| {
            row(json!({"question": sample.inputs["question"], "choices": sample.inputs["choices"], "answer": sample.target, "output": ""}))
        })
        .collect();
    rows[1] = row(json!({"question": "Eski soru?", "choices": ["x", "y"], "answer": "B", "output": "Cevap: B"}));
    let imported = benchmark.import(&samples, &rows).unwrap();
    assert_eq!(imported[1].sample_id, "turkish/maths/1");
    let grade = grade(benchmark.as_ref(), &samples[1], &imported[1].attempt);
    assert_eq!(grade.outcome, Outcome::Correct);
    assert_eq!(grade.artifacts["options"], json!({"A": "x", "B": "y"}));
    assert_eq!(grade.artifacts["question"], "Eski soru?");
    rows[0] = rows[1].clone();
    assert!(benchmark.import(&samples, &rows).unwrap_err().to_string().contains("2 of 3 answers are to questions"));
}

#[test]
fn duplicated_options_and_the_deciding_extraction() {
    let folder = tempfile::tempdir().unwrap();
    let twice = r#"{"question": "Q?", "choices": ["a", "same", "same", "d"], "answer": "B", "subject": "maths"}"#;
    write(folder.path(), "kazakh/test/maths.jsonl", twice);
    let source = DataSource::Folder(folder.path().to_owned());
    let outcome = |opening: Opening, text: &str| {
        let mut opening = opening.variant("kazakh");
        opening.options.insert("shots".into(), "0".into());
        opening.options.insert("shuffle".into(), "off".into());
        let benchmark = open(opening).unwrap();
        let samples = benchmark.samples(&source, &Selection::default()).unwrap();
        let attempt = Attempt::imported(text, proctor_core::AnswerForm::Chat);
        let grade = grade(benchmark.as_ref(), &samples[0], &attempt);
        (grade.outcome, grade.scores["official"], grade.scores["robust"])
    };
    assert_eq!(outcome(option("extraction", "official"), "Жауап: C"), (Outcome::Incorrect, 0.0, 1.0));
    assert_eq!(outcome(option("accept_duplicates", "no"), "Жауап: C"), (Outcome::Incorrect, 0.0, 0.0));
    assert_eq!(outcome(option("extraction", "robust"), "Жауап: C"), (Outcome::Correct, 0.0, 1.0));
    assert_eq!(outcome(option("extraction", "official"), "B"), (Outcome::Unparsed, 0.0, 1.0));
    assert_eq!(outcome(Opening::default(), "B"), (Outcome::Correct, 0.0, 1.0));
    assert_eq!(outcome(option("option_text", "no"), "same"), (Outcome::Unparsed, 0.0, 0.0));
    assert_eq!(outcome(option("extraction", "official"), "same"), (Outcome::Unparsed, 0.0, 1.0));
}

fn made(id: &str, subject: &str, official: f64, robust: f64) -> GradedAttempt {
    let scores = BTreeMap::from([
        ("official".to_owned(), official),
        ("robust".to_owned(), robust),
        ("official_normalised".to_owned(), official),
        ("official_unparsed".to_owned(), 0.0),
        ("robust_unparsed".to_owned(), 0.0),
    ]);
    graded(id, vec![String::new(), subject.to_owned()], Outcome::Correct, scores)
}

#[test]
fn figures_by_hand() {
    let benchmark = open(option("extraction", "official")).unwrap();
    let grades = [
        made("kazakh/biology/0", "Biology", 1.0, 1.0),
        made("kazakh/biology/1", "Biology", 0.0, 1.0),
        made("kazakh/maths/0", "Maths", 1.0, 1.0),
        made("kazakh/logic/0", "Logic", 0.0, 0.0),
        made("turkish/maths/0", "Maths", 0.0, 0.0),
        graded("turkish/maths/1", vec![String::new(), "Maths".into()], Outcome::InfraError, BTreeMap::new()),
    ];
    let metrics = benchmark.metrics(&grades);
    let value = |name: &str, stratum: Option<&str>| {
        metrics.iter().find(|metric| metric.name == name && metric.stratum.as_deref() == stratum).map(|metric| metric.value)
    };
    // Kazakh: biology 0.5 and maths 1; Turkish: maths 0.
    assert_eq!(value("accuracy (official)", None), Some(0.375));
    assert_eq!(value("accuracy (robust)", None), Some(0.5));
    assert_eq!(value("accuracy (official), all subjects", None), Some(0.25));
    assert_eq!(value("accuracy (official), all questions", None), Some(0.4));
    assert_eq!(value("accuracy (official)", Some("kazakh")), Some(0.75));
    assert_eq!(value("accuracy (official)", Some("Maths")), Some(0.5));
    assert_eq!(value("accuracy (official)", Some("Logic")), Some(0.0));
    assert_eq!(value("accuracy (official)", Some("Cyrillic script")), Some(0.75));
    assert_eq!(value("accuracy (official)", Some("kazakh, Biology")), Some(0.5));
    assert_eq!(value("unparsed (official)", None), Some(0.0));
    let headline: Vec<_> = metrics.iter().filter(|metric| metric.headline).collect();
    assert_eq!(headline.len(), 1);
    let interval = headline[0].interval.as_ref().unwrap();
    // Weights 1/4 over 2 questions, 1/4 over 1, 1/2 over 1.
    let effective: f64 = 1.0 / (1.0 / 32.0 + 1.0 / 16.0 + 1.0 / 4.0);
    let z = 1.959_963_984_540_054_f64;
    let centre = (0.375 + z * z / (2.0 * effective)) / (1.0 + z * z / effective);
    assert!(((interval.low + interval.high) / 2.0 - centre).abs() < 1e-12);
    assert!(headline[0].note.as_ref().unwrap().contains("1 attempts without an answer"));
    assert!(benchmark.metrics(&[]).is_empty());
    let plots = benchmark.plots(&grades);
    assert_eq!(plots.len(), 2);
    let Figure::HeatMap(map) = &plots[0].figure else { panic!("no heat map: {plots:?}") };
    let place = |names: &[String], name: &str| names.iter().position(|n| n == name).unwrap();
    let cell = |row: &str, column: &str| map.values[place(&map.rows, row)][place(&map.columns, column)];
    assert_eq!((cell("Kazakh", "Biology"), cell("Kazakh", "Logic"), cell("Turkish", "Logic")), (Some(0.5), Some(0.0), None));
    assert!(benchmark.plots(&[]).is_empty() && benchmark.plots(&grades[2..3]).is_empty());
    let even = [made("kazakh/biology/0", "Biology", 1.0, 1.0), made("turkish/maths/0", "Maths", 0.0, 0.0)];
    let metrics = benchmark.metrics(&even);
    assert_eq!((metrics[0].value, metrics[0].points.len()), (0.5, 2));
}

#[test]
fn upstreams_prompt_file() {
    let text = r#"
WORDS = {"a": "b"}
FEW_SHOT_PROMPTS = {
    # a comment
    "kazakh": """Q {question}\n{choices}\n-> {answer};""",
    'tatar': 'T {question}{choices}{answer}',
}
TEST_PROMPTS = {"kazakh": "Q {question}\n{choices}\n-> ", "tatar": "x"}
QUESTION_DICT = {"kazakh": "сұрақ"}
SOLUTION_DICT = {"kazakh": "шешім",}
"#;
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "scripts/utils.py", text);
    let official = |variant: &str| {
        let prompts = PromptSource::Official(folder.path().to_owned());
        open(Opening {
            variant: Some(variant.into()),
            prompts,
            options: [("shuffle".into(), "off".into())].into(),
            ..Opening::default()
        })
    };
    let benchmark = official("kazakh").unwrap();
    let samples = benchmark.samples(&DataSource::BuiltIn, &Selection::default()).unwrap();
    let request = benchmark.request(&samples[3], Protocol::Chat, &benchmark.sampling(Protocol::Chat)).unwrap();
    let Prompt::Chat(messages) = request.prompt else { panic!() };
    let start = "Q 7 мен 8 сандарының қосындысы нешеге тең?\nA) 13\nB) 14\nC) 15\nD) 16\n-> C;Q Алтынның";
    assert!(messages[0].content.starts_with(start), "{}", messages[0].content);
    assert!(messages[1].content.ends_with("D) HCl\n-> "));
    assert_ne!(benchmark.prompt_sha256(), open(option("shuffle", "off").variant("kazakh")).unwrap().prompt_sha256());
    let benchmark = official("kazakh-cot").unwrap();
    let samples = benchmark.samples(&DataSource::BuiltIn, &Selection::default()).unwrap();
    let request = benchmark.request(&samples[0], Protocol::Chat, &benchmark.sampling(Protocol::Chat)).unwrap();
    let Prompt::Chat(messages) = request.prompt else { panic!() };
    assert!(messages[1].content.starts_with("Сұрақ: ") && messages[1].content.ends_with("Шешім: "));
    assert!(official("uyghur").err().unwrap().to_string().contains("no few-shot prompt for uyghur"));
    for broken in ["", "FEW_SHOT_PROMPTS = {", "FEW_SHOT_PROMPTS = {\"a\": 1}", "FEW_SHOT_PROMPTS = {\"a\": \"b\" \"c\": \"d\"}"]
    {
        assert!(OfficialPrompts::parse("f", broken).unwrap_err().to_string().contains("no dictionary of texts FEW_SHOT_PROMPTS"));
    }
    let nowhere = tempfile::tempdir().unwrap();
    let prompts = PromptSource::Official(nowhere.path().to_owned());
    let error = open(Opening { prompts, ..Opening::default() }).err().unwrap().to_string();
    assert!(error.contains("holds no utils.py"), "{error}");
    let _: &dyn proctor_core::Judges = &Fake;
}
