//! Comparison, leaderboard, gate and statistics, through the program: two made-up models at TUMLU's built-in questions.

mod support;

use support::Desk;

const A: &str = "mock/constant?text=Answer%3A%20A";
const B: &str = "mock/constant?text=Answer%3A%20B";

fn desk() -> Desk {
    let desk = Desk::new();
    for model in [A, B] {
        desk.proctor(&["run", "tumlu", "-m", model, "--quiet", "--format", "json"]).expect(0);
    }
    desk
}

#[test]
fn two_models_are_compared_ranked_and_held_against_a_policy() {
    let desk = desk();
    let found = desk.proctor(&["compare", A, B, "-b", "tumlu", "--format", "json"]).expect(0).json("proctor.comparison/1");
    let row = &found["rows"][0];
    assert_eq!(row["benchmark"], "tumlu");
    let (ours, theirs) = (row["a"]["value"].as_f64().unwrap_or(-1.0), row["b"]["value"].as_f64().unwrap_or(-1.0));
    let difference = row["difference"]["difference"].as_f64().unwrap_or(9.0);
    assert!((ours - theirs - difference).abs() < 1e-9 && row["paired"].as_u64() > Some(0), "{row}");
    // The same the other way round.
    let back = desk.proctor(&["compare", B, A, "--format", "json"]).expect(0).json("proctor.comparison/1");
    assert!((back["rows"][0]["difference"]["difference"].as_f64().unwrap_or(9.0) + difference).abs() < 1e-9);

    let slice = desk.proctor(&["compare", A, B, "--slice", "language=kazakh", "--flips", "1"]).expect(0);
    assert!(slice.stdout.contains("only samples in: language=kazakh") && slice.stdout.contains("p = "), "{}", slice.stdout);
    let none = desk.proctor(&["compare", A, B, "--slice", "kazak"]).expect(2);
    assert!(none.stderr.contains("no sample is in kazak") && none.stderr.contains("kazakh"), "{}", none.stderr);
    let unknown = desk.proctor(&["compare", A, "nobody"]).expect(2);
    assert!(unknown.stderr.contains("`nobody`"), "{}", unknown.stderr);

    let board = desk.proctor(&["leaderboard", "--format", "json"]).expect(0).json("proctor.leaderboard/1");
    assert_eq!(board["models"].as_array().map(Vec::len), Some(2));
    assert!(board["cells"][0][0]["standing"]["rank"] == 1 && board["cells"][0][0]["interval"]["low"].is_number(), "{board}");
    let markdown = desk.proctor(&["leaderboard", "--format", "markdown"]).expect(0);
    assert!(markdown.stdout.starts_with("| place | model | tumlu<br>"), "{}", markdown.stdout);

    let page = desk.path("board.html");
    desk.proctor(&["leaderboard", "--html", &page.to_string_lossy()]).expect(0);
    desk.proctor(&["compare", A, B, "--html", &desk.path("compare.html").to_string_lossy()]).expect(0);
    for name in ["board.html", "compare.html"] {
        let text = std::fs::read_to_string(desk.path(name)).unwrap_or_default();
        assert!(text.contains("Content-Security-Policy"), "{name}");
    }

    let policy = |text: &str| {
        let path = desk.path("policy.toml");
        std::fs::write(&path, text).expect("a policy");
        path.to_string_lossy().into_owned()
    };
    let junit = desk.path("gate.xml");
    let kept = policy("[[rule]]\nbenchmark = \"tumlu\"\nmin_score = 0.0\nmax_infra_errors = 0\n");
    desk.proctor(&["gate", &kept, "--junit", &junit.to_string_lossy()]).expect(0);
    let text = std::fs::read_to_string(&junit).unwrap_or_default();
    assert!(text.contains("tests=\"4\"") && text.contains("failures=\"0\""), "{text}");
    let broken = policy(&format!("[[rule]]\nmin_score = 0.99\n[[rule]]\nbaseline = \"{A}\"\nmax_drop = 0.0\n"));
    let gate = desk.proctor(&["gate", &broken, "--format", "json"]).expect(10).json("proctor.gate/1");
    assert_eq!(gate["passed"], false);
    let wrong = desk.proctor(&["gate", &policy("[[rule]]\nmin_scor = 1\n")]).expect(2);
    assert!(wrong.stderr.contains("line 2") && wrong.stderr.contains("min_scor"), "{}", wrong.stderr);
}

#[test]
fn other_prompts_are_refused_by_name() {
    let desk = desk();
    let few = ["run", "tumlu", "-m", "mock/echo", "--protocol", "completion", "--quiet", "--format", "json"];
    if desk.proctor(&few).code == 2 {
        return; // The benchmark has no such protocol; nothing to refuse.
    }
    let refused = desk.proctor(&["compare", A, "mock/echo"]).expect(2);
    assert!(refused.stderr.contains("protocol") && refused.stderr.contains("--allow"), "{}", refused.stderr);
    desk.proctor(&["compare", A, "mock/echo", "--allow", "protocol,prompt"]).expect(0);
    let board = desk.proctor(&["leaderboard"]).expect(0);
    assert!(board.stdout.contains("! mock/echo at tumlu: "), "{}", board.stdout);
}

#[test]
fn statistics_are_had_by_name() {
    let desk = Desk::new();
    let one = desk.proctor(&["statistics", "wilson", "successes=0", "n=20"]).expect(0);
    assert!(one.stdout.contains("low 0.0") && one.stdout.contains("high 0.16112"), "{}", one.stdout);
    let undefined = desk.proctor(&["statistics", "wilson", "successes=0", "n=0"]).expect(0);
    assert!(undefined.stdout.contains("low null"), "{}", undefined.stdout);
    let missing = desk.proctor(&["statistics", "wilson", "n=20"]).expect(2);
    assert!(missing.stderr.contains("`successes` is missing"), "{}", missing.stderr);
    let case = |high: f64| {
        let path = desk.path("cases.jsonl");
        let text = format!(
            "{{\"kind\": \"wilson\", \"inputs\": {{\"successes\": 0, \"n\": 20}}, \"expected\": {{\"high\": {high}}}, \
             \"tolerance\": {{\"abs\": 1e-6, \"rel\": 0}}}}\n"
        );
        std::fs::write(&path, text).expect("cases");
        path.to_string_lossy().into_owned()
    };
    let right = desk.proctor(&["statistics", "--cases", &case(0.161125), "--check"]).expect(0);
    assert!(right.stdout.contains("1 of 1 cases agree"), "{}", right.stdout);
    desk.proctor(&["statistics", "--cases", &case(0.2), "--check"]).expect(10);
}
