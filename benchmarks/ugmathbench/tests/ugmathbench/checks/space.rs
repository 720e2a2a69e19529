use super::*;
use std::f64::consts::{PI, TAU};

type Vector = [f64; 3];

fn dot(a: Vector, b: Vector) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn det(rows: [Vector; 3]) -> f64 {
    let mut rows = rows;
    let mut result = 1.0;
    for column in 0..3 {
        let pivot = (column..3).max_by(|a, b| rows[*a][column].abs().total_cmp(&rows[*b][column].abs())).unwrap();
        if rows[pivot][column] == 0.0 {
            return 0.0;
        }
        if pivot != column {
            rows.swap(pivot, column);
            result = -result;
        }
        result *= rows[column][column];
        for row in column + 1..3 {
            let factor = rows[row][column] / rows[column][column];
            let upper = rows[column];
            rows[row].iter_mut().zip(upper).for_each(|(entry, above)| *entry -= factor * above);
        }
    }
    result
}

/// A pair such as `(2x, |y|)` at a point; products are implied.
fn pair(text: &str, x: f64, y: f64) -> [f64; 2] {
    let text = text.replace("|x|", "w").replace(' ', "");
    let inside = text.strip_prefix('(').unwrap().strip_suffix(')').unwrap();
    let component = |text: &str| {
        let mut starred = String::new();
        for c in text.chars() {
            let before = starred.chars().last().is_some_and(|last| last.is_ascii_alphanumeric());
            if c.is_ascii_alphabetic() && before {
                starred.push('*');
            }
            starred.push(c);
        }
        real(&starred, &[("x", x), ("y", y), ("w", x.abs())])
    };
    let (first, second) = inside.split_once(',').unwrap();
    [component(first), component(second)]
}

pub const CHECKS: &[(&str, Check)] = &[
    ("Products of vectors", |numbers, version| {
        let [a, b, c, d, e, f] = given::<6>(numbers);
        let (v, w) = ([a, b, c], [d, e, f]);
        let sum = [a + d, b + e, c + f];
        let difference = [a - d, b - e, c - f];
        answers(version, 0, (dot(sum, sum) - dot(difference, difference)) / 4.0);
        let cross: Vector = given(&elements(&version.answers[1]));
        assert_eq!([dot(cross, v), dot(cross, w)], [0.0, 0.0]);
        assert_eq!(dot(cross, cross), dot(v, v) * dot(w, w) - dot(v, w).powi(2));
        assert!(dot(cross, cross) == 0.0 || det([v, w, cross]) > 0.0);
    }),
    ("Midpoints and distances", |numbers, version| {
        let [x1, y1, x2, y2] = given::<4>(numbers);
        let [x, y] = given(&elements(&version.answers[0]));
        let half = value(version, 1) / 2.0;
        near((x - x1).hypot(y - y1), half);
        near((x - x2).hypot(y - y2), half);
        near((x2 - x1).hypot(y2 - y1), 2.0 * half);
    }),
    ("Triangles from corners", |numbers, version| {
        let [x1, y1, x2, y2, x3, y3] = given::<6>(numbers);
        let (c, a, b) = ((x2 - x1).hypot(y2 - y1), (x3 - x2).hypot(y3 - y2), (x3 - x1).hypot(y3 - y1));
        let half = (a + b + c) / 2.0;
        answers(version, 0, (half * (half - a) * (half - b) * (half - c)).sqrt());
        let sides = b * b + c * c - a * a;
        let angle = if sides.abs() < 1e-9 {
            "right"
        } else if sides > 0.0 {
            "acute"
        } else {
            "obtuse"
        };
        assert_eq!(version.answers[1], angle);
    }),
    ("Equations of circles", |numbers, version| {
        let [x, y, radius] = given::<3>(numbers);
        let at = |x: f64, y: f64| residual(&version.answers[0], &[("x", x), ("y", y)]);
        for degree in [0.0, 50.0, 133.0, 290.0] {
            let angle = f64::to_radians(degree);
            assert!(at(x + radius * angle.cos(), y + radius * angle.sin()).abs() < 1e-9);
        }
        assert!(at(x, y).abs() > 1.0);
    }),
    ("Planes", |numbers, version| {
        let [x, y, z, a, b, c, _] = given::<7>(numbers);
        let at = |[x, y, z]: Vector| residual(&version.answers[0], &[("x", x), ("y", y), ("z", z)]);
        assert_eq!(at([x, y, z]), 0.0);
        assert_eq!(at([x + b, y - a, z]), 0.0);
        assert_eq!(at([x, y + c, z - b]), 0.0);
        assert_ne!(at([x + a, y + b, z + c]), 0.0);
    }),
    ("Sine equations", |_, version| {
        let text = formula(version, "\\sin(x) =", "$");
        let size = match text.trim_start_matches('-') {
            "\\frac{1}{2}" => 0.5,
            "\\frac{\\sqrt{2}}{2}" => 0.5f64.sqrt(),
            "\\frac{\\sqrt{3}}{2}" => 0.75f64.sqrt(),
            other => panic!("{other}"),
        };
        let wanted = if text.starts_with('-') { -size } else { size };
        let found = elements(&version.answers[0]);
        assert!(found.iter().all(|x| (0.0..TAU).contains(x) && (x.sin() - wanted).abs() < 1e-9));
        let steps = 10_000;
        let at = |k: i32| (TAU * (f64::from(k) + 0.5) / f64::from(steps)).sin() - wanted;
        let crossings = (0..steps).filter(|k| at(*k).signum() != at(*k + 1).signum()).count();
        assert!(found.len() == crossings && found[0] != found[1]);
    }),
    ("Radians", |numbers, version| {
        let degrees = numbers[0];
        answers(version, 0, f64::to_radians(degrees));
        answers(version, 1, f64::to_radians(degrees).sin().powi(2) + f64::to_radians(degrees).cos().powi(2));
    }),
    ("Amplitude and period", |numbers, version| {
        let [a, b, c] = given::<3>(numbers);
        let f = |x: f64| a * (b * x).cos() + c;
        let values: Vec<f64> = (0..36_000).map(|k| f(f64::from(k) * TAU / 36_000.0)).collect();
        let (low, high) = (values.iter().copied().fold(f64::MAX, f64::min), values.iter().copied().fold(f64::MIN, f64::max));
        answers(version, 0, (high - low) / 2.0);
        let period = value(version, 1);
        let repeats = |p: f64| [0.1, 0.7, 1.9].iter().all(|x| (f(x + p) - f(*x)).abs() < 1e-9);
        assert!(repeats(period) && (2..6).all(|k| !repeats(period / f64::from(k))));
        let (left, closed, right, also) = interval(&version.answers[2]);
        assert!(closed && also && (left - low).abs() < 1e-3 && (right - high).abs() < 1e-3);
    }),
    ("Law of cosines", |numbers, version| {
        let [a, b, degrees] = given::<3>(numbers);
        let angle = f64::to_radians(degrees);
        answers(version, 0, (b * angle.cos() - a).hypot(b * angle.sin()));
    }),
    ("Double angles", |numbers, version| {
        let [a, k, again] = given::<3>(numbers);
        assert_eq!(k, again);
        for x in [0.2, 1.3, -2.0] {
            near(real(&version.answers[0], &[("x", x)]), a * (k * x).sin() * (k * x).cos());
        }
        assert_eq!(version.answers[0].matches("sin").count(), 1);
    }),
    ("Quadrants and signs", |numbers, version| {
        let [degrees] = given::<1>(numbers);
        let angle = degrees * PI / 180.0;
        let signs = [angle.sin() > 0.0, angle.cos() > 0.0, angle.tan() > 0.0];
        let name = match (signs[0], signs[1]) {
            (true, true) => "I",
            (true, false) => "II",
            (false, false) => "III",
            (false, true) => "IV",
        };
        assert_eq!(version.answers[0], name);
        let letters: String = "ABC".chars().zip(signs).filter(|(_, sign)| *sign).map(|(letter, _)| letter).collect();
        assert_eq!(version.answers[1], letters);
    }),
    ("Three rows", |numbers, version| {
        let [a, b, c, d, e, f, g, h, i] = given::<9>(numbers);
        let found = det([[a, b, c], [d, e, f], [g, h, i]]);
        assert!((value(version, 0) - found).abs() < 1e-9);
    }),
    ("Two unknowns", |numbers, version| {
        let [a, b, e, c, d, f] = given::<6>(numbers);
        let [x, y] = given(&elements(&version.answers[0]));
        assert_eq!([a * x + b * y, c * x + d * y], [e, f]);
        assert_ne!(a * d - b * c, 0.0);
    }),
    ("Two rows", |numbers, version| {
        let [a, b, c, d] = given::<4>(numbers);
        let [p, q] = given(&elements(&version.answers[0]));
        assert_eq!([p + q, p * q], [a + d, a * d - b * c]);
    }),
    ("Dependence of two vectors", |numbers, version| {
        let [x, y, z, a, b, c] = given::<6>(numbers);
        let minors = [x * b - y * a, x * c - z * a, y * c - z * b];
        let dependent = minors.iter().all(|minor| *minor == 0.0);
        assert_eq!(version.answers[0], if dependent { "LINEARLY DEPENDENT" } else { "LINEARLY INDEPENDENT" });
        answers(version, 1, if dependent { 1.0 } else { 2.0 });
    }),
    ("Which maps are linear", |_, version| {
        let list = version.problem.split_once("A. ").unwrap().1;
        let maps: Vec<&str> = list.split('$').skip(1).step_by(2).map(str::trim).collect();
        assert_eq!(maps.len(), 4);
        let linear = |map: &str| {
            let points = [(1.0, 2.0), (-3.0, 0.5), (2.0, -1.0)];
            let combined = |s: f64, (x1, y1): (f64, f64), (x2, y2): (f64, f64)| {
                let (u, v) = (pair(map, x1, y1), pair(map, x2, y2));
                let both = pair(map, s * x1 + x2, s * y1 + y2);
                (0..2).all(|k| (both[k] - s * u[k] - v[k]).abs() < 1e-9)
            };
            points.iter().all(|p| points.iter().all(|q| combined(-2.0, *p, *q) && combined(1.0, *p, *q)))
        };
        let letters: String = "ABCD".chars().zip(maps).filter(|(_, map)| linear(map)).map(|(letter, _)| letter).collect();
        assert_eq!(version.answers[0], letters);
    }),
    ("Matrix times vector", |numbers, version| {
        let [a, b, c, d, x, y] = given::<6>(numbers);
        // Column by column.
        let columns = [[a * x, c * x], [b * y, d * y]];
        let [p, q] = given(&elements(&version.answers[0]));
        assert_eq!([p, q], [columns[0][0] + columns[1][0], columns[0][1] + columns[1][1]]);
    }),
];
