//! The built-in stories.

use super::support::{open, samples};
use proctor_tmgbench::{GameId, STORIES, story, topics};
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn topics_and_lengths() {
    let mut by_topic: BTreeMap<String, usize> = BTreeMap::new();
    let mut texts = BTreeSet::new();
    let mut usual = 0;
    let mut lengths = Vec::new();
    for game in GameId::all() {
        for k in 0..STORIES {
            let story = story(game, k, &game.game()).expect("a story");
            let words = story.text.split_whitespace().count();
            assert!((200..=450).contains(&words), "{game}_{k} has {words} words");
            usual += usize::from((250..=400).contains(&words));
            lengths.push(words);
            *by_topic.entry(story.topic).or_default() += 1;
            texts.insert(story.text);
        }
    }
    lengths.sort_unstable();
    println!("words: {} to {}, half below {}", lengths[0], lengths[719], lengths[360]);
    assert!(usual * 10 > 720 * 9, "{usual} of 720 have a usual length");
    assert_eq!((texts.len(), topics().len(), by_topic.len()), (720, 20, 20));
    assert!((50..=115).contains(&by_topic["business"]), "{by_topic:?}");
    assert!(by_topic.iter().all(|(topic, count)| topic == "business" || (15..=55).contains(count)), "{by_topic:?}");
}

/// From the text alone: each player's ranking, and what each combination brings.
#[test]
fn the_game_can_be_read_from_the_story() {
    for sample in samples(&*open("story", "shuffle=yes")) {
        let text = sample.text("item").expect("a story");
        let names: Vec<&str> = ["A: ", "B: "]
            .iter()
            .map(|start| {
                let line = text.lines().find(|line| line.starts_with(start)).expect("a character");
                line[3..].split(',').next().expect("a name")
            })
            .collect();
        let ranking = |name: &str| -> Vec<String> {
            let (_, after) = text.split_once(&format!("Of what {name} may get, the most welcome is ")).expect("a ranking");
            let (list, _) = after.split_once('.').expect("an end");
            let parts = list.replace("next comes ", "").replace("after that ", "").replace("and the least welcome is ", "");
            let parts: Vec<String> = parts.split("; ").map(str::to_owned).collect();
            assert_eq!(parts.len(), 4, "{list}");
            parts.into_iter().rev().collect()
        };
        let payoffs = |player: usize| -> [u8; 4] {
            let ranks = ranking(names[player]);
            let lines = text.lines().filter(|line| line.starts_with(&format!("If {} decides", names[0])));
            let rank = |line: &str| {
                let (_, fate) = line.rsplit_once(&format!("{} gets ", names[player])).expect("a fate");
                let found: Vec<usize> = (0..4).filter(|rank| fate.starts_with(&ranks[*rank])).collect();
                assert_eq!(found.len(), 1, "{line}");
                found[0] as u8 + 1
            };
            lines.map(rank).collect::<Vec<u8>>().try_into().expect("four combinations")
        };
        let shown = proctor_tmgbench::Game { a: payoffs(0), b: payoffs(1) };
        let game = GameId::parse(sample.target["game"].as_str().unwrap()).unwrap();
        let renamed = |which: usize| sample.target["renamed"][0][which].as_bool().unwrap_or(false);
        assert_eq!(shown, game.game().relabelled(renamed(0), renamed(1)), "{}", sample.id);
        let story = text.split("[Story]").nth(1).expect("a story");
        assert!(
            story.bytes().zip(story.bytes().skip(1)).all(|(one, two)| !two.is_ascii_digit() || matches!(one, b'A' | b'B')),
            "{text}"
        );
    }
}

#[test]
fn stories_never_change() {
    let story = story(GameId::parse("111").expect("an id"), 0, &GameId::parse("111").expect("an id").game()).expect("a story");
    let digest = proctor_core::sha256_hex(story.text.as_bytes());
    assert_eq!(digest[..12].to_string(), include_str!("story_digest.txt").trim_end());
}
