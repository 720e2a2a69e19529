use super::*;
use crate::calculator::{Complex, complex};
use std::f64::consts::TAU;

pub const CHECKS: &[(&str, Check)] = &[
    ("Products", |numbers, version| {
        let [a, b, c, d] = given::<4>(numbers);
        let Complex(x, y) = complex(&version.answers[0], &[]);
        // Polar: sizes multiply, angles add.
        near(x.hypot(y), a.hypot(b) * c.hypot(d));
        let turn = (y.atan2(x) - b.atan2(a) - d.atan2(c)).rem_euclid(TAU);
        assert!(turn < 1e-9 || TAU - turn < 1e-9);
    }),
    ("Modulus", |numbers, version| {
        let [a, b] = given::<2>(numbers);
        answers(version, 0, a.hypot(b));
    }),
    ("Residues at simple poles", |numbers, version| {
        let [a, b, p, q, at] = given::<5>(numbers);
        let (p, q) = (-p, -q);
        assert_eq!(p, at);
        // (1 / 2πi) ∮ f over a circle around p that leaves q out.
        let steps = 4000;
        let mut sum = 0.0;
        for step in 0..steps {
            let angle = TAU * f64::from(step) / f64::from(steps);
            let (dx, dy) = (0.5 * angle.cos(), 0.5 * angle.sin());
            // f(z) (z − p), whose mean over the circle is the residue: (a z + b) / (z − q).
            let (nx, ny) = (a * (p + dx) + b, a * dy);
            let (mx, my) = (p + dx - q, dy);
            sum += (nx * mx + ny * my) / (mx * mx + my * my);
        }
        answers(version, 0, sum / f64::from(steps));
    }),
    ("Harmonic functions", |_, version| {
        let text = formula(version, "u(x,y)=", "$");
        let u = |x: f64, y: f64| real(&text, &[("x", x), ("y", y)]);
        let h = 1e-3;
        let laplacian = (u(1.0 + h, 2.0) + u(1.0 - h, 2.0) + u(1.0, 2.0 + h) + u(1.0, 2.0 - h) - 4.0 * u(1.0, 2.0)) / (h * h);
        assert!((value(version, 0) - laplacian).abs() < 1e-4);
        truth(version, 1, laplacian.abs() < 1e-4);
    }),
    ("Quadratic equations", |numbers, version| {
        let [_, s, p, _] = given::<4>(numbers);
        let inside = version.answers[0].strip_prefix('(').unwrap().strip_suffix(')').unwrap();
        let roots: Vec<Complex> = inside.split(',').map(|root| complex(root, &[])).collect();
        // Vieta.
        near(roots[0].0 + roots[1].0, -s);
        assert_eq!(roots[0].1 + roots[1].1, 0.0);
        near(roots[0].0 * roots[1].0 - roots[0].1 * roots[1].1, p);
        assert!(roots.len() == 2 && roots[0].1 != 0.0);
    }),
    ("Exponential growth", |numbers, version| {
        let [k, _, start, _] = given::<4>(numbers);
        let y = |x: f64| real(&version.answers[0], &[("x", x)]);
        // Runge and Kutta's fourth-order steps to x = 0.5.
        let (mut value_there, steps) = (start, 2000);
        let h = 0.5 / f64::from(steps);
        for _ in 0..steps {
            let k1 = k * value_there;
            let k2 = k * (value_there + h / 2.0 * k1);
            let k3 = k * (value_there + h / 2.0 * k2);
            let k4 = k * (value_there + h * k3);
            value_there += h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4);
        }
        near(y(0.5), value_there);
        near(y(0.0), start);
        answers(version, 1, slope(y, 0.0));
    }),
    ("Characteristic roots", |_, version| {
        let text = version.problem.split_once("of $").unwrap().1.split_once("=0").unwrap().0.trim();
        let text = text.replace("y''", "r^2").replace(" y'", "*r").replace("y'", "r").replace(" y", "*1").replace('y', "1");
        let roots = elements(&version.answers[0]);
        for root in &roots {
            assert_eq!(real(&text, &[("r", *root)]), 0.0, "{text}");
        }
        assert!(roots.len() == 2 && roots[0] != roots[1]);
        let decays = roots.iter().all(|root| (root * 50.0).exp() < 1e-9);
        assert_eq!(version.answers[1], if decays { "yes" } else { "no" });
    }),
    ("Classification", |numbers, version| {
        answers(version, 0, numbers[0]);
        truth(version, 1, !version.problem.contains("y^") || version.problem.matches("y^").count() == 1);
        assert_eq!(version.problem.matches("y^").count(), if version.answers[1] == "T" { 1 } else { 2 });
    }),
    ("Equilibria", |numbers, version| {
        let [a, b] = given::<2>(numbers);
        let f = |y: f64| (y + a) * if b > 0.0 { b - y } else { y + b };
        let zeros = elements(&version.answers[0]);
        zeros.iter().for_each(|zero| assert_eq!(f(*zero), 0.0));
        let low = zeros[0].min(zeros[1]);
        let stable = f(low - 0.1) > 0.0 && f(low + 0.1) < 0.0;
        assert_eq!(version.answers[1], if stable { "stable" } else { "unstable" });
    }),
    ("Separable equations", |numbers, version| {
        let [x, y, m, n] = given::<4>(numbers);
        let f = |x: f64, y: f64| residual(&version.answers[0], &[("x", x), ("y", y)]);
        assert_eq!(f(x, y), 0.0);
        for (x, y) in [(x, y), (1.5, 0.5), (-2.0, 1.0)] {
            near(-slope(|x| f(x, y), x) / slope(|y| f(x, y), y), -m * x / (n * y));
        }
    }),
];
