//! Texts made by chance, repeatable from a seed.

/// A small generator of random numbers (xorshift64*).
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

/// Pieces of the two languages and of what is neither.
pub const PIECES: &[&str] = &[
    "1",
    "2",
    "0",
    "-1",
    "10",
    "3.14",
    ".5",
    "1e5",
    "1E-3",
    "x",
    "y",
    "t",
    "n",
    "e",
    "i",
    "j",
    "k",
    "C",
    "C_1",
    "\\pi",
    "pi",
    "\\infty",
    "infinity",
    "+",
    "-",
    "*",
    "/",
    "^",
    "**",
    "_",
    "!",
    "'",
    "=",
    "<",
    ">",
    "\\le",
    "\\ge",
    "\\ne",
    "\\approx",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "\\{",
    "\\}",
    "\\left(",
    "\\right)",
    "\\langle ",
    "\\rangle ",
    "|",
    "\\|",
    "\\lfloor ",
    "\\rfloor ",
    ",",
    ";",
    ":",
    " ",
    "\\,",
    "\\quad ",
    "\\\\",
    "&",
    "$",
    "\\$",
    "%",
    "\\%",
    "^\\circ",
    "\u{b0}",
    "\\pm ",
    "\\mp ",
    "\\frac{",
    "\\frac",
    "}{",
    "\\sqrt{",
    "\\sqrt[3]{",
    "sqrt(",
    "\\sin ",
    "sin(",
    "\\ln ",
    "\\log_2 ",
    "\\cos^{2}",
    "\\tan^{-1}",
    "\\exp(",
    "\\cup ",
    " U ",
    "\\cap ",
    "\\setminus ",
    "\\in ",
    "\\mathbb{R}",
    "\\emptyset",
    "\\text{",
    "\\text{ or }",
    "\\mathrm{cm}",
    " or ",
    " and ",
    "\\begin{pmatrix}",
    "\\end{pmatrix}",
    "\\begin{cases}",
    "\\end{cases}",
    "\\binom{5}{2}",
    "\\sum_{n=1}^{10} ",
    "\\int_0^1 ",
    "dx",
    "\\lim_{x\\to 0} ",
    "\\frac{d}{dx}",
    "\\overline{3}",
    "\\boxed{",
    "answer is ",
    "1,000",
    "{,}",
    "5 m",
    "\\mathbf{i}",
    "\u{221a}",
    "\u{b2}",
    "\u{bd}",
    "\u{3c0}",
    "\u{ff15}",
    "\u{200b}",
    "\u{0}",
    "\u{1f600}",
    "\\",
    "\\unknown",
    "DNE",
    "True",
    "A",
    "(A)",
    "f(x)",
    "x_{1}",
    "x2",
    "10^{10^{10}}",
    "9!!",
    "\\mod ",
    "\\pmod{5}",
    "\\dots",
];

/// A text of random pieces.
pub fn pieces(chance: &mut Chance, most: usize) -> String {
    let count = 1 + chance.below(most);
    (0..count).map(|_| *chance.pick(PIECES)).collect()
}

/// A text changed in a few places: pieces put in, ranges taken out, doubled or exchanged, bytes changed.
pub fn mutated(text: &str, other: &str, chance: &mut Chance) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for _ in 0..=chance.below(4) {
        let at = chance.below(characters.len() + 1);
        let end = (at + 1 + chance.below(8)).min(characters.len());
        match chance.below(7) {
            0 => drop(characters.splice(at..at, chance.pick(PIECES).chars())),
            1 => drop(characters.drain(at.min(end)..end)),
            2 => {
                let copy: Vec<char> = characters[at.min(end)..end].to_vec();
                let most = if chance.below(20) == 0 { 300 } else { 3 };
                for _ in 0..=chance.below(most) {
                    characters.splice(at.min(end)..at.min(end), copy.iter().copied());
                }
            }
            3 if at < characters.len() => characters[at] = char::from_u32(chance.below(0x250) as u32).unwrap_or('?'),
            4 => {
                let from: Vec<char> = other.chars().collect();
                let start = chance.below(from.len() + 1);
                let stop = (start + chance.below(30)).min(from.len());
                characters.splice(at..at, from[start..stop].iter().copied());
            }
            5 if !characters.is_empty() => {
                let second = chance.below(characters.len());
                let first = at.min(characters.len() - 1);
                characters.swap(first, second);
            }
            _ => drop(characters.splice(at..at, chance.pick(PIECES).chars())),
        }
    }
    characters.into_iter().take(4000).collect()
}
