//! Codeforces' language labels (spec section 4).

use proctor_core::Language;

/// The language that a label stands for as upstream reads it; `None` for labels it does not know.
pub fn family(label: &str) -> Option<Language> {
    let label = label.to_lowercase();
    if ["c++", "cpp", "g++"].iter().any(|mark| label.contains(mark)) {
        return Some(Language::Cpp);
    }
    let digits: String = label.chars().filter(|c| c.is_ascii_digit() || *c == '.').collect();
    let whole = digits.split('.').find(|part| !part.is_empty()).unwrap_or_default();
    let version = match whole.len() {
        0 => None,
        1..=18 => whole.parse::<u64>().ok(),
        _ => Some(u64::MAX),
    };
    let pypy = label.contains("pypy");
    match version {
        Some(version) if version >= 3 && (pypy || label.contains("python")) => Some(Language::Python),
        None if pypy => Some(Language::Python),
        _ => None,
    }
}

/// The language a program is run in: upstream runs every label it does not know as Python.
pub fn language(label: &str) -> Language {
    family(label).unwrap_or(Language::Python)
}
