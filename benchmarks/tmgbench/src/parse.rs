//! From an answer's text to a set of outcomes (spec section 4.3). Linear in the length of the text; never panics.

use crate::cells::{Cell, Cells};
use crate::text::{assignments, blocks, groups, without_thoughts};

/// The set of outcomes that an answer names, or `None` where it cannot be read.
pub fn parse_answer(text: &str) -> Option<Cells> {
    let text = without_thoughts(text)?;
    let in_blocks = || blocks(&text).into_iter().rev().find_map(|block| groups(block).into_iter().rev().find_map(parse_list));
    let assigned = || assignments(&text, "answer").into_iter().rev().find_map(|(_, list)| parse_list(list?));
    in_blocks().or_else(assigned).or_else(|| parse_list(text.trim()))
}

/// A whole answer list: `[]`, or pairs of a choice of A and a choice of B in round or square brackets.
pub fn parse_list(list: &str) -> Option<Cells> {
    let mut rest = Scanner(list.trim());
    let mut cells = Cells::NONE;
    rest.take("[")?;
    loop {
        if rest.take("]").is_some() {
            break;
        }
        cells.insert(rest.pair()?);
        if rest.take(",").is_none() {
            rest.take("]")?;
            break;
        }
    }
    rest.0.is_empty().then_some(cells)
}

const QUOTES: [char; 8] = ['"', '\'', '‘', '’', '‚', '“', '”', '„'];

/// What is left to read; white space before a sign does not count.
struct Scanner<'a>(&'a str);

impl Scanner<'_> {
    fn take(&mut self, sign: &str) -> Option<()> {
        self.0 = self.0.trim_start().strip_prefix(sign)?;
        Some(())
    }

    fn pair(&mut self) -> Option<Cell> {
        let close = if self.take("(").is_some() { ")" } else { self.take("[").map(|()| "]")? };
        let row = self.choice('A')?;
        self.take(",")?;
        let column = self.choice('B')?;
        // A trailing comma is Python's.
        let _ = self.take(",");
        self.take(close)?;
        Some(Cell::at(row, column))
    }

    /// `A1` or `A2` (or B's), with or without quotes; from 0.
    fn choice(&mut self, player: char) -> Option<usize> {
        let rest = self.0.trim_start();
        let rest = rest.strip_prefix(QUOTES).unwrap_or(rest);
        let rest = rest.strip_prefix([player, player.to_ascii_lowercase()])?;
        let (choice, rest) =
            [("1", 0), ("2", 1)].into_iter().find_map(|(digit, choice)| Some((choice, rest.strip_prefix(digit)?)))?;
        self.0 = rest.strip_prefix(QUOTES).unwrap_or(rest);
        Some(choice)
    }
}
