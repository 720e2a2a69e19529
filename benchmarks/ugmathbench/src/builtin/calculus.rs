//! Calculus of one and of several variables.

use super::bank::Template;
use super::draw::Draw;
use super::write::{Draft, calculator_sum, fraction, latex_sum};
use crate::item::Version;

const SEVERAL: &str = "Calculus_-_multivariable";
const ONE: &str = "Calculus_-_single_variable";

/// Several variables.
pub const SEVERAL_VARIABLES: &[Template] = &[
    Template {
        subject: SEVERAL,
        topic: "Differentiation of multivariable functions",
        subtopic: "Partial derivatives",
        level: "2",
        make: partial_derivatives,
    },
    Template {
        subject: SEVERAL,
        topic: "Differentiation of multivariable functions",
        subtopic: "Gradients",
        level: "3",
        make: gradient,
    },
    Template {
        subject: SEVERAL,
        topic: "Integration of multivariable functions",
        subtopic: "Integrals over rectangles",
        level: "3",
        make: double_integral,
    },
    Template {
        subject: SEVERAL,
        topic: "Differentiation of multivariable functions",
        subtopic: "Critical points of quadratic forms",
        level: "4",
        make: critical_point,
    },
    Template {
        subject: SEVERAL,
        topic: "Differentiation of multivariable functions",
        subtopic: "Tangent planes",
        level: "4",
        make: tangent_plane,
    },
];

/// One variable.
pub const ONE_VARIABLE: &[Template] = &[
    Template { subject: ONE, topic: "Differentiation", subtopic: "Derivatives of polynomials", level: "1", make: derivative },
    Template { subject: ONE, topic: "Differentiation", subtopic: "Product rule", level: "3", make: product_rule },
    Template { subject: ONE, topic: "Integrals", subtopic: "Definite integrals", level: "2", make: definite_integral },
    Template { subject: ONE, topic: "Limits and continuity", subtopic: "Removable gaps", level: "2", make: limit },
    Template { subject: ONE, topic: "Applications of differentiation", subtopic: "Monotonicity", level: "4", make: monotonicity },
    Template { subject: ONE, topic: "Limits and continuity", subtopic: "One-sided limits", level: "3", make: one_sided },
];

fn partial_derivatives(draw: &mut Draw) -> Version {
    let (a, b) = (draw.between(2, 9), draw.signed(2, 9));
    let (m, n) = (draw.between(3, 5), draw.between(3, 5));
    let term = |p: i64, q: i64| format!("x^{p}*y^{q}").replace("x^1*", "x*");
    let f = latex_sum(&[(a, &format!("x^{m} y^{n}")), (b, "x")]);
    Draft::new(format!("For $ f(x,y)={f} $, the partial derivatives are $f_x=$ [ANS] and $f_y=$ [ANS]."))
        .expression(calculator_sum(&[(a * m, &term(m - 1, n)), (b, "")]))
        .expression(calculator_sum(&[(a * n, &term(m, n - 1))]))
        .done()
}

fn gradient(draw: &mut Draw) -> Version {
    let (a, b, c) = (draw.between(2, 6), draw.signed(2, 6), draw.signed(2, 6));
    let (x, y) = (draw.signed(2, 5), draw.signed(2, 5));
    let f = latex_sum(&[(a, "x^2"), (b, "x y"), (c, "y^2")]);
    Draft::new(format!("The gradient of $ f(x,y)={f} $ at the point $({x},{y})$ is [ANS]."))
        .ordered([2 * a * x + b * y, b * x + 2 * c * y])
        .done()
}

fn double_integral(draw: &mut Draw) -> Version {
    let (a, b) = (draw.between(2, 9), draw.between(2, 9));
    let (p, q) = (draw.between(2, 5), draw.between(2, 5));
    // a p²/2 · q + b q²/2 · p.
    Draft::new(format!(
        "Integrate $ f(x,y)={} $ over the rectangle given by $0\\leq x\\leq {p}$ and $0\\leq y\\leq {q}$. \
         The value of the integral is [ANS].",
        latex_sum(&[(a, "x"), (b, "y")])
    ))
    .number(fraction(a * p * p * q + b * q * q * p, 2))
    .done()
}

fn critical_point(draw: &mut Draw) -> Version {
    let sign = if draw.coin() { 1 } else { -1 };
    let (a, c) = (draw.between(2, 6), draw.between(2, 6));
    let saddle = draw.coin();
    // The discriminant 4ac − b² decides, where a and c have the same sign.
    let small = (2..9).rev().find(|b| b * b < 4 * a * c).unwrap_or(2);
    let large = (2..20).find(|b| b * b > 4 * a * c).unwrap_or(20);
    let b = if saddle { large } else { small };
    let f = latex_sum(&[(sign * a, "x^2"), (b, "x y"), (sign * c, "y^2")]);
    let answer = match (saddle, sign > 0) {
        (true, _) => "saddle point",
        (false, true) => "minimum",
        (false, false) => "maximum",
    };
    Draft::new(format!("The function $ f(x,y)={f} $ has a critical point at the origin. It is a [ANS]."))
        .choice(answer, &["minimum", "maximum", "saddle point"])
        .done()
}

fn tangent_plane(draw: &mut Draw) -> Version {
    let (a, b) = (draw.between(2, 5), draw.between(2, 5));
    let (x, y) = (draw.signed(2, 4), draw.signed(2, 4));
    let (p, q) = (2 * a * x, 2 * b * y);
    let z = a * x * x + b * y * y;
    Draft::new(format!(
        "Write an equation of the plane that touches the surface $ z={} $ above the point $({x},{y})$ of the plane $z=0$, \
         in the form $Ax+By+Cz=D$ with integers. [ANS]",
        latex_sum(&[(a, "x^2"), (b, "y^2")])
    ))
    .equation(format!("{} = {}", calculator_sum(&[(p, "x"), (q, "y"), (-1, "z")]), p * x + q * y - z))
    .done()
}

fn derivative(draw: &mut Draw) -> Version {
    let (a, b, c) = (draw.between(2, 9), draw.signed(2, 9), draw.signed(2, 9));
    let n = draw.between(4, 7);
    let f = latex_sum(&[(a, &format!("x^{n}")), (b, "x^2"), (c, "x")]);
    Draft::new(format!("Differentiate $ f(x)={f} $. $f'(x)=$ [ANS]"))
        .expression(calculator_sum(&[(a * n, &format!("x^{}", n - 1)), (2 * b, "x"), (c, "")]))
        .done()
}

fn product_rule(draw: &mut Draw) -> Version {
    let (k, n) = (draw.between(2, 6), draw.between(3, 5));
    let cosine = draw.coin();
    let (name, derived, sign) = if cosine { ("cos", "sin", -1) } else { ("sin", "cos", 1) };
    Draft::new(format!("Find the derivative of $ f(x)=x^{n} \\{name}({k} x) $. $f'(x)=$ [ANS]"))
        .expression(calculator_sum(&[(n, &format!("x^{}*{name}({k}*x)", n - 1)), (sign * k, &format!("x^{n}*{derived}({k}*x)"))]))
        .done()
}

fn definite_integral(draw: &mut Draw) -> Version {
    let (a, b) = (draw.between(2, 9), draw.signed(2, 9));
    let [low, high]: [i64; 2] = draw.rising(0, 5);
    let part = |x: i64| 2 * a * x * x * x + 3 * b * x * x;
    Draft::new(format!("Evaluate $ \\int_{{{low}}}^{{{high}}} ({})\\,dx $. [ANS]", latex_sum(&[(a, "x^2"), (b, "x")])))
        .number(fraction(part(high) - part(low), 6))
        .done()
}

fn limit(draw: &mut Draw) -> Version {
    let (a, b) = (draw.between(2, 9), draw.signed(2, 9));
    let b = if (a + b).abs() < 2 { b - 3 } else { b };
    // (x − a)(x − b) over x − a.
    Draft::new(format!(
        "Find the limit $ \\lim_{{x\\to {a}}} \\frac{{{}}}{{x-{a}}} $. [ANS]",
        latex_sum(&[(1, "x^2"), (-(a + b), "x"), (a * b, "")])
    ))
    .number(a - b)
    .done()
}

fn monotonicity(draw: &mut Draw) -> Version {
    let [p, q]: [i64; 2] = draw.rising(-6, 6);
    // f' = 6 (x − p)(x − q).
    let f = latex_sum(&[(2, "x^3"), (-3 * (p + q), "x^2"), (6 * p * q, "x")]);
    Draft::new(format!(
        "Consider $ f(x)={f} $. Its critical points are $x=$ [ANS] (list them). The open interval on which it falls is [ANS]."
    ))
    .unordered([p, q])
    .interval(format!("({p},{q})"))
    .done()
}

fn one_sided(draw: &mut Draw) -> Version {
    let (a, b, c) = (draw.between(2, 6), draw.signed(2, 9), draw.between(2, 6));
    let c = if c == a { a + 1 } else { c };
    let at = draw.between(2, 5);
    let left = a * at + b;
    let same = draw.coin();
    let d = if same { left - c * at } else { left - c * at + draw.between(1, 5) };
    let right = c * at + d;
    let draft = Draft::new(format!(
        "Let $ f(x)={} $ for $ x<{at} $ and $ f(x)={} $ for $ x\\geq {at} $. As $x$ comes to ${at}$ from the left, $f$ tends to \
         [ANS]; from the right it tends to [ANS]. The two-sided limit is [ANS] (write DNE where it does not exist).",
        latex_sum(&[(a, "x"), (b, "")]),
        latex_sum(&[(c, "x"), (d, "")])
    ))
    .number(left)
    .number(right);
    if left == right { draft.number(left).done() } else { draft.word("DNE").done() }
}
