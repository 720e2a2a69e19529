use super::lexer::TokenKind;
use crate::syntax::{SetOperation, Sign};

/// What one character outside ASCII stands for.
pub enum Meaning {
    /// Nothing is to be seen.
    Nothing,
    /// Space.
    Space,
    /// The same as these ASCII characters.
    Ascii(&'static str),
    /// A name, such as a Greek letter.
    Name(&'static str),
    /// A raised digit or sign.
    Raised(char),
    /// A lowered digit.
    Lowered(char),
    /// Some other token.
    Token(TokenKind),
    /// Not known.
    Unknown,
}

/// The meaning of a character outside ASCII.
pub fn meaning(character: char) -> Meaning {
    use Meaning::{Ascii, Lowered, Name, Nothing, Raised, Space, Token, Unknown};
    let code = character as u32;
    if (0xFF01..=0xFF5E).contains(&code) {
        return ascii(char::from_u32(code - 0xFEE0).unwrap_or(' '));
    }
    match character {
        '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}' | '\u{fe0f}' => Nothing,
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => Space,
        '−' | '–' | '—' | '‐' | '‑' | '﹣' => Ascii("-"),
        '×' | '·' | '⋅' | '∗' | '∙' | '•' | '⨯' => Ascii("*"),
        '÷' | '∕' | '⁄' => Ascii("/"),
        '∶' | '：' => Ascii(":"),
        '，' | '、' => Ascii(","),
        '；' => Ascii(";"),
        '。' | '．' => Ascii("."),
        '′' | '’' | '‘' | 'ʹ' => Ascii("'"),
        '″' => Ascii("''"),
        '“' | '”' => Nothing,
        '∣' | '│' | '｜' => Ascii("|"),
        '⟨' | '〈' => Token(TokenKind::AngleOpen),
        '⟩' | '〉' => Token(TokenKind::AngleClose),
        '⌊' => Token(TokenKind::FloorOpen),
        '⌋' => Token(TokenKind::FloorClose),
        '⌈' => Token(TokenKind::CeilOpen),
        '⌉' => Token(TokenKind::CeilClose),
        '≤' | '⩽' | '≦' => Token(TokenKind::Sign(Sign::LessEqual)),
        '≥' | '⩾' | '≧' => Token(TokenKind::Sign(Sign::GreaterEqual)),
        '≠' => Token(TokenKind::Sign(Sign::NotEqual)),
        '≈' | '≃' | '≅' | '∼' => Token(TokenKind::Sign(Sign::Approximately)),
        '≡' => Token(TokenKind::Sign(Sign::Congruent)),
        '∈' => Token(TokenKind::Sign(Sign::In)),
        '∉' => Token(TokenKind::Sign(Sign::NotIn)),
        '⊂' | '⊆' => Token(TokenKind::Sign(Sign::Subset)),
        '→' | '↦' | '⟶' => Token(TokenKind::Sign(Sign::Maps)),
        '∝' => Token(TokenKind::Sign(Sign::Proportional)),
        '∪' | '⋃' => Token(TokenKind::Set(SetOperation::Union)),
        '∩' | '⋂' => Token(TokenKind::Set(SetOperation::Intersection)),
        '∖' => Token(TokenKind::Set(SetOperation::Difference)),
        '∧' => Token(TokenKind::And),
        '∨' => Token(TokenKind::Or),
        '±' => Token(TokenKind::PlusMinus(false)),
        '∓' => Token(TokenKind::PlusMinus(true)),
        '°' | 'º' | '˚' => Token(TokenKind::Degree),
        '…' | '⋯' => Token(TokenKind::Dots),
        '√' => Token(TokenKind::Command("sqrt".into())),
        '∛' => Token(TokenKind::Letters("cbrt".into())),
        '∑' => Token(TokenKind::Command("sum".into())),
        '∏' => Token(TokenKind::Command("prod".into())),
        '∫' => Token(TokenKind::Command("int".into())),
        '∅' | '⌀' | 'Ø' => Name("emptyset"),
        '∞' => Name("infinity"),
        'ℝ' => Name("Reals"),
        'ℤ' => Name("Integers"),
        'ℕ' => Name("Naturals"),
        'ℚ' => Name("Rationals"),
        'ℂ' => Name("Complexes"),
        'ℯ' => Name("e"),
        '∂' => Name("partial"),
        '½' => Ascii("(1/2)"),
        '⅓' => Ascii("(1/3)"),
        '⅔' => Ascii("(2/3)"),
        '¼' => Ascii("(1/4)"),
        '¾' => Ascii("(3/4)"),
        '⅕' => Ascii("(1/5)"),
        '⅖' => Ascii("(2/5)"),
        '⅗' => Ascii("(3/5)"),
        '⅘' => Ascii("(4/5)"),
        '⅙' => Ascii("(1/6)"),
        '⅚' => Ascii("(5/6)"),
        '⅛' => Ascii("(1/8)"),
        '⅜' => Ascii("(3/8)"),
        '⅝' => Ascii("(5/8)"),
        '⅞' => Ascii("(7/8)"),
        '£' | '€' | '¥' | '￥' | '₹' => Token(TokenKind::Currency),
        '⁰' => Raised('0'),
        '¹' => Raised('1'),
        '²' => Raised('2'),
        '³' => Raised('3'),
        '⁴'..='⁹' => Raised(char::from_u32(code - 0x2070 + 0x30).unwrap_or('0')),
        '⁻' => Raised('-'),
        '⁺' => Raised('+'),
        'ⁿ' => Raised('n'),
        'ˣ' => Raised('x'),
        'ᵗ' => Raised('t'),
        '₀'..='₉' => Lowered(char::from_u32(code - 0x2080 + 0x30).unwrap_or('0')),
        'ₙ' => Lowered('n'),
        _ => greek(character).map_or(Unknown, Name),
    }
}

fn ascii(character: char) -> Meaning {
    const TABLE: &str = "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";
    TABLE.find(character).and_then(|at| TABLE.get(at..=at)).map_or(Meaning::Unknown, Meaning::Ascii)
}

fn greek(character: char) -> Option<&'static str> {
    Some(match character {
        'α' => "alpha",
        'β' => "beta",
        'γ' => "gamma",
        'δ' => "delta",
        'ε' | 'ϵ' => "epsilon",
        'ζ' => "zeta",
        'η' => "eta",
        'θ' | 'ϑ' => "theta",
        'ι' => "iota",
        'κ' => "kappa",
        'λ' => "lambda",
        'μ' | 'µ' => "mu",
        'ν' => "nu",
        'ξ' => "xi",
        'π' => "pi",
        'ρ' => "rho",
        'σ' | 'ς' => "sigma",
        'τ' => "tau",
        'υ' => "upsilon",
        'φ' | 'ϕ' => "phi",
        'χ' => "chi",
        'ψ' => "psi",
        'ω' => "omega",
        'Γ' => "Gamma",
        'Δ' | '∆' => "Delta",
        'Θ' => "Theta",
        'Λ' => "Lambda",
        'Ξ' => "Xi",
        'Π' => "Pi",
        'Σ' => "Sigma",
        'Φ' => "Phi",
        'Ψ' => "Psi",
        'Ω' => "Omega",
        _ => return None,
    })
}
