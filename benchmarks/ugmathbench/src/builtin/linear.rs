//! Linear algebra.

use super::bank::Template;
use super::draw::Draw;
use super::write::{Draft, latex_sum, matrix};
use crate::item::Version;

const LINEAR_ALGEBRA: &str = "Linear_algebra";

/// Linear algebra.
pub const MATRICES: &[Template] = &[
    Template { subject: LINEAR_ALGEBRA, topic: "Determinants", subtopic: "Three rows", level: "2", make: determinant },
    Template {
        subject: LINEAR_ALGEBRA,
        topic: "Systems of linear equations",
        subtopic: "Two unknowns",
        level: "2",
        make: system,
    },
    Template {
        subject: LINEAR_ALGEBRA,
        topic: "Eigenvalues and eigenvectors",
        subtopic: "Two rows",
        level: "3",
        make: eigenvalues,
    },
    Template {
        subject: LINEAR_ALGEBRA,
        topic: "Euclidean spaces",
        subtopic: "Dependence of two vectors",
        level: "2",
        make: dependence,
    },
    Template {
        subject: LINEAR_ALGEBRA,
        topic: "Linear transformations",
        subtopic: "Which maps are linear",
        level: "3",
        make: linear_maps,
    },
    Template { subject: LINEAR_ALGEBRA, topic: "Matrices", subtopic: "Matrix times vector", level: "1", make: product },
];

fn determinant(draw: &mut Draw) -> Version {
    let mut row = || [draw.signed(1, 5), draw.signed(1, 5), draw.signed(1, 5)];
    let rows = [row(), row(), row()];
    let [[a, b, c], [d, e, f], [g, h, i]] = rows;
    Draft::new(format!("Find the determinant of $ {} $. [ANS]", matrix(rows)))
        .number(a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g))
        .done()
}

fn system(draw: &mut Draw) -> Version {
    let (x, y) = (draw.signed(1, 9), draw.signed(1, 9));
    let (a, b, c) = (draw.between(2, 7), draw.signed(2, 7), draw.between(2, 7));
    let d = draw.signed(2, 7);
    let d = if a * d == b * c { d + 10 } else { d };
    Draft::new(format!(
        "Solve the system $ {} = {} $, $ {} = {} $. Write the solution as a pair: $(x,y)=$ [ANS]",
        latex_sum(&[(a, "x"), (b, "y")]),
        a * x + b * y,
        latex_sum(&[(c, "x"), (d, "y")]),
        c * x + d * y
    ))
    .ordered([x, y])
    .done()
}

fn eigenvalues(draw: &mut Draw) -> Version {
    let [p, q]: [i64; 2] = draw.different(-7, 7);
    let (s, t) = (draw.signed(1, 4), draw.signed(1, 3));
    // The matrix [p, 0; 0, q] in the basis (1, t), (0, 1), sheared by s in the first row: similar to a diagonal one.
    // S = [1, s; 0, 1], T = [1, 0; t, 1]: A = S T diag(p, q) T⁻¹ S⁻¹.
    let (a, b, c, d) = (p, 0, t * (p - q), q);
    let (a, b) = (a + s * c, b + s * d);
    let (b, d) = (b - s * a, d - s * c);
    Draft::new(format!("List the eigenvalues of $ {} $. [ANS]", matrix([[a, b], [c, d]]))).unordered([p, q]).done()
}

fn dependence(draw: &mut Draw) -> Version {
    let v = [draw.signed(1, 6), draw.signed(1, 6), draw.signed(1, 6)];
    let factor = draw.signed(2, 4);
    let dependent = draw.coin();
    let [a, b, c] = v.map(|entry| factor * entry);
    let c = if dependent { c } else { c + draw.signed(1, 3) };
    let [x, y, z] = v;
    let options = ["LINEARLY DEPENDENT", "LINEARLY INDEPENDENT"];
    let [yes, no] = options;
    Draft::new(format!(
        "The vectors $ ({x},{y},{z}) $ and $ ({a},{b},{c}) $ are [ANS]. The space that they span has the dimension [ANS]."
    ))
    .choice(if dependent { yes } else { no }, &options)
    .number(if dependent { 1 } else { 2 })
    .done()
}

fn linear_maps(draw: &mut Draw) -> Version {
    let mut map = || {
        let (k, m) = (draw.between(2, 9), draw.between(2, 9));
        match draw.between(0, 4) {
            0 => (format!("$ ({k}x, {m}y) $"), true),
            1 => (format!("$ (x+{k}, {m}y) $"), false),
            2 => (format!("$ ({k}x-{m}y, 0) $"), true),
            3 => (format!("$ ({k}xy, {m}x) $"), false),
            _ => (format!("$ ({k}|x|, {m}y) $"), false),
        }
    };
    let [(a, one), (b, two), (c, three)] = [map(), map(), map()];
    // The last keeps the answer from being none or all of them.
    let (d, four) = if one || two || three { ("$ (1, x) $", false) } else { ("$ (y, x) $", true) };
    Draft::new(format!(
        "Each of these sends $(x,y)$ to the pair shown. Which of them are linear maps? [ANS]\nA. {a} B. {b} C. {c} D. {d}"
    ))
    .choices([one, two, three, four])
    .done()
}

fn product(draw: &mut Draw) -> Version {
    let (a, b, c, d) = (draw.signed(1, 9), draw.signed(1, 9), draw.signed(1, 9), draw.signed(1, 9));
    let (x, y) = (draw.signed(1, 9), draw.signed(1, 9));
    Draft::new(format!(
        "Multiply $ {} $ by the column vector with the entries ${x}$ and ${y}$. Write the result as a pair in round brackets. \
         [ANS]",
        matrix([[a, b], [c, d]])
    ))
    .ordered([a * x + b * y, c * x + d * y])
    .done()
}
