//! Degrees, needless decimals and units (spec section 5.3, steps 8, 14 and 15).

use super::rewrite::replace;

/// Units in the order they are removed.
const UNITS: [&str; 45] = [
    "hour",
    "minute",
    "min",
    "sec",
    "s",
    "second",
    "day",
    "week",
    "month",
    "year",
    "meter",
    "mile",
    "kg",
    "mg",
    "g",
    "t",
    "ton",
    "nm",
    "pm",
    "um",
    "\u{3bc}m",
    "m",
    "cm",
    "mm",
    "dm",
    "km",
    "kilometer",
    "inch",
    "feet",
    "ft",
    "piece",
    "bit",
    "hz",
    "Hz",
    "m/s",
    "km/s",
    "billion",
    "eV",
    "V",
    "C",
    "s",
    "in",
    "V/h",
    "L/min",
    "mi/hr",
];
const LAST_UNITS: [&str; 3] = ["lb", "a.m.", "p.m."];

/// Removes `rad`, and turns digits before a lone `circ` into a number or into radians.
pub(crate) fn remove_degrees(text: &mut String) {
    replace(text, "rad", "");
    if !text.contains("circ") {
        return;
    }
    let digits = text.trim_end_matches("circ");
    if !digits.is_empty() && digits.len() + 4 == text.len() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        *text = digits.to_owned();
        return;
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text.as_str();
    while let Some(at) = rest.find("circ") {
        let (before, after) = rest.split_at(at);
        let head = before.strip_suffix('\\').unwrap_or(before);
        let head = head.strip_suffix('^').unwrap_or(head);
        let digits = head.len() - head.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let (kept, number) = head.split_at(head.len() - digits);
        if digits > 0 {
            out.push_str(kept);
            out.push('{');
            out.push_str(number);
            out.push_str("*\\frac{\\pi}{180}}");
        } else {
            out.push_str(before);
            out.push_str("circ");
        }
        rest = after.get(4..).unwrap_or_default();
    }
    out.push_str(rest);
    *text = out;
}

/// `10.0` becomes `10`, also before something that is no digit.
pub(crate) fn drop_zero_decimals(text: &mut String) {
    if !text.contains(".0") {
        return;
    }
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find(".0")) {
        let point = at + found;
        let mut end = point + 1;
        while bytes.get(end) == Some(&b'0') {
            end += 1;
        }
        let before = point.checked_sub(1).and_then(|index| bytes.get(index)).is_some_and(u8::is_ascii_digit);
        let after = bytes.get(end).is_none_or(|byte| !byte.is_ascii_digit());
        if before && after {
            out.push_str(text.get(copied..point).unwrap_or_default());
            copied = end;
        }
        at = end;
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    *text = out;
}

/// Removes units at the end, each once, in a fixed order, after digits and a few signs.
pub(crate) fn remove_units(text: &mut String) {
    if !text.ends_with(|c: char| c.is_alphabetic() || c == '.') {
        return;
    }
    for unit in UNITS.into_iter().chain(LAST_UNITS) {
        let Some(end) = ["", "s", "es"].into_iter().find_map(|plural| {
            let head = text.strip_suffix(plural)?.strip_suffix(unit)?;
            head.ends_with(|c: char| c.is_ascii_digit() || "-.*^{}".contains(c)).then_some(head.len())
        }) else {
            continue;
        };
        text.truncate(end);
    }
}
