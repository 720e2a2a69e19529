use super::ink::Ink;
use super::pen::{Anchor, draw as drawing, short, width_of};
use super::view::Drawn;
use proctor_core::{HeatColours, HeatMap};

/// Sides of a cell that shows its figure, and of one that does not.
const WIDE: (i32, i32) = (40, 25);
const SMALL: (i32, i32) = (14, 14);
const GAP: i32 = 10;
const LEGEND: i32 = 46;

/// Draws a heat map; cells that stand for themselves show their figures.
pub(super) fn draw(map: &HeatMap, title: &str) -> Drawn {
    let block = map.block.max(1);
    let (width, height) = if block > 1 { SMALL } else { WIDE };
    let columns = map.values.iter().map(Vec::len).max().unwrap_or(0);
    let names = map.rows.iter().map(|name| width_of(&short(name, 28))).max().unwrap_or(0);
    let heads = map.columns.iter().map(|name| width_of(&short(name, 28))).max().unwrap_or(0);
    let (left, top) = (if names > 0 { names + GAP } else { 2 }, if heads > 0 { heads + GAP } else { 2 });
    // Blocks stand a little apart, and every so many a little more.
    let place = |index: usize, side: i32| {
        let blocks = index / block;
        let small = if block > 1 { 4 } else { 0 };
        let wide = blocks.checked_div(map.gap_every).unwrap_or(0) as i32 * GAP;
        index as i32 * side + blocks as i32 * small + wide
    };
    let (right, bottom) = (left + place(columns, width), top + place(map.values.len(), height));
    let svg = drawing(right.max(left + 380) + 2, bottom + LEGEND, title, |pen| {
        for (i, name) in map.columns.iter().enumerate() {
            let x = left + place(i * block, width) + width * block as i32 / 2;
            pen.upwards(&short(name, 28), (x, top - 6), Ink::Text);
        }
        for (i, name) in map.rows.iter().enumerate() {
            let y = top + place(i * block, height) + height * block as i32 / 2;
            pen.word(&short(name, 28), (names, y), Anchor::End, Ink::Text);
        }
        for (i, row) in map.values.iter().enumerate() {
            for (j, value) in row.iter().enumerate() {
                let (x, y) = (left + place(j, width), top + place(i, height));
                let ink = value.map_or(Ink::Empty, |value| ink(value, map.colours));
                pen.rect((x, y), (width - 1, height - 1), ink);
                if let (1, Some(value)) = (block, value) {
                    let on = if ink.is_strong() { Ink::OnScale } else { Ink::Text };
                    pen.sized(&text(*value, map.colours), (x + width / 2, y + height / 2), Anchor::Middle, on, 12.0);
                }
                pen.hit(
                    (x, y),
                    (width, height),
                    &format!("{}: {}", name(map, i, j), value.map_or("nothing asked".into(), |v| long(v, map.colours))),
                );
            }
        }
        let y = bottom + 18;
        let steps = 21;
        for step in 0..steps {
            let part = f64::from(step) / f64::from(steps - 1);
            let value = if map.colours == HeatColours::Signed { 2.0 * part - 1.0 } else { part };
            pen.rect((left + step * 10, y), (10, 10), ink(value, map.colours));
        }
        let ends = if map.colours == HeatColours::Signed { ["−1", "0", "+1"] } else { ["0%", "50%", "100%"] };
        for (end, x) in ends.into_iter().zip([0, 105, 210]) {
            pen.sized(end, (left + x, y + 20), Anchor::Middle, Ink::Quiet, 11.0);
        }
    });
    let (head, rows) = table(map);
    (svg, head, rows, columns > 12)
}

fn ink(value: f64, colours: HeatColours) -> Ink {
    match colours {
        HeatColours::Share => Ink::Share(value),
        HeatColours::Signed => Ink::Signed(value),
    }
}

/// The figure in a cell.
fn text(value: f64, colours: HeatColours) -> String {
    match colours {
        HeatColours::Share => format!("{:.0}", 100.0 * value),
        HeatColours::Signed => long(value, colours),
    }
}

fn long(value: f64, colours: HeatColours) -> String {
    match colours {
        HeatColours::Share => format!("{:.1}%", 100.0 * value),
        HeatColours::Signed if value == 0.0 => "0".into(),
        HeatColours::Signed => format!("{value:+.2}").replace('-', "−"),
    }
}

fn name(map: &HeatMap, row: usize, column: usize) -> String {
    if let Some(name) = map.names.get(row).and_then(|row| row.get(column)) {
        return name.clone();
    }
    let of = |names: &[String], index: usize| names.get(index).cloned().unwrap_or_default();
    format!("{}, {}", of(&map.rows, row), of(&map.columns, column))
}

/// A table like the map, or, where cells have names of their own, one line for each.
fn table(map: &HeatMap) -> (Vec<String>, Vec<Vec<String>>) {
    let cell = |value: &Option<f64>| value.map_or("–".to_string(), |value| long(value, map.colours));
    if map.names.is_empty() {
        let corner = format!("{} \\ {}", map.row_title, map.column_title);
        let head = std::iter::once(corner).chain(map.columns.iter().cloned()).collect();
        let line = |(i, row): (usize, &Vec<Option<f64>>)| {
            std::iter::once(map.rows.get(i).cloned().unwrap_or_default()).chain(row.iter().map(cell)).collect()
        };
        return (head, map.values.iter().enumerate().map(line).collect());
    }
    let mut lines = Vec::new();
    for (i, row) in map.values.iter().enumerate() {
        lines.extend(row.iter().enumerate().filter(|(_, v)| v.is_some()).map(|(j, value)| vec![name(map, i, j), cell(value)]));
    }
    (vec!["cell".into(), "value".into()], lines)
}
