//! Variants, options, and what is said of wrong ones.

use super::support::{open, samples, try_open};
use proctor_tmgbench::FAMILY;
use std::collections::BTreeSet;

#[test]
fn every_card_opens_under_its_name() {
    let cards = (FAMILY.cards)();
    let names: BTreeSet<&str> = cards.iter().map(|card| card.name.as_str()).collect();
    assert_eq!((cards.len(), names.len()), (16, 16));
    assert_eq!(cards[0].name, "tmgbench");
    for card in &cards {
        let variant = card.name.strip_prefix("tmgbench").unwrap().trim_start_matches(':');
        assert_eq!(open(variant, "").card(), card);
    }
    assert!((FAMILY.open)("tmg", &proctor_core::Opening::default()).is_none());
}

#[test]
fn other_spellings() {
    for (variant, options, name) in [
        ("classic", "", "tmgbench"),
        ("cot", "", "tmgbench"),
        ("classic-cot", "", "tmgbench"),
        ("DA", "", "tmgbench:da"),
        ("classic-da", "", "tmgbench:da"),
        ("", "mode=sotom", "tmgbench:sotom"),
        ("da", "mode=da", "tmgbench:da"),
        ("story-cot", "", "tmgbench:story"),
        ("story", "mode=da", "tmgbench:story-da"),
        ("sequential-dialogue-da", "", "tmgbench:sequential-dialogue-da"),
        ("nested-refotom", "", "tmgbench:nested-refotom"),
    ] {
        assert_eq!(open(variant, options).card().name, name, "{variant} {options}");
    }
}

#[test]
fn wrong_ones() {
    for (variant, options, part) in [
        ("novel", "", "no variant `novel`; write tmgbench or tmgbench:PART"),
        ("story-", "", "no variant"),
        ("-da", "", "tmgbench:da"),
        ("", "mode=tot", "-B mode=tot is not known; write one of: cot, da"),
        ("da", "mode=cot", "already says `da`"),
        ("", "tasks=3", "no option `tasks`"),
        ("", "games=classic", "no option `games`"),
        ("nested", "sizes=3", "no option `sizes`"),
        ("parallel", "tasks=0", "not a number from 1 to 1000"),
        ("parallel", "sizes=3,3", "upstream's are 3,5,10,15,20,25"),
        ("parallel", "sizes=1", "different numbers from 2 to 100"),
        ("parallel", "sizes=x", "-B sizes=x"),
        ("parallel", "games=all", "story, classic"),
        ("", "shuffle=maybe", "no, yes"),
    ] {
        match try_open(variant, options) {
            Err(error) => assert!(error.to_string().contains(part), "{variant} {options}: {error}"),
            Ok(benchmark) => assert_eq!(benchmark.card().name, part, "{variant} {options}"),
        }
    }
}

#[test]
fn numbers_of_samples() {
    for (variant, options, count) in [
        ("", "", 144),
        ("story", "", 720),
        ("sequential", "", 120),
        ("parallel", "", 120),
        ("nested", "", 20),
        ("sequential-dialogue", "", 120),
        ("parallel", "sizes=3,5,10", 60),
        ("sequential", "tasks=2", 12),
        ("nested", "tasks=7", 7),
    ] {
        let benchmark = open(variant, options);
        let samples = samples(&*benchmark);
        assert_eq!(samples.len(), count, "{variant} {options}");
        let ids: BTreeSet<&str> = samples.iter().map(|sample| sample.id.as_str()).collect();
        assert_eq!(ids.len(), count);
        assert!(samples.iter().enumerate().all(|(index, sample)| sample.index == index));
    }
}
