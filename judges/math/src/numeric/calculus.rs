use super::estimate::Estimate;
use super::evaluate::Work;
use super::formula::Formula;
use crate::syntax::Binder;

/// Most terms of a sum or product.
const MOST_TERMS: u32 = 20_000;

/// The value of a sum, product, integral, limit or derivative.
pub fn bound(
    binder: Binder,
    variable: usize,
    low: Option<&Formula>,
    high: Option<&Formula>,
    body: &Formula,
    point: &mut [Estimate],
    work: &Work,
) -> Estimate {
    let Some(saved) = point.get(variable).copied() else { return Estimate::UNDEFINED };
    let mut at = Line { variable, body, point, work };
    let result = match binder {
        Binder::Sum | Binder::Product => at.series(binder, low, high),
        Binder::Integral => at.integral(low, high),
        Binder::Limit => at.limit(low),
        Binder::Derivative => at.derivative(saved, high),
    };
    if let Some(slot) = point.get_mut(variable) {
        *slot = saved;
    }
    result
}

struct Line<'a> {
    variable: usize,
    body: &'a Formula,
    point: &'a mut [Estimate],
    work: &'a Work,
}

impl Line<'_> {
    fn body(&mut self, x: Estimate) -> Estimate {
        if let Some(slot) = self.point.get_mut(self.variable) {
            *slot = x;
        }
        self.body.value(self.point, self.work)
    }

    fn end(&mut self, formula: Option<&Formula>) -> Option<f64> {
        match formula? {
            Formula::Infinite => Some(f64::INFINITY),
            Formula::Negative(inner) if matches!(**inner, Formula::Infinite) => Some(f64::NEG_INFINITY),
            other => {
                let value = other.value(self.point, self.work);
                (value.is_finite() && value.is_real()).then_some(value.re)
            }
        }
    }

    fn series(&mut self, binder: Binder, low: Option<&Formula>, high: Option<&Formula>) -> Estimate {
        let (Some(low), Some(high)) = (self.end(low), self.end(high)) else { return Estimate::UNDEFINED };
        let (low, high) = (low.round(), if high.is_finite() { high.round() } else { high });
        let sum = binder == Binder::Sum;
        let mut total = Estimate::exact(if sum { 0.0 } else { 1.0 });
        let mut k = low;
        let mut previous = f64::INFINITY;
        let mut small = 0;
        for _ in 0..MOST_TERMS {
            if k > high {
                return total;
            }
            let term = self.body(Estimate::exact(k));
            if !term.is_finite() {
                return Estimate::UNDEFINED;
            }
            total = if sum { total.add(term) } else { total.multiply(term) };
            if high.is_infinite() {
                let size = if sum { term.size() } else { term.subtract(Estimate::exact(1.0)).size() };
                small = if size <= 1e-17 * total.size() { small + 1 } else { 0 };
                if small >= 3 {
                    return total;
                }
                previous = size;
            }
            k += 1.0;
        }
        // A series that still moves: what is left is about k times the last term.
        let left = previous * k;
        if high.is_infinite() && left.is_finite() { Estimate { error: total.error + left, ..total } } else { Estimate::UNDEFINED }
    }

    fn integral(&mut self, low: Option<&Formula>, high: Option<&Formula>) -> Estimate {
        let (Some(low), Some(high)) = (self.end(low), self.end(high)) else { return Estimate::UNDEFINED };
        // Twice as many panels until two values agree.
        let mut coarse = self.panels(low, high, 5);
        for panels in [11, 23, 47, 95] {
            let fine = self.panels(low, high, panels);
            if !fine.is_finite() {
                return Estimate::UNDEFINED;
            }
            let gap = coarse.subtract(fine).size();
            coarse = Estimate { error: fine.error + gap, ..fine };
            if gap <= 1e-10 * fine.size() || self.work.is_spent() {
                break;
            }
        }
        coarse
    }

    /// Gauss-Legendre quadrature with ten nodes on each of equal panels; infinite ends are mapped to finite ones.
    fn panels(&mut self, low: f64, high: f64, panels: u32) -> Estimate {
        const NODES: [(f64, f64); 5] = [
            (0.148_874_338_981_631_22, 0.295_524_224_714_752_87),
            (0.433_395_394_129_247_2, 0.269_266_719_309_996_35),
            (0.679_409_568_299_024_4, 0.219_086_362_515_982_04),
            (0.865_063_366_688_984_5, 0.149_451_349_150_580_6),
            (0.973_906_528_517_171_7, 0.066_671_344_308_688_14),
        ];
        let finite = low.is_finite() && high.is_finite();
        // x = t / (1 - t²) maps (-1, 1) to the line.
        let to = |x: f64| {
            if x.is_infinite() {
                x.signum()
            } else if x == 0.0 {
                0.0
            } else {
                ((1.0 + 4.0 * x * x).sqrt() - 1.0) / (2.0 * x)
            }
        };
        let (start, stop) = if finite { (low, high) } else { (to(low), to(high)) };
        let width = (stop - start) / f64::from(panels);
        let mut total = Estimate::exact(0.0);
        for panel in 0..panels {
            let middle = start + (f64::from(panel) + 0.5) * width;
            for (node, weight) in NODES {
                for side in [-1.0, 1.0] {
                    let t = middle + side * node * width / 2.0;
                    let (x, factor) = if finite {
                        (t, 1.0)
                    } else {
                        let gap = 1.0 - t * t;
                        (t / gap, (1.0 + t * t) / (gap * gap))
                    };
                    let value = self.body(Estimate::exact(x));
                    if !value.is_finite() {
                        return Estimate::UNDEFINED;
                    }
                    total = total.add(value.scale(weight * width / 2.0 * factor));
                }
            }
        }
        total
    }

    fn limit(&mut self, low: Option<&Formula>) -> Estimate {
        let Some(target) = self.end(low) else { return Estimate::UNDEFINED };
        let side = |line: &mut Self, sign: f64| {
            let mut values = Vec::new();
            for step in [1e-2, 5e-3, 2.5e-3, 1.25e-3] {
                let x = if target.is_infinite() { target.signum() / (step * step) } else { target + sign * step };
                values.push(line.body(Estimate::exact(x)));
            }
            // Richardson's extrapolation, assuming an expansion in powers of the step.
            let mut order = 1;
            while values.len() > 1 {
                let factor = f64::from(1 << (if target.is_infinite() { 2 * order } else { order }));
                values = values.windows(2).map(|pair| pair_extrapolate(pair, factor)).collect();
                order += 1;
            }
            values.first().copied().unwrap_or(Estimate::UNDEFINED)
        };
        let right = side(self, 1.0);
        let left = if target.is_infinite() { right } else { side(self, -1.0) };
        if !right.is_finite() || !left.is_finite() {
            return Estimate::UNDEFINED;
        }
        let gap = right.subtract(left).size();
        if gap > 1e-3 * right.size().max(1e-3) {
            return Estimate::UNDEFINED;
        }
        let middle = right.add(left).scale(0.5);
        Estimate { error: middle.error + gap + 1e-6 * middle.size() + 1e-7, ..middle }
    }

    fn derivative(&mut self, at: Estimate, order: Option<&Formula>) -> Estimate {
        let order = self.end(order).unwrap_or(1.0);
        let h = if order <= 1.0 { 1e-3 } else { 5e-3 };
        let difference = |line: &mut Self, h: f64| -> Estimate {
            let mut value = |steps: f64| line.body(at.add(Estimate::exact(steps * h)));
            match order {
                1.0 => value(1.0).subtract(value(-1.0)).scale(0.5 / h),
                2.0 => value(1.0).add(value(-1.0)).subtract(value(0.0).scale(2.0)).scale(1.0 / (h * h)),
                3.0 => {
                    let outer = value(2.0).subtract(value(-2.0));
                    outer.subtract(value(1.0).subtract(value(-1.0)).scale(2.0)).scale(0.5 / (h * h * h))
                }
                _ => Estimate::UNDEFINED,
            }
        };
        let (wide, narrow) = (difference(self, 2.0 * h), difference(self, h));
        let better = narrow.scale(4.0).subtract(wide).scale(1.0 / 3.0);
        Estimate { error: better.error + better.subtract(narrow).size() * 1e-2 + 1e-7, ..better }
    }
}

fn pair_extrapolate(pair: &[Estimate], factor: f64) -> Estimate {
    match pair {
        [wide, narrow] => narrow.scale(factor).subtract(*wide).scale(1.0 / (factor - 1.0)),
        _ => Estimate::UNDEFINED,
    }
}
