//! Tokens of LaTeX.

use super::tree::{Comparison, Function};

/// A token; texts are slices of the input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Token<'a> {
    Digit(u8),
    Letter(char),
    /// A command that is a name: its text without the backslash.
    Symbol(&'a str),
    /// `d` and a variable: the variable's text.
    Differential(&'a str),
    Plus,
    Minus,
    Times,
    Divide,
    Caret,
    Underscore,
    Bang,
    Bar,
    Comma,
    Point,
    Quotes(usize),
    /// An opening bracket: `(`, `[`, `{`, or `\` for an escaped brace, `f` for a floor, `c` for a ceiling.
    Open(char),
    /// The matching closing bracket.
    Close(char),
    Compare(Comparison),
    Named(Function),
    /// The decadic logarithm.
    DecadicLogarithm,
    Root,
    Overline,
    Fraction,
    Binomial,
    Italic,
    SumSign,
    ProductSign,
    IntegralSign,
    LimitSign,
    Approach,
    /// Something without a place in the grammar.
    Other,
    /// A character that is no token.
    Bad,
}

/// All tokens up to the end, or up to and including the first bad one.
pub(crate) fn tokens(text: &str) -> Vec<Token<'_>> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at).copied() {
        let next = bytes.get(at + 1).copied();
        let (token, length) = match byte {
            b' ' | b'\t' | b'\r' | b'\n' => {
                at += 1;
                continue;
            }
            b'\\' => match command(text, at) {
                (Some(token), length) => (token, length),
                (None, length) => {
                    at += length;
                    continue;
                }
            },
            b'0'..=b'9' => (Token::Digit(byte - b'0'), 1),
            b'd' => differential(text, at).unwrap_or((Token::Letter('d'), 1)),
            _ if byte.is_ascii_alphabetic() => (Token::Letter(char::from(byte)), 1),
            b'+' => (Token::Plus, 1),
            b'-' => (Token::Minus, 1),
            b'*' => (Token::Times, 1),
            b'/' | b':' => (Token::Divide, 1),
            b'^' => (Token::Caret, 1),
            b'_' => (Token::Underscore, 1),
            b'!' => (Token::Bang, 1),
            b'|' => (Token::Bar, 1),
            b',' => (Token::Comma, 1),
            b'.' => (Token::Point, 1),
            b'\'' => {
                let length = bytes.iter().skip(at).take_while(|quote| **quote == b'\'').count();
                (Token::Quotes(length), length)
            }
            b'(' | b'[' | b'{' => (Token::Open(char::from(byte)), 1),
            b')' => (Token::Close('('), 1),
            b']' => (Token::Close('['), 1),
            b'}' => (Token::Close('{'), 1),
            b'=' => (Token::Compare(Comparison::Equal), if next == Some(b'&') { 2 } else { 1 }),
            b'&' if next == Some(b'=') => (Token::Compare(Comparison::Equal), 2),
            b'<' => (Token::Compare(Comparison::Less), 1),
            b'>' => (Token::Compare(Comparison::Greater), 1),
            _ => (Token::Bad, 1),
        };
        out.push(token);
        if token == Token::Bad {
            break;
        }
        at += length;
    }
    out
}

/// `d` with the letter or command after it.
fn differential(text: &str, at: usize) -> Option<(Token<'_>, usize)> {
    let rest = text.get(at + 1..)?;
    let variable = rest.trim_start_matches([' ', '\t', '\r', '\n']);
    let skipped = 1 + rest.len() - variable.len();
    let first = variable.bytes().next()?;
    if first.is_ascii_alphabetic() {
        return Some((Token::Differential(variable.get(..1)?), skipped + 1));
    }
    let name = variable.strip_prefix('\\')?;
    let length = name.len() - name.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
    if length == 0 { None } else { Some((Token::Differential(name.get(..length)?), skipped + 1 + length)) }
}

/// The token of the command at `at`, or `None` for one that is skipped, and its length.
fn command(text: &str, at: usize) -> (Option<Token<'_>>, usize) {
    let rest = text.get(at + 1..).unwrap_or_default();
    let length = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
    if length == 0 {
        return match rest.bytes().next() {
            Some(b',' | b':' | b';' | b'!' | b'*' | b'-' | b'.' | b'/' | b'"' | b'(' | b'=') => (None, 2),
            Some(b'{') => (Some(Token::Open('\\')), 2),
            Some(b'}') => (Some(Token::Close('\\')), 2),
            _ => (Some(Token::Bad), 1),
        };
    }
    let name = rest.get(..length).unwrap_or_default();
    (named(name), length + 1)
}

/// The token of a command with this name, or `None` for a command that is skipped.
fn named(name: &str) -> Option<Token<'_>> {
    use Function as F;
    Some(match name {
        "thinspace" | "medspace" | "thickspace" | "quad" | "qquad" | "negthinspace" | "negmedspace" | "negthickspace"
        | "left" | "right" | "vrule" | "vcenter" | "vbox" | "vskip" | "vspace" | "hfil" => {
            return None;
        }
        "times" | "cdot" => Token::Times,
        "div" => Token::Divide,
        "frac" | "dfrac" | "tfrac" => Token::Fraction,
        "binom" | "dbinom" | "tbinom" => Token::Binomial,
        "mathit" => Token::Italic,
        "sqrt" => Token::Root,
        "overline" => Token::Overline,
        "sum" => Token::SumSign,
        "prod" => Token::ProductSign,
        "int" => Token::IntegralSign,
        "lim" => Token::LimitSign,
        "to" | "rightarrow" | "Rightarrow" | "longrightarrow" | "Longrightarrow" => Token::Approach,
        "lfloor" => Token::Open('f'),
        "rfloor" => Token::Close('f'),
        "lceil" => Token::Open('c'),
        "rceil" => Token::Close('c'),
        "langle" | "rangle" => Token::Other,
        "neq" => Token::Compare(Comparison::Unequal),
        "leq" | "le" | "leqq" | "leqslant" => Token::Compare(Comparison::LessOrEqual),
        "geq" | "ge" | "geqq" | "geqslant" => Token::Compare(Comparison::GreaterOrEqual),
        "exp" => Token::Named(F::Exponential),
        "log" | "ln" => Token::Named(F::Logarithm),
        "lg" => Token::DecadicLogarithm,
        "sin" => Token::Named(F::Sine),
        "cos" => Token::Named(F::Cosine),
        "tan" => Token::Named(F::Tangent),
        "csc" => Token::Named(F::Cosecant),
        "sec" => Token::Named(F::Secant),
        "cot" => Token::Named(F::Cotangent),
        "arcsin" => Token::Named(F::ArcSine),
        "arccos" => Token::Named(F::ArcCosine),
        "arctan" => Token::Named(F::ArcTangent),
        "arccsc" => Token::Named(F::ArcCosecant),
        "arcsec" => Token::Named(F::ArcSecant),
        "arccot" => Token::Named(F::ArcCotangent),
        "sinh" => Token::Named(F::HyperbolicSine),
        "cosh" => Token::Named(F::HyperbolicCosine),
        "tanh" => Token::Named(F::HyperbolicTangent),
        "arsinh" => Token::Named(F::AreaSine),
        "arcosh" => Token::Named(F::AreaCosine),
        "artanh" => Token::Named(F::AreaTangent),
        _ => Token::Symbol(name),
    })
}
