//! Items from folders.

use super::support::{grade, open, samples};
use proctor_core::{AnswerForm, Attempt, DataSource, Outcome, Sample, Selection};
use proctor_tmgbench::{Game, GameId, read_table};
use std::fs;
use std::path::Path;

fn load(variant: &str, options: &str, folder: &Path) -> Result<Vec<Sample>, String> {
    open(variant, options)
        .samples(&DataSource::Folder(folder.to_owned()), &Selection::default())
        .map_err(|error| error.to_string())
}

/// A classic file of the shape that upstream's have.
fn classic_text(game: &Game) -> String {
    let pair = |place: usize| format!("{} \\ {}", game.a[place], game.b[place]);
    format!(
        "[Scenario]\nTwo players.\n\n| A \\ B | B1 | B2 |\n|---|---|---|\n| A1 | {} | {} |\n|A2|{}|{}|\n\nMaximise.\n",
        pair(0),
        pair(1),
        pair(2),
        pair(3)
    )
}

fn write_all(folder: &Path) {
    fs::create_dir_all(folder).expect("a folder");
    for game in GameId::all() {
        fs::write(folder.join(format!("{game}.txt")), classic_text(&game.game())).expect("written");
    }
}

#[test]
fn classic_files() {
    let folder = tempfile::tempdir().expect("a folder");
    write_all(&folder.path().join("classic"));
    fs::write(folder.path().join("classic/README.txt"), "x").expect("written");
    let loaded = load("", "", folder.path()).expect("samples");
    let built_in = samples(&*open("", ""));
    assert_eq!(loaded.len(), 144);
    assert!(loaded.iter().zip(&built_in).all(|(one, other)| one.id == other.id && one.target == other.target));
    assert_eq!(loaded[0].metadata["pinned"], false);
    assert!(loaded[0].text("item").is_some_and(|text| text.ends_with("Maximise.")));
    let attempt = Attempt::imported("answer = [(A2, B1)]", AnswerForm::Chat);
    assert_eq!(grade(&*open("", ""), &loaded[0], &attempt).outcome, Outcome::Correct);
    assert_eq!(load("parallel", "games=classic sizes=3 tasks=1", folder.path()).expect("samples").len(), 1);
}

#[test]
fn wrong_classic_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let check = |text: &str, part: &str| {
        fs::write(folder.path().join("112.txt"), text).expect("written");
        let error = load("", "", folder.path()).expect_err("a wrong file");
        assert!(error.contains("112.txt") && error.contains(part), "{error}");
    };
    let dilemma = GameId::parse("111").expect("an id").game();
    check(&classic_text(&dilemma), "does not show the payoffs of game 112 in upstream's orientation; it shows game 111");
    check(&classic_text(&GameId::parse("112").expect("an id").game().relabelled(true, false)), "it shows game 112");
    check(&classic_text(&Game { a: [1; 4], b: [1; 4] }), "no strictly ordinal game");
    check("", "holds no table");
    check("| A1 | 5 \\ 4 | 3 \\ 3 |\n| A2 | 2 \\ 2 | 4 \\ 1 |", "holds no table");
    fs::write(folder.path().join("112.txt"), b"\xff\xfe").expect("written");
    assert!(load("", "", folder.path()).expect_err("not text").contains("112.txt is not UTF-8"));
    fs::remove_file(folder.path().join("112.txt")).expect("removed");
    assert!(load("", "", folder.path()).expect_err("empty").contains("111.txt to 466.txt"));
    assert!(load("", "", &folder.path().join("none")).expect_err("missing").contains("is not a folder"));
    assert!(load("", "shuffle=yes", folder.path()).expect_err("shuffled").contains("leave it out with --data"));
}

#[test]
fn tables() {
    let dilemma = GameId::parse("111").expect("an id").game();
    assert_eq!(read_table("|A1|1\\4|3\\3|\n| A2 | 2 \\ 2 | 4 \\ 1 | x"), Some(dilemma));
    for wrong in [
        "",
        "| A1 | 1 \\ 4 | 3 \\ 3 |",
        "| A1 | 1 \\ 4 | 3 \\ 3\n| A2 | 2 \\ 2 | 4 \\ 1",
        "| A1 | 1 4 | 3 3 |\n| A2 | 2 2 | 4 1 |",
    ] {
        assert_eq!(read_table(wrong), None, "{wrong}");
    }
}

#[test]
fn story_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = "{\"id\": \"112_0\", \"type\": \"112\", \"text\": \"b\", \"topic\": \"law\"}\n\n\
                {\"id\": \"111_1\", \"type\": \"111\", \"text\": \"c\"}\n{\"id\": \"111_0\", \"type\": \"111\", \"text\": \"a\", \"gold\": [\"3\"]}\n";
    let file = folder.path().join("stories.jsonl");
    fs::write(&file, good).expect("written");
    let loaded = load("story", "", folder.path()).expect("samples");
    assert_eq!(loaded.iter().map(|sample| sample.id.as_str()).collect::<Vec<_>>(), ["111_0", "112_0", "111_1"]);
    assert_eq!((loaded[1].group.as_str(), loaded[1].strata.join(", ")), ("112", "1-task, story 0, topic law".to_owned()));
    let check = |text: &str, part: &str| {
        fs::write(&file, text).expect("written");
        let error = load("story", "", folder.path()).expect_err("a wrong file");
        assert!(error.contains(part), "{error}");
    };
    check("{\"id\": \"111_0\", \"type\": \"111\"}", "stories.jsonl, line 1: the record has no `text`");
    check("{\"id\": \"111_0\", \"type\": \"111\", \"text\": 3}", "`text` is not a text");
    check("{\"id\": \"111_0\", \"type\": \"177\", \"text\": \"a\"}", "`177`, which is no game");
    check("{\"id\": \"112_0\", \"type\": \"111\", \"text\": \"a\"}", "a story of game 111 is called `111_K`");
    check("{\"id\": \"111_00\", \"type\": \"111\", \"text\": \"a\"}", "`111_00`");
    check(
        "{\"id\": \"111_0\", \"type\": \"111\", \"text\": \"a\", \"gold\": [\"4\"]}",
        "`gold` is not the answer of game 111, which is [\"3\"]",
    );
    check(&format!("{good}{good}"), "line 5: story 112_0 is already at");
    check("{\"id\": ", "line 1: not a JSON object");
    check("[{]", "is not a JSON list");
    check("3", "the record has no `id`");
    check("", "holds no stories");
    let few = "[{\"id\": \"111_0\", \"type\": \"111\", \"text\": \"a\"}]";
    fs::write(&file, few).expect("written");
    assert_eq!(load("story", "", folder.path()).expect("samples").len(), 1);
    let error = load("parallel", "sizes=3", folder.path()).expect_err("too few");
    assert!(error.contains("need as many items, and the data has 1"), "{error}");
    let error = load("nested", "", folder.path()).expect_err("too few");
    assert!(error.contains("No nested pair can be made"), "{error}");
}
