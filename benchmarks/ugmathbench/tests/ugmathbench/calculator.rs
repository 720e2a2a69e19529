//! A small reader of calculator syntax, written for these tests and independent of the judges: complex values, `+ - * / ^`,
//! round and curly brackets, the functions sin, cos, exp, the constants pi, e and i, one-letter variables.

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Complex(pub f64, pub f64);

impl Complex {
    fn times(self, o: Complex) -> Complex {
        Complex(self.0 * o.0 - self.1 * o.1, self.0 * o.1 + self.1 * o.0)
    }

    fn over(self, o: Complex) -> Complex {
        let size = o.0 * o.0 + o.1 * o.1;
        let n = self.times(Complex(o.0, -o.1));
        Complex(n.0 / size, n.1 / size)
    }

    fn power(self, o: Complex) -> Complex {
        if o.1 == 0.0 && o.0.fract() == 0.0 && (0.0..100.0).contains(&o.0) {
            return (0..o.0 as usize).fold(Complex(1.0, 0.0), |p, _| p.times(self));
        }
        assert!(self.1 == 0.0 && o.1 == 0.0, "only real powers");
        Complex(self.0.powf(o.0), 0.0)
    }
}

pub struct Calculator<'a> {
    text: Vec<char>,
    at: usize,
    variables: &'a [(&'a str, f64)],
}

/// The value of `text`, which must be read to its end.
pub fn complex(text: &str, variables: &[(&str, f64)]) -> Complex {
    let text = text.chars().filter(|c| !c.is_whitespace()).collect();
    let mut calculator = Calculator { text, at: 0, variables };
    let value = calculator.sum();
    assert_eq!(calculator.at, calculator.text.len(), "not read to its end: {:?}", calculator.text);
    value
}

/// The same for a real value.
pub fn real(text: &str, variables: &[(&str, f64)]) -> f64 {
    let value = complex(text, variables);
    assert_eq!(value.1, 0.0, "{text} is not real");
    value.0
}

impl Calculator<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn take(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        self.at += usize::from(found);
        found
    }

    fn sum(&mut self) -> Complex {
        let mut value = if self.take('-') { Complex(-1.0, 0.0).times(self.product()) } else { self.product() };
        loop {
            if self.take('+') {
                let next = self.product();
                value = Complex(value.0 + next.0, value.1 + next.1);
            } else if self.take('-') {
                let next = self.product();
                value = Complex(value.0 - next.0, value.1 - next.1);
            } else {
                return value;
            }
        }
    }

    fn product(&mut self) -> Complex {
        let mut value = self.power();
        loop {
            if self.take('*') {
                value = value.times(self.power());
            } else if self.take('/') {
                value = value.over(self.power());
            } else {
                return value;
            }
        }
    }

    fn power(&mut self) -> Complex {
        let base = self.atom();
        if self.take('^') { base.power(self.atom()) } else { base }
    }

    fn atom(&mut self) -> Complex {
        for (open, close) in [('(', ')'), ('{', '}')] {
            if self.take(open) {
                let value = self.sum();
                assert!(self.take(close), "no {close} in {:?}", self.text);
                return value;
            }
        }
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit() || c == '.') {
            self.at += 1;
        }
        if self.at > start {
            let digits: String = self.text[start..self.at].iter().collect();
            return Complex(digits.parse().unwrap(), 0.0);
        }
        while self.peek().is_some_and(|c| c.is_ascii_alphabetic()) {
            self.at += 1;
        }
        let word: String = self.text[start..self.at].iter().collect();
        if let Some((_, value)) = self.variables.iter().find(|(name, _)| *name == word) {
            return Complex(*value, 0.0);
        }
        match word.as_str() {
            "pi" => Complex(std::f64::consts::PI, 0.0),
            "e" => Complex(std::f64::consts::E, 0.0),
            "i" => Complex(0.0, 1.0),
            "sin" | "cos" | "exp" => {
                let argument = self.atom();
                assert_eq!(argument.1, 0.0);
                let value = match word.as_str() {
                    "sin" => argument.0.sin(),
                    "cos" => argument.0.cos(),
                    _ => argument.0.exp(),
                };
                Complex(value, 0.0)
            }
            other => panic!("`{other}` in {:?}", self.text),
        }
    }
}

#[test]
fn reads() {
    for (text, expected) in
        [("1+2*3", 7.0), ("-2^2", -4.0), ("2*e^{0*x}", 2.0), ("(1-3)/4", -0.5), ("sin(pi/6)*x^2", 2.0), ("-x-(x-1)", -3.0)]
    {
        assert!((real(text, &[("x", 2.0)]) - expected).abs() < 1e-12, "{text}");
    }
    assert_eq!(complex("(2+3*i)*(1-i)", &[]), Complex(5.0, 1.0));
}
