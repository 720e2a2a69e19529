//! The canonical text of what was read.

use crate::syntax::{Bracket, Kind, Node, SetOperation, Sign};
use std::fmt::Write;

/// Longest canonical text.
const MOST_BYTES: usize = 4000;

/// A node as one unambiguous text.
pub fn canonical(node: &Node) -> String {
    let mut out = String::new();
    write(node, &mut out);
    if out.len() > MOST_BYTES {
        let mut end = MOST_BYTES;
        while !out.is_char_boundary(end) {
            end -= 1;
        }
        out.truncate(end);
        out.push('…');
    }
    out
}

fn write(node: &Node, out: &mut String) {
    if out.len() > MOST_BYTES {
        return;
    }
    match &node.kind {
        Kind::Number(number) => match &number.value {
            Some(value) => drop(write!(out, "{value}")),
            None => out.push_str("too-large"),
        },
        Kind::Constant(constant) => drop(write!(out, "{constant:?}")),
        Kind::Symbol(name) => out.push_str(name),
        Kind::Words(words) => drop(write!(out, "“{words}”")),
        Kind::Sum(terms) => {
            out.push('(');
            for (at, term) in terms.iter().enumerate() {
                match &term.kind {
                    Kind::Negative(inner) if at > 0 => {
                        out.push_str(" - ");
                        write(inner, out);
                    }
                    _ => {
                        if at > 0 {
                            out.push_str(" + ");
                        }
                        write(term, out);
                    }
                }
            }
            out.push(')');
        }
        Kind::Product(factors) => {
            for (at, (factor, divides)) in factors.iter().enumerate() {
                match (at, divides) {
                    (0, true) => out.push_str("1/"),
                    (_, true) => out.push('/'),
                    (0, false) => {}
                    (_, false) => out.push('·'),
                }
                if matches!(factor.kind, Kind::Product(_)) {
                    out.push('(');
                    write(factor, out);
                    out.push(')');
                } else {
                    write(factor, out);
                }
            }
        }
        Kind::Negative(inner) => {
            out.push('-');
            write(inner, out);
        }
        Kind::Power(base, exponent) => {
            let simple = matches!(
                base.kind,
                Kind::Symbol(_) | Kind::Number(_) | Kind::Constant(_) | Kind::Sum(_) | Kind::Call(..) | Kind::Apply(..)
            );
            if !simple {
                out.push('(');
            }
            write(base, out);
            if !simple {
                out.push(')');
            }
            out.push_str("^(");
            write(exponent, out);
            out.push(')');
        }
        Kind::Call(function, arguments) => {
            let _ = write!(out, "{}", format!("{function:?}").to_lowercase());
            list("(", arguments, ")", out);
        }
        Kind::Apply(name, arguments) => {
            out.push_str(name);
            list("(", arguments, ")", out);
        }
        Kind::PlusMinus(left, right, reversed) => {
            if let Some(left) = left {
                write(left, out);
            }
            out.push(if *reversed { '∓' } else { '±' });
            write(right, out);
        }
        Kind::List(open, close, items) => list(bracket(*open, true), items, bracket(*close, false), out),
        Kind::Or(items) => joined(items, " or ", out),
        Kind::And(items) => joined(items, " and ", out),
        Kind::Matrix(rows) => {
            out.push('[');
            for (at, row) in rows.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                list("[", row, "]", out);
            }
            out.push(']');
        }
        Kind::Relation(sides, signs) => {
            for (at, side) in sides.iter().enumerate() {
                if let Some(sign) = at.checked_sub(1).and_then(|before| signs.get(before)) {
                    let _ = write!(out, " {} ", sign_text(*sign));
                }
                write(side, out);
            }
        }
        Kind::Set(operation, left, right) => {
            write(left, out);
            out.push_str(match operation {
                SetOperation::Union => " ∪ ",
                SetOperation::Intersection => " ∩ ",
                SetOperation::Difference => " ∖ ",
            });
            write(right, out);
        }
        Kind::Builder(variable, condition) => {
            out.push('{');
            write(variable, out);
            out.push_str(" : ");
            write(condition, out);
            out.push('}');
        }
        Kind::Piecewise(cases) => {
            out.push_str("cases(");
            for (at, (value, condition)) in cases.iter().enumerate() {
                if at > 0 {
                    out.push_str("; ");
                }
                write(value, out);
                if let Some(condition) = condition {
                    out.push_str(" if ");
                    write(condition, out);
                }
            }
            out.push(')');
        }
        Kind::Bound { binder, variable, low, high, body } => {
            let _ = write!(out, "{}({variable}", format!("{binder:?}").to_lowercase());
            for bound in [low, high].into_iter().flatten() {
                out.push_str(", ");
                write(bound, out);
            }
            out.push_str("; ");
            write(body, out);
            out.push(')');
        }
        Kind::Degrees(inner) => {
            write(inner, out);
            out.push('°');
        }
        Kind::Percent(inner) => {
            write(inner, out);
            out.push('%');
        }
        Kind::Currency(inner) => {
            out.push('$');
            write(inner, out);
        }
        Kind::Quantity(inner, unit) => {
            write(inner, out);
            let _ = write!(out, " [{unit}]");
        }
        Kind::Based(digits, base) => drop(write!(out, "{digits}_{base}")),
    }
}

fn bracket(bracket: Bracket, opening: bool) -> &'static str {
    match (bracket, opening) {
        (Bracket::Round, true) => "(",
        (Bracket::Round, false) => ")",
        (Bracket::Square, true) => "[",
        (Bracket::Square, false) => "]",
        (Bracket::Curly, true) => "{",
        (Bracket::Curly, false) => "}",
        (Bracket::Angle, true) => "⟨",
        (Bracket::Angle, false) => "⟩",
        (Bracket::None, _) => "",
    }
}

fn list(open: &str, items: &[Node], close: &str, out: &mut String) {
    out.push_str(open);
    joined(items, ", ", out);
    out.push_str(close);
}

fn joined(items: &[Node], joint: &str, out: &mut String) {
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push_str(joint);
        }
        write(item, out);
    }
}

fn sign_text(sign: Sign) -> &'static str {
    match sign {
        Sign::Equal => "=",
        Sign::Approximately => "≈",
        Sign::NotEqual => "≠",
        Sign::Less => "<",
        Sign::LessEqual => "≤",
        Sign::Greater => ">",
        Sign::GreaterEqual => "≥",
        Sign::In => "∈",
        Sign::NotIn => "∉",
        Sign::Subset => "⊆",
        Sign::Congruent => "≡",
        Sign::Maps => "→",
        Sign::Proportional => "∝",
    }
}
