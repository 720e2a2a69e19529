//! Calculator syntax rewritten as the LaTeX people write, without the crate's own reader.

use super::references::Reference;
use proctor_math::AnswerKind;

/// The reference as LaTeX, or as it is where it is no formula.
pub fn rewritten(reference: &Reference) -> String {
    match reference.kind {
        AnswerKind::Choice | AnswerKind::Choices | AnswerKind::Truth => format!("\\text{{{}}}", reference.text),
        AnswerKind::Phrase => format!("\\text{{{}}}", reference.text),
        _ => latex(&reference.text).unwrap_or_else(|| reference.text.clone()),
    }
}

/// A formula as LaTeX; `None` if this simple reader does not understand it.
pub fn latex(text: &str) -> Option<String> {
    let characters: Vec<char> = text.replace("**", "^").chars().collect();
    let mut writer = Writer { text: characters, at: 0 };
    let mut out = writer.list(None)?;
    writer.space();
    if writer.at < writer.text.len() {
        return None;
    }
    if out.contains("\\cup") {
        out = out.replace("\\cup", " \\cup ");
    }
    Some(out)
}

struct Writer {
    text: Vec<char>,
    at: usize,
}

const FUNCTIONS: [(&str, &str); 27] = [
    ("arcsin", "\\arcsin"),
    ("arccos", "\\arccos"),
    ("arctan", "\\arctan"),
    ("asinh", "\\operatorname{arsinh}"),
    ("acosh", "\\operatorname{arcosh}"),
    ("atanh", "\\operatorname{artanh}"),
    ("asin", "\\sin^{-1}"),
    ("acos", "\\cos^{-1}"),
    ("atan", "\\tan^{-1}"),
    ("sinh", "\\sinh"),
    ("cosh", "\\cosh"),
    ("tanh", "\\tanh"),
    ("sech", "\\operatorname{sech}"),
    ("csch", "\\operatorname{csch}"),
    ("sqrt", "\\sqrt"),
    ("sin", "\\sin"),
    ("cos", "\\cos"),
    ("tan", "\\tan"),
    ("sec", "\\sec"),
    ("csc", "\\csc"),
    ("cot", "\\cot"),
    ("exp", "\\exp"),
    ("ln", "\\ln"),
    ("logten", "\\log_{10}"),
    ("log", "\\log"),
    ("abs", "abs"),
    ("infinity", "\\infty"),
];

const NAMES: [&str; 14] =
    ["theta", "lambda", "alpha", "beta", "gamma", "delta", "omega", "sigma", "tau", "phi", "rho", "mu", "pi", "epsilon"];

impl Writer {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek() == Some(' ') {
            self.at += 1;
        }
    }

    fn starts(&self, word: &str) -> bool {
        word.chars().enumerate().all(|(offset, c)| self.text.get(self.at + offset) == Some(&c))
    }

    /// Items up to a closing bracket.
    fn list(&mut self, close: Option<char>) -> Option<String> {
        let mut out = String::new();
        loop {
            out += &self.relation()?;
            self.space();
            match self.peek() {
                Some(',') => {
                    self.at += 1;
                    out += ", ";
                }
                Some('U') => {
                    self.at += 1;
                    out += "\\cup";
                }
                other if other == close || other.is_none() => return Some(out),
                Some(')' | ']') => return Some(out),
                _ => return None,
            }
        }
    }

    fn relation(&mut self) -> Option<String> {
        let mut out = self.sum()?;
        self.space();
        while let Some(sign @ ('=' | '<' | '>')) = self.peek() {
            self.at += 1;
            if self.peek() == Some('=') {
                self.at += 1;
                out += if sign == '<' { " \\le " } else { " \\ge " };
            } else {
                out += &format!(" {sign} ");
            }
            out += &self.sum()?;
            self.space();
        }
        Some(out)
    }

    fn sum(&mut self) -> Option<String> {
        let mut out = String::new();
        loop {
            self.space();
            while let Some(sign @ ('+' | '-')) = self.peek() {
                out.push(sign);
                self.at += 1;
                self.space();
            }
            out += &self.product()?;
            self.space();
            if !matches!(self.peek(), Some('+' | '-')) {
                return Some(out);
            }
        }
    }

    fn product(&mut self) -> Option<String> {
        let mut out = self.power()?;
        loop {
            self.space();
            match self.peek() {
                Some('*') => {
                    self.at += 1;
                    self.space();
                    let mut sign = String::new();
                    while let Some(s @ ('-' | '+')) = self.peek() {
                        sign.push(s);
                        self.at += 1;
                        self.space();
                    }
                    let next = self.power()?;
                    out = if sign.is_empty() {
                        format!("{out} \\cdot {next}")
                    } else {
                        format!("{out} \\cdot \\left({sign}{next}\\right)")
                    };
                }
                Some('/') => {
                    self.at += 1;
                    self.space();
                    let mut sign = String::new();
                    while let Some(s @ ('-' | '+')) = self.peek() {
                        sign.push(s);
                        self.at += 1;
                        self.space();
                    }
                    let next = self.power()?;
                    out = format!("\\frac{{{out}}}{{{sign}{}}}", unwrap(&next));
                }
                Some(c) if c.is_ascii_alphanumeric() && c != 'U' || matches!(c, '(' | '[' | '|' | '.') => {
                    if matches!(c, '|') {
                        return Some(out);
                    }
                    let next = self.power()?;
                    out = format!("{out} {next}");
                }
                _ => return Some(out),
            }
        }
    }

    fn power(&mut self) -> Option<String> {
        let base = self.primary()?;
        self.space();
        if self.peek() == Some('^') {
            self.at += 1;
            self.space();
            let mut sign = String::new();
            while let Some(s @ ('-' | '+')) = self.peek() {
                sign.push(s);
                self.at += 1;
                self.space();
            }
            let exponent = self.power()?;
            let base = if base.starts_with("\\frac")
                || base.starts_with("\\sin")
                || base.starts_with("\\cos")
                || base.contains(' ') && !base.starts_with("\\left")
            {
                format!("\\left({base}\\right)")
            } else {
                base
            };
            return Some(format!("{base}^{{{sign}{}}}", unwrap(&exponent)));
        }
        if self.peek() == Some('!') {
            self.at += 1;
            return Some(format!("{base}!"));
        }
        Some(base)
    }

    fn primary(&mut self) -> Option<String> {
        self.space();
        let c = self.peek()?;
        if c.is_ascii_digit() || c == '.' {
            let start = self.at;
            while self.peek().is_some_and(|c| c.is_ascii_digit() || c == '.') {
                self.at += 1;
            }
            let number: String = self.text[start..self.at].iter().collect();
            if self.peek() == Some('E') && self.text.get(self.at + 1).is_some_and(|c| matches!(c, '+' | '-' | '0'..='9')) {
                self.at += 1;
                let start = self.at;
                self.at += 1;
                while self.peek().is_some_and(|c| c.is_ascii_digit()) {
                    self.at += 1;
                }
                let exponent: String = self.text[start..self.at].iter().filter(|c| **c != '+').collect();
                return Some(format!("\\left({number} \\times 10^{{{}}}\\right)", exponent.parse::<i32>().ok()?));
            }
            if self.peek() == Some('%') {
                self.at += 1;
                return Some(format!("{number}\\%"));
            }
            return Some(number);
        }
        for (open, close) in [('(', ')'), ('[', ']'), ('{', '}')] {
            if c == open {
                self.at += 1;
                let inner = self.list(Some(close))?;
                self.space();
                let end = self.peek()?;
                self.at += 1;
                let interval = inner.contains(", ") || end != close;
                return Some(match (open, interval) {
                    ('[', true) => format!("\\left[{inner}\\right{end}"),
                    (_, true) => format!("\\left({inner}\\right{end}"),
                    _ => format!("\\left({inner}\\right)"),
                });
            }
        }
        if c == '|' {
            self.at += 1;
            let inner = self.sum()?;
            self.space();
            if self.peek() != Some('|') {
                return None;
            }
            self.at += 1;
            return Some(format!("\\left|{inner}\\right|"));
        }
        for (name, command) in FUNCTIONS {
            if self.starts(name) {
                self.at += name.len();
                if name == "infinity" {
                    return Some(command.into());
                }
                self.space();
                let argument = self.primary()?;
                let inner = unwrap(&argument);
                return Some(match name {
                    "sqrt" => format!("\\sqrt{{{inner}}}"),
                    "abs" => format!("\\left|{inner}\\right|"),
                    _ => format!("{command}\\left({inner}\\right)"),
                });
            }
        }
        for name in NAMES {
            if self.starts(name) {
                self.at += name.len();
                return Some(format!("\\{name}"));
            }
        }
        if c.is_ascii_alphabetic() {
            self.at += 1;
            let start = self.at;
            while self.peek().is_some_and(|c| c.is_ascii_digit()) {
                self.at += 1;
            }
            let index: String = self.text[start..self.at].iter().collect();
            return Some(if index.is_empty() { c.to_string() } else { format!("{c}_{{{index}}}") });
        }
        None
    }
}

/// Without the brackets that braces make superfluous.
fn unwrap(text: &str) -> String {
    let inner = text.strip_prefix("\\left(").and_then(|rest| rest.strip_suffix("\\right)"));
    match inner {
        Some(inner) if !inner.contains("\\left(") && !inner.contains("\\right") && !inner.contains(", ") => inner.to_string(),
        _ => text.to_string(),
    }
}
