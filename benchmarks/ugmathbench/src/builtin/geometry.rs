//! Geometry and trigonometry.

use super::bank::Template;
use super::draw::Draw;
use super::write::{Draft, calculator_sum, decimal, fraction, latex_sum};
use crate::item::Version;

/// Geometry and trigonometry.
pub const SHAPES_AND_ANGLES: &[Template] = &[
    Template { subject: "Geometry", topic: "Vector geometry", subtopic: "Products of vectors", level: "2", make: products },
    Template { subject: "Geometry", topic: "Vector geometry", subtopic: "Midpoints and distances", level: "1", make: midpoint },
    Template { subject: "Geometry", topic: "Shapes", subtopic: "Triangles from corners", level: "3", make: triangle },
    Template { subject: "Geometry", topic: "Circle geometry", subtopic: "Equations of circles", level: "3", make: circle },
    Template { subject: "Geometry", topic: "Vector geometry", subtopic: "Planes", level: "3", make: plane },
    Template {
        subject: "Trigonometry",
        topic: "Analytic trigonometry",
        subtopic: "Sine equations",
        level: "3",
        make: sine_equation,
    },
    Template {
        subject: "Trigonometry",
        topic: "Geometric and algebraic foundations for trigonometry",
        subtopic: "Radians",
        level: "1",
        make: radians,
    },
    Template {
        subject: "Trigonometry",
        topic: "Trigonometric functions",
        subtopic: "Amplitude and period",
        level: "2",
        make: wave,
    },
    Template {
        subject: "Trigonometry",
        topic: "Triangle trigonometry",
        subtopic: "Law of cosines",
        level: "3",
        make: law_of_cosines,
    },
    Template {
        subject: "Trigonometry",
        topic: "Analytic trigonometry",
        subtopic: "Double angles",
        level: "3",
        make: double_angle,
    },
    Template {
        subject: "Trigonometry",
        topic: "Trigonometric functions",
        subtopic: "Quadrants and signs",
        level: "2",
        make: quadrant,
    },
];

fn products(draw: &mut Draw) -> Version {
    let [a, b, c] = [draw.signed(1, 6), draw.signed(1, 6), draw.signed(1, 6)];
    let [d, e, f] = [draw.signed(1, 6), draw.signed(1, 6), draw.signed(1, 6)];
    Draft::new(format!(
        "Let $ v=({a},{b},{c}) $ and $ w=({d},{e},{f}) $. Their dot product is [ANS]; their cross product $v\\times w$ is [ANS]."
    ))
    .number(a * d + b * e + c * f)
    .ordered([b * f - c * e, c * d - a * f, a * e - b * d])
    .done()
}

fn midpoint(draw: &mut Draw) -> Version {
    let (dx, dy, distance) = draw.pick((6, 8, 10), &[(10, 24, 26), (8, 6, 10), (24, 10, 26), (16, 30, 34)]);
    let (x, y) = (draw.signed(1, 9), draw.signed(1, 9));
    Draft::new(format!("The segment from $({x},{y})$ to $({},{})$ has the midpoint [ANS] and the length [ANS].", x + dx, y - dy))
        .ordered([x + dx / 2, y - dy / 2])
        .number(distance)
        .done()
}

fn triangle(draw: &mut Draw) -> Version {
    let (x, y) = (draw.signed(1, 5), draw.signed(1, 5));
    let (p, q) = (draw.between(2, 8), draw.between(1, 6));
    let (r, s) = (draw.between(1, 5), draw.between(7, 12));
    let twice = (p * s - q * r).abs();
    // The angle at the first corner is decided by the dot product, which here may be of either sign.
    let sign = if draw.coin() { 1 } else { -1 };
    let dot = sign * p * r + q * s;
    let twice = if sign > 0 { twice } else { p * s + q * r };
    let angle = if dot > 0 {
        "acute"
    } else if dot < 0 {
        "obtuse"
    } else {
        "right"
    };
    Draft::new(format!(
        "A triangle has the corners $({x},{y})$, $({},{})$ and $({},{})$. Its area is [ANS]. The angle at the first corner is \
         [ANS] (acute, right or obtuse).",
        x + sign * p,
        y + q,
        x + r,
        y + s
    ))
    .number(fraction(twice, 2))
    .choice(angle, &["acute", "right", "obtuse"])
    .done()
}

fn circle(draw: &mut Draw) -> Version {
    let (x, y, radius) = (draw.between(2, 9), draw.between(2, 9), draw.between(2, 12));
    Draft::new(format!(
        "Write the equation, in the variables $x$ and $y$, of the circle with center $({x},{y})$ and radius ${radius}$. [ANS]"
    ))
    .equation(format!("(x-{x})^2+(y-{y})^2 = {}", radius * radius))
    .done()
}

fn plane(draw: &mut Draw) -> Version {
    let [a, b, c] = [draw.between(2, 9), draw.signed(2, 9), draw.signed(2, 9)];
    let [x, y, z] = [draw.signed(1, 5), draw.signed(1, 5), draw.signed(1, 5)];
    let normal = latex_sum(&[(a, "x"), (b, "y"), (c, "z")]);
    Draft::new(format!(
        "Write an equation of the plane through the point $({x},{y},{z})$ that is parallel to the plane $ {normal} = 1 $. [ANS]"
    ))
    .equation(format!("{} = {}", calculator_sum(&[(a, "x"), (b, "y"), (c, "z")]), a * x + b * y + c * z))
    .done()
}

fn sine_equation(draw: &mut Draw) -> Version {
    // Angles in twelfths of a turn half: k·π/6 and (6 − k)·π/6, or their like below the axis.
    let (value, first, second) = draw.pick(
        ("\\frac{1}{2}", "pi/6", "5*pi/6"),
        &[
            ("-\\frac{1}{2}", "7*pi/6", "11*pi/6"),
            ("\\frac{\\sqrt{2}}{2}", "pi/4", "3*pi/4"),
            ("\\frac{\\sqrt{3}}{2}", "pi/3", "2*pi/3"),
            ("-\\frac{\\sqrt{3}}{2}", "4*pi/3", "5*pi/3"),
        ],
    );
    Draft::new(format!("List all solutions of $ \\sin(x) = {value} $ with $ 0 \\leq x < 2\\pi $. [ANS]"))
        .unordered([first, second])
        .done()
}

fn radians(draw: &mut Draw) -> Version {
    let degrees = 15 * draw.between(2, 23);
    let value = fraction(degrees, 180);
    let text = match value.split_once('/') {
        Some((numerator, denominator)) => format!("{numerator}*pi/{denominator}"),
        None => format!("{value}*pi"),
    };
    Draft::new(format!("An angle of ${degrees}$ degrees is [ANS] radians, and $\\sin^2$ of it plus $\\cos^2$ of it is [ANS]."))
        .number(text.strip_prefix("1*").map_or(text.clone(), str::to_owned))
        .number(1)
        .done()
}

fn wave(draw: &mut Draw) -> Version {
    let (a, b, c) = (draw.signed(2, 9), draw.between(2, 9), draw.between(2, 9));
    let period = match fraction(2, b).split_once('/') {
        Some((numerator, denominator)) => format!("{numerator}*pi/{denominator}").replace("1*pi", "pi"),
        None => "pi".to_owned(),
    };
    Draft::new(format!(
        "The function $ f(x) = {a} \\cos({b} x) + {c} $ has the amplitude [ANS], the smallest positive period [ANS] and the range \
         [ANS] (an interval)."
    ))
    .number(a.abs())
    .number(period)
    .interval(format!("[{},{}]", c - a.abs(), c + a.abs()))
    .done()
}

fn law_of_cosines(draw: &mut Draw) -> Version {
    let (a, b) = (draw.between(3, 15), draw.between(3, 15));
    let (degrees, twice_cosine) = draw.pick((60, 1), &[(120, -1), (90, 0)]);
    let square = a * a + b * b - twice_cosine * a * b;
    Draft::new(format!(
        "Two sides of a triangle have the lengths ${a}$ and ${b}$ and enclose an angle of ${degrees}$ degrees. The third side has \
         the length [ANS]."
    ))
    .number(decimal((square as f64).sqrt()))
    .done()
}

fn double_angle(draw: &mut Draw) -> Version {
    let (half, k) = (draw.between(2, 9), draw.between(2, 6));
    Draft::new(format!("Write $ {} \\sin({k} x)\\cos({k} x) $ as a multiple of one sine. [ANS]", 2 * half))
        .expression(format!("{half}*sin({}*x)", 2 * k))
        .done()
}

fn quadrant(draw: &mut Draw) -> Version {
    let quarter = draw.between(0, 3);
    let degrees = 90 * quarter + draw.between(3, 87);
    let turns = draw.between(0, 2);
    let name = match quarter {
        0 => "I",
        1 => "II",
        2 => "III",
        _ => "IV",
    };
    Draft::new(format!(
        "The terminal side of the angle of ${}$ degrees in standard position lies in quadrant [ANS]. Which functions are positive \
         there? [ANS]\nA. sine B. cosine C. tangent",
        degrees + 360 * turns
    ))
    .choice(name, &["I", "II", "III", "IV"])
    .choices([quarter < 2, quarter == 0 || quarter == 3, quarter % 2 == 0])
    .done()
}
