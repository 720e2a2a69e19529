//! Complex analysis and differential equations.

use super::bank::Template;
use super::draw::Draw;
use super::write::{Draft, calculator_sum, fraction, latex_sum};
use crate::item::Version;

const DIFFERENTIAL_EQUATIONS: &str = "Differential_equations";

/// Complex analysis.
pub const COMPLEX: &[Template] = &[
    Template { subject: "Complex_analysis", topic: "Arithmetic", subtopic: "Products", level: "2", make: complex_product },
    Template { subject: "Complex_analysis", topic: "Arithmetic", subtopic: "Modulus", level: "2", make: modulus },
    Template {
        subject: "Complex_analysis",
        topic: "Series and residues",
        subtopic: "Residues at simple poles",
        level: "4",
        make: residue,
    },
    Template {
        subject: "Complex_analysis",
        topic: "Analytic functions",
        subtopic: "Harmonic functions",
        level: "3",
        make: harmonic,
    },
    Template {
        subject: "Complex_analysis",
        topic: "Complex equations",
        subtopic: "Quadratic equations",
        level: "3",
        make: complex_roots,
    },
];

/// Differential equations.
pub const DIFFERENTIAL: &[Template] = &[
    Template {
        subject: DIFFERENTIAL_EQUATIONS,
        topic: "First order differential equations",
        subtopic: "Exponential growth",
        level: "2",
        make: growth,
    },
    Template {
        subject: DIFFERENTIAL_EQUATIONS,
        topic: "Higher order differential equations",
        subtopic: "Characteristic roots",
        level: "3",
        make: characteristic_roots,
    },
    Template {
        subject: DIFFERENTIAL_EQUATIONS,
        topic: "Introductory concepts",
        subtopic: "Classification",
        level: "1",
        make: classification,
    },
    Template {
        subject: DIFFERENTIAL_EQUATIONS,
        topic: "First order differential equations",
        subtopic: "Equilibria",
        level: "3",
        make: equilibria,
    },
    Template {
        subject: DIFFERENTIAL_EQUATIONS,
        topic: "First order differential equations",
        subtopic: "Separable equations",
        level: "4",
        make: separable,
    },
];

/// `a+b i` in LaTeX.
fn latex(a: i64, b: i64) -> String {
    latex_sum(&[(a, ""), (b, "i")])
}

fn complex_product(draw: &mut Draw) -> Version {
    let (a, b) = (draw.between(2, 9), draw.signed(2, 9));
    let (c, d) = (draw.between(2, 9), draw.signed(2, 9));
    let (real, imaginary) = (a * c - b * d, a * d + b * c);
    Draft::new(format!("Write the product $ ({})({}) $ in the form $a+bi$. [ANS]", latex(a, b), latex(c, d)))
        .number(calculator_sum(&[(real, ""), (imaginary, "i")]))
        .done()
}

fn modulus(draw: &mut Draw) -> Version {
    let (a, b, c) = draw.pick((3, 4, 5), &[(5, 12, 13), (8, 15, 17), (7, 24, 25), (20, 21, 29)]);
    let (a, b) = if draw.coin() { (a, b) } else { (b, a) };
    let scale = draw.between(1, 4);
    let sign = if draw.coin() { 1 } else { -1 };
    Draft::new(format!("The modulus of the complex number $ {} $ is [ANS].", latex(scale * a, sign * scale * b)))
        .number(scale * c)
        .done()
}

fn residue(draw: &mut Draw) -> Version {
    let [p, q]: [i64; 2] = draw.different(1, 9);
    let (a, b) = (draw.between(2, 9), draw.signed(2, 9));
    Draft::new(format!(
        "Let $ f(z)=\\frac{{{}}}{{(z-{p})(z-{q})}} $. The residue of $f$ at $z={p}$ is [ANS].",
        latex_sum(&[(a, "z"), (b, "")])
    ))
    .number(fraction(a * p + b, p - q))
    .done()
}

fn harmonic(draw: &mut Draw) -> Version {
    let a = draw.between(2, 9);
    let c = if draw.coin() { -a } else { draw.signed(2, 9) };
    let b = draw.signed(2, 9);
    Draft::new(format!(
        "Let $ u(x,y)={} $. Its Laplacian $u_{{xx}}+u_{{yy}}$ equals [ANS]. Is $u$ the real part of an analytic function on the \
         whole plane? Answer true or false. [ANS]",
        latex_sum(&[(a, "x^2"), (b, "x y"), (c, "y^2")])
    ))
    .number(2 * a + 2 * c)
    .truth(a + c == 0)
    .done()
}

fn complex_roots(draw: &mut Draw) -> Version {
    let (p, q) = (draw.signed(2, 7), draw.between(2, 7));
    Draft::new(format!(
        "List all complex solutions of $ {} = 0 $. [ANS]",
        latex_sum(&[(1, "z^2"), (-2 * p, "z"), (p * p + q * q, "")])
    ))
    .unordered([calculator_sum(&[(p, ""), (q, "i")]), calculator_sum(&[(p, ""), (-q, "i")])])
    .done()
}

fn growth(draw: &mut Draw) -> Version {
    let (k, start) = (draw.signed(2, 9), draw.between(2, 12));
    Draft::new(format!("The function $y(x)$ solves $ y' = {k} y $ with $ y(0)={start} $. Then $y(x)=$ [ANS] and $y'(0)=$ [ANS]."))
        .expression(format!("{start}*e^{{{k}*x}}"))
        .number(k * start)
        .done()
}

fn characteristic_roots(draw: &mut Draw) -> Version {
    let [p, q]: [i64; 2] = draw.different(-9, -2);
    let p = if draw.coin() { -p } else { p };
    Draft::new(format!(
        "Give the roots of the characteristic equation of $ {}=0 $. [ANS] Do all solutions of the differential equation tend to \
         zero as $x$ grows beyond all bounds? [ANS] (yes or no)",
        latex_sum(&[(1, "y''"), (-(p + q), "y'"), (p * q, "y")])
    ))
    .unordered([p, q])
    .choice(if p < 0 { "yes" } else { "no" }, &["yes", "no"])
    .done()
}

fn classification(draw: &mut Draw) -> Version {
    let order = draw.between(2, 4);
    let linear = draw.coin();
    let (a, b) = (draw.between(2, 9), draw.between(2, 9));
    let power = if linear { "y".to_owned() } else { format!("y^{}", draw.between(2, 5)) };
    Draft::new(format!(
        "Consider the differential equation $ y^{{({order})}} + {a} x y' + {b} {power} = \\sin(x) $. Its order is [ANS]. True or \
         false: it is linear. [ANS]"
    ))
    .number(order)
    .truth(linear)
    .done()
}

fn equilibria(draw: &mut Draw) -> Version {
    let [a, b]: [i64; 2] = draw.rising(1, 12);
    let attracted_above = draw.coin();
    let equation = match attracted_above {
        true => format!("(y-{a})({b}-y)"),
        false => format!("(y-{a})(y-{b})"),
    };
    let word = |attracts: bool| if attracts { "stable" } else { "unstable" };
    Draft::new(format!(
        "The autonomous equation $ y' = {equation} $ has the equilibria $y=$ [ANS] (list both). The smaller one is [ANS] (write \
         stable or unstable)."
    ))
    .unordered([a, b])
    .word(word(!attracted_above))
    .done()
}

fn separable(draw: &mut Draw) -> Version {
    let [m, n]: [i64; 2] = draw.different(2, 7);
    let (x, y) = (draw.between(1, 4), draw.between(1, 4));
    Draft::new(format!(
        "A curve goes through the point $({x},{y})$ and satisfies $ \\frac{{dy}}{{dx}} = -\\frac{{{m} x}}{{{n} y}} $. Write an \
         equation between $x$ and $y$, with integer coefficients, that describes it. [ANS]"
    ))
    .equation(format!("{} = {}", calculator_sum(&[(m, "x^2"), (n, "y^2")]), m * x * x + n * y * y))
    .done()
}
