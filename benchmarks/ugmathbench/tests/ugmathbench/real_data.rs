//! Against upstream's data, where they are at hand.

use crate::support::{open, samples, shared};
use proctor_core::{DataSource, Sample};
use proctor_ugmathbench::SUBJECTS;
use std::collections::{BTreeSet, HashMap};

pub fn all() -> Option<Vec<Sample>> {
    Some(samples(&*open(&[]), &DataSource::Folder(shared("ugmathbench")?)))
}

fn text<'a>(sample: &'a Sample, key: &str) -> &'a str {
    sample.text(key).unwrap()
}

fn length(sample: &Sample, key: &str) -> usize {
    sample.inputs.get(key).or_else(|| sample.target.get(key)).unwrap().as_array().unwrap().len()
}

#[test]
fn counts_and_fingerprints() {
    let Some(all) = all() else { return };
    assert_eq!(all.len(), 15_183);
    for subject in SUBJECTS {
        let inside: Vec<&Sample> = all.iter().filter(|sample| text(sample, "subject") == subject.name).collect();
        assert_eq!(inside.len(), 3 * subject.problems, "{}", subject.name);
        assert!(inside.iter().all(|sample| sample.metadata["pinned"] == true), "{}", subject.name);
        assert!(inside.windows(2).all(|pair| pair[0].inputs["version"].as_u64() <= pair[1].inputs["version"].as_u64()));
    }
    let topics: BTreeSet<_> = all.iter().map(|sample| (text(sample, "subject"), text(sample, "topic"))).collect();
    assert_eq!(topics.len(), 111);
    let in_stratum = |name: &str| all.iter().filter(|sample| sample.strata.iter().any(|stratum| stratum == name)).count();
    assert_eq!(in_stratum("level none"), 3 * 64);
    assert_eq!(in_stratum("one answer"), 6_921);
    for (code, pure) in [
        ("NV", 8_731),
        ("EX", 1_780),
        ("MCS", 904),
        ("TF", 183),
        ("OL", 321),
        ("UOL", 267),
        ("INT", 116),
        ("MCM", 177),
        ("OE", 48),
        ("EQ", 77),
    ] {
        assert_eq!(in_stratum(&format!("type {code}")), pure, "{code}");
    }
    assert_eq!(all.iter().map(|sample| length(sample, "answer")).sum::<usize>(), 42_064);
    assert_eq!(all.iter().map(|sample| length(sample, "answer_type")).sum::<usize>(), 42_061);
}

#[test]
fn oddities() {
    let Some(all) = all() else { return };
    let corrupt: Vec<&str> =
        all.iter().filter(|sample| sample.strata.iter().any(|name| name == "corrupt")).map(|sample| sample.id.as_str()).collect();
    assert_eq!(corrupt, ["Financial_mathematics_0132_v2", "Linear_algebra_0306_v3"]);
    let by_id: HashMap<&str, &Sample> = all.iter().map(|sample| (sample.id.as_str(), sample)).collect();
    for (id, expected) in
        [("Abstract_algebra_0009_v1", [2, 2, 1]), ("Linear_algebra_0326_v2", [5, 4, 4]), ("Linear_algebra_0338_v3", [5, 5, 2])]
    {
        assert_eq!(["answer", "answer_type", "options"].map(|key| length(by_id[id], key)), expected, "{id}");
    }
    let other = |sample: &&Sample| text(sample, "problem").matches("[ANS]").count() != length(sample, "answer");
    assert_eq!(all.iter().filter(other).count(), 235);
}
