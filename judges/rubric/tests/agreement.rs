//! α against the worked examples of the literature.

use proctor_rubric::{Level, krippendorff_alpha};

/// One line per judge, one letter or digit per unit, `.` where the judge gave nothing.
fn units(lines: &[&str]) -> Vec<Vec<u8>> {
    let columns = lines.iter().map(|line| line.len()).max().unwrap_or(0);
    (0..columns)
        .map(|unit| {
            lines.iter().filter_map(|line| line.as_bytes().get(unit)).filter(|b| **b != b'.').map(|b| digit(*b)).collect()
        })
        .collect()
}

fn digit(byte: u8) -> u8 {
    if byte.is_ascii_digit() { byte - b'0' } else { byte - b'a' }
}

fn alpha(units: &[Vec<u8>], level: Level) -> Option<f64> {
    krippendorff_alpha(units.iter().map(Vec::as_slice), level)
}

fn check(lines: &[&str], level: Level, expected: f64) {
    let alpha = alpha(&units(lines), level).unwrap_or(f64::NAN);
    assert!((alpha - expected).abs() < 0.0005, "{level:?}: {alpha} is not {expected} for {lines:?}");
}

#[test]
fn worked_examples_of_krippendorff_2011() {
    // Section A: two observers, two values.
    check(&["0100000010", "1110010000"], Level::Nominal, 0.095);
    // Section B: two observers, many values.
    check(&["aabbdcccedda", "babbbccceddd"], Level::Nominal, 0.692);
    // Sections C and D: four observers, values missing.
    let four = ["123321412...", "1233224125.3", ".3332342251.", "12332441251."];
    check(&four, Level::Nominal, 0.743);
    check(&four, Level::Ordinal, 0.815);
    check(&four, Level::Interval, 0.849);
}

#[test]
fn three_coders_with_many_gaps() {
    // The example of the encyclopaedia's article: fifteen units, three coders.
    let three = [".....34121133.3", "1.213343.......", "..21344.21133.4"];
    check(&three, Level::Nominal, 0.691);
    check(&three, Level::Interval, 0.811);
    check(&three, Level::Ordinal, 0.807);
}

#[test]
fn what_has_no_alpha() {
    assert_eq!(alpha(&[], Level::Nominal), None);
    assert_eq!(alpha(&units(&["123"]), Level::Nominal), None, "one judge");
    assert_eq!(alpha(&units(&["555", "555"]), Level::Ordinal), None, "no variation");
}

#[test]
fn agreement_and_its_opposite() {
    for level in [Level::Nominal, Level::Ordinal, Level::Interval] {
        check(&["123456", "123456"], level, 1.0);
        let opposite = alpha(&units(&["161616", "616161"]), level).unwrap_or(f64::NAN);
        assert!(opposite < 0.0, "{level:?}: {opposite}");
    }
}
