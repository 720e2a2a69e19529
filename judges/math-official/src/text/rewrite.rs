//! The normal form of mathematical text (spec section 5.3): the order of the steps is part of the rule.

use super::clean::clean;
use super::formatting::{remove_environments, remove_formatting, rewrite_arrays};
use super::functions::{inverse_names, raise_functions, slash_functions};
use super::pieces::{finish, piece_form, split_set};
use super::units::{drop_zero_decimals, remove_degrees, remove_units};

/// Deleted wherever they stand, in this order (step 2).
const DELETED: [&str; 29] = [
    "\n",
    "\t",
    "approximately",
    "'",
    "\"",
    "\\$",
    "$",
    "\u{ffe5}",
    "\u{a3}",
    "\u{20ac}",
    "{,}",
    "\\!",
    "\\,",
    "\\:",
    "\\;",
    "\\quad",
    "\\qquad",
    "\\space",
    "\\thinspace",
    "\\medspace",
    "\\thickspace",
    "~,",
    "\\ ",
    "\\\\%",
    "\\%",
    "%",
    "\\left",
    "\\right",
    "^{\\circ}",
];

/// Replaced wherever they stand, in this order (step 3).
const REPLACED: [(&str, &str); 20] = [
    ("\u{222a}", "\\cup"),
    ("U", "\\cup"),
    ("\u{3c0}", "\\pi"),
    ("\u{221e}", "\\infty"),
    ("\u{2208}", "\\in"),
    ("\u{2229}", "\\cap"),
    ("\u{2212}", "-"),
    ("\\item", ","),
    ("and", ","),
    (";", ","),
    ("infinity", "\\infty"),
    ("+\\infty", "\\infty"),
    ("tfrac", "frac"),
    ("dfrac", "frac"),
    ("\\approx", "="),
    ("\\times", "*"),
    ("\\cdot", "*"),
    ("{.", "{0."),
    (" .", " 0."),
    (":", "/"),
];

/// The text two mathematical answers are compared by.
pub(crate) fn normalise_mathematics(text: &str) -> String {
    let mut text = clean(text.trim()).to_owned();
    for from in DELETED {
        replace(&mut text, from, "");
    }
    replace(&mut text, "^\\circ", "");
    for (from, to) in REPLACED {
        replace(&mut text, from, to);
    }
    if !text.contains("\\infty") {
        replace(&mut text, "inf", "\\infty");
    }
    replace(&mut text, " ", "");
    if text.contains('\\') {
        remove_formatting(&mut text);
        remove_environments(&mut text);
    }
    remove_degrees(&mut text);
    inverse_names(&mut text);
    slash_functions(&mut text);
    raise_functions(&mut text);
    rewrite_arrays(&mut text);
    if text.contains('j') && !text.contains('i') {
        replace(&mut text, "j", "i");
    }
    drop_zero_decimals(&mut text);
    remove_units(&mut text);
    if text.is_empty() {
        return text;
    }
    if text.starts_with('.') {
        text.insert(0, '0');
    }
    let pieces: Vec<String> = split_set(&text).iter().map(|piece| piece_form(piece)).collect();
    finish(pieces)
}

/// Replaces in place; costs one search when there is nothing to replace.
pub(crate) fn replace(text: &mut String, from: &str, to: &str) {
    if text.contains(from) {
        *text = text.replace(from, to);
    }
}
