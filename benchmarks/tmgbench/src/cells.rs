//! Outcomes of a 2x2 game and sets of them.

use std::fmt;

/// One outcome: a choice of A (row) and of B (column). Codes are 1 = (A1,B1), 2 = (A1,B2), 3 = (A2,B1), 4 = (A2,B2)
/// (spec section 2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell(u8);

impl Cell {
    /// Every outcome in the order of the codes.
    pub const ALL: [Cell; 4] = [Cell(0), Cell(1), Cell(2), Cell(3)];

    /// The outcome where A plays its choice `row` and B its choice `column`, both counted from 0; odd parts count as 1.
    pub fn at(row: usize, column: usize) -> Cell {
        Cell((row & 1) as u8 * 2 + (column & 1) as u8)
    }

    /// The outcome of a code from 1 to 4.
    pub fn of_code(code: u8) -> Option<Cell> {
        (1..=4).contains(&code).then(|| Cell(code - 1))
    }

    /// The code, from 1 to 4.
    pub fn code(self) -> u8 {
        self.0 + 1
    }

    /// The code from 0: a position in a list of four.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// A's choice, from 0.
    pub fn row(self) -> usize {
        usize::from(self.0 >> 1)
    }

    /// B's choice, from 0.
    pub fn column(self) -> usize {
        usize::from(self.0 & 1)
    }

    /// Where the outcome lies in the sister game (spec section 2.3): 1 and 4 change places, 2 and 3 stay.
    pub fn reflected(self) -> Cell {
        Cell::at(1 - self.column(), 1 - self.row())
    }
}

/// `(A1, B2)`.
impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "(A{}, B{})", self.row() + 1, self.column() + 1)
    }
}

/// A set of outcomes: an answer, or the equilibria of a game.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cells(u8);

impl Cells {
    /// No outcome.
    pub const NONE: Cells = Cells(0);
    /// All four outcomes.
    pub const ALL: Cells = Cells(15);

    /// Every set of outcomes, the empty one first.
    pub fn every() -> impl Iterator<Item = Cells> {
        (0..16).map(Cells)
    }

    /// The set written as codes, e.g. `14`; empty text is the empty set. Anything but the digits 1 to 4 is refused.
    pub fn of_codes(codes: &str) -> Option<Cells> {
        codes.bytes().map(|byte| Cell::of_code(byte.wrapping_sub(b'0'))).collect::<Option<Cells>>()
    }

    /// The codes in order, without separators.
    pub fn codes(self) -> String {
        self.iter().map(|cell| char::from(b'0' + cell.code())).collect()
    }

    /// Whether the outcome is in it.
    pub fn contains(self, cell: Cell) -> bool {
        self.0 & (1 << cell.0) != 0
    }

    /// Adds an outcome.
    pub fn insert(&mut self, cell: Cell) {
        self.0 |= 1 << cell.0;
    }

    /// How many outcomes.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether it holds none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether every outcome of it is in `other`.
    pub fn is_subset(self, other: Cells) -> bool {
        self.0 & !other.0 == 0
    }

    /// Its outcomes in order.
    pub fn iter(self) -> impl Iterator<Item = Cell> {
        Cell::ALL.into_iter().filter(move |cell| self.contains(*cell))
    }

    /// The only outcome in it; `None` when there are none or several.
    pub fn only(self) -> Option<Cell> {
        self.iter().next().filter(|_| self.len() == 1)
    }

    /// The set with each outcome replaced.
    pub fn map(self, change: impl Fn(Cell) -> Cell) -> Cells {
        self.iter().map(change).collect()
    }
}

impl FromIterator<Cell> for Cells {
    fn from_iter<I: IntoIterator<Item = Cell>>(cells: I) -> Cells {
        let mut set = Cells::NONE;
        cells.into_iter().for_each(|cell| set.insert(cell));
        set
    }
}

/// As the answer format wants it: `[("A1", "B1"), ("A2", "B2")]`, or `[]`.
impl fmt::Display for Cells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs: Vec<String> =
            self.iter().map(|cell| format!("(\"A{}\", \"B{}\")", cell.row() + 1, cell.column() + 1)).collect();
        write!(f, "[{}]", pairs.join(", "))
    }
}
