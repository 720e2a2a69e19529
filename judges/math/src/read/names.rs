use super::lexer::TokenKind;
use crate::syntax::{Constant, Function, SetOperation, Sign};

/// What kind of LaTeX command a name is.
pub enum Class {
    /// It only changes how things look.
    Skip,
    /// It sizes the delimiter after it.
    Delimiter,
    /// It is this token.
    Token(TokenKind),
    /// It sets its argument as text; the flag says that it is a mathematical alphabet.
    Text(bool),
    /// It begins (or ends) an environment.
    Environment(bool),
    /// It and its argument only change how things look.
    Swallow,
    /// It has arguments that are read.
    Command,
    /// Not known.
    Unknown,
}

/// Tells what the LaTeX command `\name` is.
pub fn classify(name: &str) -> Class {
    use TokenKind as T;
    let token = |kind| Class::Token(kind);
    match name {
        "angle" | "measuredangle" | "triangle" | "quad" | "qquad" | "thinspace" | "medspace" | "thickspace" | "enspace"
        | "space" | "displaystyle" | "textstyle" | "scriptstyle" | "limits" | "nolimits" | "boxed" | "fbox" | "mathstrut"
        | "hline" | "mathbf" | "boldsymbol" | "bm" | "vec" | "hat" | "tilde" | "widehat" | "widetilde" | "overrightarrow"
        | "mathcal" | "mathfrak" | "mathscr" | "mathit" | "pmb" | "bold" | "underline" | "ensuremath" | "bf" | "rm" | "it"
        | "em" | "sf" | "large" | "Large" | "small" | "huge" | "Huge" | "normalsize" | "tiny" | "centering" | "noindent"
        | "newline" | "par" | "null" | "mathop" | "mathord" | "mathrel" | "mathbin" | "protect" | "hfill" | "nonumber"
        | "ddot" | "item" => Class::Skip,
        "left" | "right" | "middle" | "big" | "Big" | "bigg" | "Bigg" | "bigl" | "bigr" | "Bigl" | "Bigr" | "biggl" | "biggr"
        | "Biggl" | "Biggr" | "bigm" | "Bigm" => Class::Delimiter,
        "text" | "textbf" | "textit" | "textrm" | "textnormal" | "texttt" | "textsf" | "textsc" | "textup" | "mbox" | "hbox"
        | "emph" => Class::Text(false),
        "mathrm" | "operatorname" | "mathsf" | "mathtt" | "mathnormal" | "DeclareMathOperator" => Class::Text(true),
        "begin" => Class::Environment(true),
        "end" => Class::Environment(false),
        "label" | "tag" | "color" | "hspace" | "vspace" | "phantom" | "hphantom" | "vphantom" | "ref" | "cite" | "kern"
        | "mkern" => Class::Swallow,
        "times" | "cdot" | "ast" | "star" | "bullet" | "cdotp" | "otimes" => token(T::Mark('*')),
        "div" => token(T::Mark('/')),
        "pm" => token(T::PlusMinus(false)),
        "mp" => token(T::PlusMinus(true)),
        "colon" | "ratio" => token(T::Mark(':')),
        "prime" => token(T::Mark('\'')),
        "circ" | "degree" | "textdegree" => token(T::Degree),
        "percent" => token(T::Mark('%')),
        "dots" | "ldots" | "cdots" | "dotsc" | "dotsb" | "dotso" => token(T::Dots),
        "lbrace" => token(T::SetOpen),
        "rbrace" => token(T::SetClose),
        "lbrack" => token(T::Mark('[')),
        "rbrack" => token(T::Mark(']')),
        "lparen" => token(T::Mark('(')),
        "rparen" => token(T::Mark(')')),
        "langle" | "lang" => token(T::AngleOpen),
        "rangle" | "rang" => token(T::AngleClose),
        "lfloor" => token(T::FloorOpen),
        "rfloor" => token(T::FloorClose),
        "lceil" => token(T::CeilOpen),
        "rceil" => token(T::CeilClose),
        "lvert" => token(T::BarOpen),
        "rvert" => token(T::BarClose),
        "vert" | "mid" => token(T::Mark('|')),
        "lVert" | "rVert" | "Vert" | "parallel" => token(T::DoubleBar),
        "lt" => token(T::Sign(Sign::Less)),
        "gt" => token(T::Sign(Sign::Greater)),
        "le" | "leq" | "leqslant" | "leqq" => token(T::Sign(Sign::LessEqual)),
        "ge" | "geq" | "geqslant" | "geqq" => token(T::Sign(Sign::GreaterEqual)),
        "ne" | "neq" => token(T::Sign(Sign::NotEqual)),
        "approx" | "simeq" | "sim" | "cong" | "approxeq" | "doteq" => token(T::Sign(Sign::Approximately)),
        "equiv" => token(T::Sign(Sign::Congruent)),
        "in" | "ni" => token(T::Sign(Sign::In)),
        "notin" => token(T::Sign(Sign::NotIn)),
        "subset" | "subseteq" | "supset" | "supseteq" => token(T::Sign(Sign::Subset)),
        "to" | "rightarrow" | "mapsto" | "longrightarrow" | "Rightarrow" | "implies" | "longmapsto" => token(T::Sign(Sign::Maps)),
        "propto" => token(T::Sign(Sign::Proportional)),
        "cup" | "bigcup" => token(T::Set(SetOperation::Union)),
        "cap" | "bigcap" => token(T::Set(SetOperation::Intersection)),
        "setminus" | "backslash" | "smallsetminus" => token(T::Set(SetOperation::Difference)),
        "land" | "wedge" => token(T::And),
        "lor" | "vee" => token(T::Or),
        "infty" => token(T::Name("infinity".into())),
        "emptyset" | "varnothing" => token(T::Name("emptyset".into())),
        "R" | "reals" | "Reals" => token(T::Name("Reals".into())),
        "Z" => token(T::Name("Integers".into())),
        "N" => token(T::Name("Naturals".into())),
        "Q" => token(T::Name("Rationals".into())),
        "imath" => token(T::Name("i".into())),
        "jmath" => token(T::Name("j".into())),
        "ell" | "partial" | "nabla" | "hbar" | "aleph" => token(T::Name(name.into())),
        "dfrac" | "tfrac" | "cfrac" | "frac" => token(T::Command("frac".into())),
        "binom" | "dbinom" | "tbinom" => token(T::Command("binom".into())),
        "overline" | "bar" | "dot" => token(T::Command("overline".into())),
        "iint" | "iiint" | "oint" | "int" => token(T::Command("int".into())),
        "sqrt" | "sum" | "prod" | "mathbb" | "mathds" | "Bbb" | "over" | "choose" | "pmod" | "bmod" | "mod" | "lim" | "det"
        | "cr" | "dfracn" | "overset" | "underset" | "stackrel" | "xrightarrow" | "not" | "Re" | "Im" => Class::Command,
        _ => {
            if let Some(greek) = greek_name(name) {
                return token(T::Name(greek.into()));
            }
            if function(name).is_some() {
                return token(T::Letters(name.into()));
            }
            Class::Unknown
        }
    }
}

/// The name under which a Greek letter's command or word is known.
pub fn greek_name(name: &str) -> Option<&'static str> {
    const GREEK: [&str; 34] = [
        "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi", "pi",
        "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma",
        "Phi", "Psi", "Omega", "Upsilon",
    ];
    let name = match name {
        "varepsilon" => "epsilon",
        "vartheta" => "theta",
        "varphi" => "phi",
        "varrho" => "rho",
        "varsigma" => "sigma",
        "varpi" => "pi",
        other => other,
    };
    GREEK.iter().find(|known| **known == name).copied()
}

/// A constant by its name.
pub fn constant(name: &str) -> Option<Constant> {
    Some(match name {
        "pi" | "PI" => Constant::Pi,
        "e" => Constant::E,
        "i" => Constant::I,
        "infinity" | "inf" | "INF" | "Infinity" | "INFINITY" | "Inf" | "infty" | "oo" => Constant::Infinity,
        "emptyset" => Constant::EmptySet,
        "Reals" => Constant::Reals,
        "Integers" => Constant::Integers,
        "Naturals" => Constant::Naturals,
        "Rationals" => Constant::Rationals,
        "Complexes" => Constant::Complexes,
        _ => return None,
    })
}

/// A function by its name in either language.
pub fn function(name: &str) -> Option<Function> {
    use Function as F;
    Some(match name {
        "sin" => F::Sin,
        "cos" => F::Cos,
        "tan" | "tg" => F::Tan,
        "sec" => F::Sec,
        "csc" | "cosec" => F::Csc,
        "cot" | "ctg" | "cotan" => F::Cot,
        "asin" | "arcsin" => F::Asin,
        "acos" | "arccos" => F::Acos,
        "atan" | "arctan" | "arctg" => F::Atan,
        "asec" | "arcsec" => F::Asec,
        "acsc" | "arccsc" => F::Acsc,
        "acot" | "arccot" => F::Acot,
        "sinh" | "sh" => F::Sinh,
        "cosh" | "ch" => F::Cosh,
        "tanh" | "th" => F::Tanh,
        "sech" => F::Sech,
        "csch" => F::Csch,
        "coth" => F::Coth,
        "asinh" | "arcsinh" | "arsinh" => F::Asinh,
        "acosh" | "arccosh" | "arcosh" => F::Acosh,
        "atanh" | "arctanh" | "artanh" => F::Atanh,
        "asech" | "arcsech" | "arsech" => F::Asech,
        "acsch" | "arccsch" | "arcsch" => F::Acsch,
        "acoth" | "arccoth" | "arcoth" => F::Acoth,
        "exp" => F::Exp,
        "ln" | "log" | "Log" | "Ln" | "LN" => F::Ln,
        "lg" | "logten" | "log10" => F::Log10,
        "sqrt" | "SQRT" => F::Sqrt,
        "cbrt" => F::Cbrt,
        "root" => F::Root,
        "abs" | "Abs" | "ABS" => F::Abs,
        "floor" => F::Floor,
        "ceil" | "ceiling" => F::Ceil,
        "sgn" | "sign" | "signum" => F::Sign,
        "factorial" => F::Factorial,
        "binomial" | "binom" | "nCr" => F::Binomial,
        "nPr" => F::Permutations,
        "Re" => F::Re,
        "Im" => F::Im,
        "arg" | "Arg" => F::Arg,
        "conj" => F::Conjugate,
        "min" => F::Min,
        "max" => F::Max,
        "gcd" => F::Gcd,
        "lcm" => F::Lcm,
        "erf" => F::Erf,
        "step" => F::Heaviside,
        _ => return None,
    })
}

/// Functions that are looked for inside a run of letters, the longest first.
pub const INSIDE: [&str; 38] = [
    "arcsinh", "arccosh", "arctanh", "arcsin", "arccos", "arctan", "arcsec", "arccsc", "arccot", "asinh", "acosh", "atanh",
    "sinh", "cosh", "tanh", "sech", "csch", "coth", "asin", "acos", "atan", "sqrt", "sin", "cos", "tan", "sec", "csc", "cot",
    "exp", "log", "ln", "abs", "acot", "asec", "acsc", "theta", "lambda", "pi",
];
