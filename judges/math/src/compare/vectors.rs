//! Vectors, matrices and arithmetic with them.

use crate::syntax::{Bracket, Constant, Kind, Node};

/// Most components that arithmetic is done with.
const MOST: usize = 64;

/// A vector or matrix of scalar nodes, row by row.
#[derive(Clone, Debug)]
pub struct Grid {
    /// Rows of cells.
    pub rows: Vec<Vec<Node>>,
    /// Whether it was written as a column or as a list, whose direction says nothing.
    pub vector: bool,
}

impl Grid {
    /// All cells, row by row.
    pub fn cells(&self) -> impl Iterator<Item = &Node> {
        self.rows.iter().flatten()
    }

    fn map(self, change: impl Fn(Node) -> Node) -> Self {
        Self { rows: self.rows.into_iter().map(|row| row.into_iter().map(&change).collect()).collect(), vector: self.vector }
    }
}

/// Whether a node is a list in brackets, a matrix or arithmetic with such things.
pub fn grid(node: &Node) -> Option<Grid> {
    match &node.kind {
        Kind::Matrix(rows) => {
            let vector = rows.iter().all(|row| row.len() == 1) || rows.len() == 1;
            Some(Grid { rows: rows.clone(), vector })
        }
        Kind::List(open, close, items)
            if open == close && matches!(open, Bracket::Round | Bracket::Square | Bracket::Angle) && items.len() > 1 =>
        {
            // `[[1,2],[3,4]]`
            let rows: Option<Vec<Vec<Node>>> = items
                .iter()
                .map(|item| match &item.kind {
                    Kind::List(o, c, cells) if o == c && !cells.is_empty() => Some(cells.clone()),
                    _ => None,
                })
                .collect();
            if let Some(rows) = rows {
                let width = rows.first().map_or(0, Vec::len);
                if rows.iter().all(|row| row.len() == width) {
                    return Some(Grid { rows, vector: false });
                }
            }
            Some(Grid { rows: vec![items.clone()], vector: true })
        }
        Kind::Negative(inner) => Some(grid(inner)?.map(Node::negative)),
        Kind::Power(base, exponent) if matches!(&exponent.kind, Kind::Symbol(name) if name == "T") => {
            let inner = grid(base)?;
            if inner.vector {
                return Some(inner);
            }
            let width = inner.rows.first()?.len();
            let rows = (0..width).map(|at| inner.rows.iter().filter_map(|row| row.get(at).cloned()).collect()).collect();
            Some(Grid { rows, vector: false })
        }
        Kind::Product(factors) => {
            // Each factor is looked at once: what is nested is looked at again on every level.
            let mut found: Option<(usize, Grid)> = None;
            for (at, (factor, divides)) in factors.iter().enumerate() {
                if let Some(inner) = grid(factor) {
                    if *divides || found.is_some() {
                        return None;
                    }
                    found = Some((at, inner));
                }
            }
            let (place, inner) = found?;
            if inner.cells().count() > MOST {
                return None;
            }
            let others: Vec<(Node, bool)> =
                factors.iter().enumerate().filter(|(at, _)| *at != place).map(|(_, factor)| factor.clone()).collect();
            Some(inner.map(|cell| {
                let span = cell.span;
                let mut all = others.clone();
                all.insert(0, (cell, false));
                Node::new(Kind::Product(all), span)
            }))
        }
        Kind::Sum(terms) => {
            let grids: Vec<Grid> = terms.iter().map(grid).collect::<Option<_>>()?;
            let first = grids.first()?;
            if first.cells().count() > MOST || grids.len() > MOST || grids.iter().any(|g| shape(g) != shape(first)) {
                return None;
            }
            let rows = (0..first.rows.len()).map(|row| {
                let width = first.rows.get(row).map_or(0, Vec::len);
                (0..width)
                    .map(|column| {
                        let cells: Vec<Node> =
                            grids.iter().filter_map(|g| g.rows.get(row).and_then(|r| r.get(column)).cloned()).collect();
                        Node::new(Kind::Sum(cells), node.span)
                    })
                    .collect()
            });
            Some(Grid { rows: rows.collect(), vector: first.vector })
        }
        _ => None,
    }
}

fn shape(grid: &Grid) -> Vec<usize> {
    if grid.vector { vec![grid.cells().count()] } else { grid.rows.iter().map(Vec::len).collect() }
}

/// A sum over the unit vectors i, j, k as components: `2i - 3j + k`.
pub fn unit_vectors(node: &Node, dimensions: usize) -> Option<Vec<Node>> {
    let names = ["i", "j", "k"];
    let mentions = node.any(&|inner| basis(inner).is_some());
    if !mentions || !(2..=3).contains(&dimensions) {
        return None;
    }
    let mut parts: Vec<Vec<Node>> = vec![Vec::new(); dimensions];
    let mut pending: Vec<(Node, bool)> = vec![(node.clone(), false)];
    while let Some((term, negative)) = pending.pop() {
        match term.kind {
            Kind::Sum(terms) => pending.extend(terms.into_iter().map(|t| (t, negative))),
            Kind::Negative(inner) => pending.push((*inner, !negative)),
            kind => {
                let span = term.span;
                let term = Node::new(kind, span);
                let (axis, coefficient) = component(&term)?;
                let coefficient = if negative { Node::negative(coefficient) } else { coefficient };
                parts.get_mut(axis)?.push(coefficient);
            }
        }
    }
    let _ = names;
    Some(
        parts
            .into_iter()
            .map(|terms| if terms.is_empty() { Node::integer(0) } else { Node::new(Kind::Sum(terms), node.span) })
            .collect(),
    )
}

fn basis(node: &Node) -> Option<usize> {
    match &node.kind {
        Kind::Constant(Constant::I) => Some(0),
        Kind::Symbol(name) if name == "j" => Some(1),
        Kind::Symbol(name) if name == "k" => Some(2),
        _ => None,
    }
}

/// The axis and coefficient of one term.
fn component(term: &Node) -> Option<(usize, Node)> {
    if let Some(axis) = basis(term) {
        return Some((axis, Node::integer(1)));
    }
    let Kind::Product(factors) = &term.kind else { return None };
    let place = factors.iter().position(|(factor, divides)| !divides && basis(factor).is_some())?;
    let axis = basis(&factors.get(place)?.0)?;
    let mut rest = factors.clone();
    rest.remove(place);
    if rest.iter().any(|(factor, _)| factor.any(&|n| basis(n).is_some())) {
        return None;
    }
    if rest.is_empty() || rest.iter().all(|(_, divides)| *divides) {
        rest.insert(0, (Node::integer(1), false));
    }
    Some((axis, Node::new(Kind::Product(rest), term.span)))
}
