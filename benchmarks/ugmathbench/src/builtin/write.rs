//! How statements and references are written: LaTeX in statements, calculator syntax in references.

use crate::item::Version;

/// A version in the making: a statement, then its answers in order.
pub struct Draft(Version);

impl Draft {
    /// With this statement; its blanks are `[ANS]`.
    pub fn new(problem: impl Into<String>) -> Self {
        Self(Version { problem: problem.into(), answers: Vec::new(), types: Vec::new(), options: Vec::new() })
    }

    fn slot(mut self, code: &str, answer: String, options: &[&str]) -> Self {
        self.0.answers.push(answer);
        self.0.types.push(code.to_owned());
        self.0.options.push(options.iter().map(|option| (*option).to_owned()).collect());
        self
    }

    /// A number.
    pub fn number(self, answer: impl ToString) -> Self {
        self.slot("NV", answer.to_string(), &[])
    }

    /// An expression.
    pub fn expression(self, answer: impl Into<String>) -> Self {
        self.slot("EX", answer.into(), &[])
    }

    /// An equation.
    pub fn equation(self, answer: impl Into<String>) -> Self {
        self.slot("EQ", answer.into(), &[])
    }

    /// An interval.
    pub fn interval(self, answer: impl Into<String>) -> Self {
        self.slot("INT", answer.into(), &[])
    }

    /// A truth value.
    pub fn truth(self, answer: bool) -> Self {
        self.slot("TF", if answer { "T" } else { "F" }.to_owned(), &[])
    }

    /// One of the options.
    pub fn choice(self, answer: &str, options: &[&str]) -> Self {
        self.slot("MCS", answer.to_owned(), options)
    }

    /// Several of the options, which are the first letters of the alphabet: those where `right` is true.
    pub fn choices<const N: usize>(self, right: [bool; N]) -> Self {
        let letters = ["A", "B", "C", "D", "E", "F", "G", "H"];
        let chosen: String = letters.iter().zip(right).filter(|(_, right)| *right).map(|(letter, _)| *letter).collect();
        self.slot("MCM", chosen, letters.get(..N).unwrap_or(&letters))
    }

    /// A word.
    pub fn word(self, answer: &str) -> Self {
        self.slot("OE", answer.to_owned(), &[])
    }

    /// A list whose order matters.
    pub fn ordered<T: ToString>(self, answers: impl IntoIterator<Item = T>) -> Self {
        self.slot("OL", bracketed(answers, ","), &[])
    }

    /// A list whose order does not matter.
    pub fn unordered<T: ToString>(self, answers: impl IntoIterator<Item = T>) -> Self {
        self.slot("UOL", bracketed(answers, ", "), &[])
    }

    /// Done.
    pub fn done(self) -> Version {
        self.0
    }
}

fn bracketed<T: ToString>(answers: impl IntoIterator<Item = T>, separator: &str) -> String {
    let answers: Vec<String> = answers.into_iter().map(|answer| answer.to_string()).collect();
    format!("({})", answers.join(separator))
}

/// A sum of terms `coefficient · symbol` in LaTeX; an empty symbol is a constant term. Terms with coefficient 0 are left
/// out, the coefficient 1 is not written.
pub fn latex_sum(terms: &[(i64, &str)]) -> String {
    sum(terms, " ")
}

/// The same in calculator syntax.
pub fn calculator_sum(terms: &[(i64, &str)]) -> String {
    sum(terms, "*")
}

fn sum(terms: &[(i64, &str)], times: &str) -> String {
    let mut out = String::new();
    for (coefficient, symbol) in terms.iter().filter(|(coefficient, _)| *coefficient != 0) {
        let sign = match (*coefficient < 0, out.is_empty()) {
            (true, _) => "-",
            (false, true) => "",
            (false, false) => "+",
        };
        out.push_str(sign);
        let size = coefficient.unsigned_abs();
        match (size, symbol.is_empty()) {
            (_, true) => out.push_str(&size.to_string()),
            (1, false) => out.push_str(symbol),
            (_, false) => out.push_str(&format!("{size}{times}{symbol}")),
        }
    }
    if out.is_empty() { "0".into() } else { out }
}

/// A fraction in lowest terms: `3`, `-5/4`. The denominator is not 0.
pub fn fraction(numerator: i64, denominator: i64) -> String {
    let divisor = gcd(numerator, denominator).max(1);
    let sign = if denominator < 0 { -1 } else { 1 };
    let (numerator, denominator) = (sign * numerator / divisor, sign * denominator / divisor);
    if denominator == 1 { numerator.to_string() } else { format!("{numerator}/{denominator}") }
}

/// The greatest common divisor, not negative.
pub fn gcd(a: i64, b: i64) -> i64 {
    let (mut a, mut b) = (a.abs(), b.abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// The least common multiple of positive numbers.
pub fn lcm(a: i64, b: i64) -> i64 {
    a / gcd(a, b).max(1) * b
}

/// A number with at most six decimals and no zeros at the end.
pub fn decimal(value: f64) -> String {
    let text = format!("{value:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.into() }
}

/// A matrix in LaTeX.
pub fn matrix<const N: usize, const M: usize>(rows: [[i64; M]; N]) -> String {
    let row = |row: [i64; M]| row.map(|entry| entry.to_string()).join(" & ");
    format!("\\begin{{bmatrix}} {} \\end{{bmatrix}}", rows.map(row).join(" \\\\ "))
}
