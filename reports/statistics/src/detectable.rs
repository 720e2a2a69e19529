//! What a comparison can detect, and how many samples a wanted effect needs.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};
use statrs::function::gamma::ln_gamma;

/// What a test should be able to do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Design {
    /// The chance of a false alarm, two-sided, e.g. 0.05.
    pub alpha: f64,
    /// The chance that an effect of the stated size is found, e.g. 0.8.
    pub power: f64,
}

impl Default for Design {
    /// α = 0.05 and power 0.8, the customary values (Cohen 1988).
    fn default() -> Self {
        Self { alpha: 0.05, power: 0.8 }
    }
}

impl Design {
    /// z for 1 − α/2 and z for the power; `None` unless both are in (0, 1) and their sum is positive.
    fn quantiles(self) -> Option<(f64, f64)> {
        let inside = |p: f64| p > 0.0 && p < 1.0;
        if !inside(self.alpha) || !inside(self.power) {
            return None;
        }
        let normal = Normal::standard();
        let (critical, reach) = (normal.inverse_cdf(1.0 - self.alpha / 2.0), normal.inverse_cdf(self.power));
        (critical + reach > 0.0).then_some((critical, reach))
    }

    /// z for 1 − α/2 plus z for the power.
    fn factor(self) -> Option<f64> {
        self.quantiles().map(|(critical, reach)| critical + reach)
    }
}

/// The smallest true difference that a two-sided test finds with the wanted power, given the standard error of the
/// difference: (z₁₋α/₂ + z_power)·SE. For clustered data give the cluster-robust SE (Miller 2024, arXiv:2411.00640,
/// section 5). Its unit is that of the error.
pub fn detectable(standard_error: f64, design: Design) -> Option<f64> {
    (standard_error >= 0.0 && standard_error.is_finite()).then_some(standard_error * design.factor()?)
}

/// [`detectable`] for `n` independent pairs whose differences have the standard deviation `sd`.
pub fn detectable_paired(n: u64, sd: f64, design: Design) -> Option<f64> {
    if n == 0 {
        return None;
    }
    detectable(sd / (n as f64).sqrt(), design)
}

/// [`detectable`] for two independent sets of `n` each, with standard deviations `sd_a` and `sd_b`.
pub fn detectable_unpaired(n: u64, sd_a: f64, sd_b: f64, design: Design) -> Option<f64> {
    if n == 0 {
        return None;
    }
    detectable((sd_a * sd_a + sd_b * sd_b).sqrt() / (n as f64).sqrt(), design)
}

/// How many pairs are needed to detect a difference of `effect`: ⌈((z₁₋α/₂ + z_power)·sd/effect)²⌉. `None` for an effect of 0
/// or less.
pub fn pairs_needed(effect: f64, sd: f64, design: Design) -> Option<u64> {
    if !(effect > 0.0 && effect.is_finite() && sd >= 0.0 && sd.is_finite()) {
        return None;
    }
    let n = (design.factor()? * sd / effect).powi(2).ceil().max(1.0);
    (n < 9e15).then_some(n as u64)
}

/// How many samples each of two independent sets needs, for standard deviations `sd_a` and `sd_b`.
pub fn samples_needed(effect: f64, sd_a: f64, sd_b: f64, design: Design) -> Option<u64> {
    pairs_needed(effect, (sd_a * sd_a + sd_b * sd_b).sqrt(), design)
}

/// The effect that a two-sided paired t test with `n` pairs finds with the wanted power, times `sd`: the noncentral t
/// distribution instead of the normal one. `None` for fewer than two pairs.
pub fn detectable_paired_t(n: u64, sd: f64, design: Design) -> Option<f64> {
    if n < 2 || !(sd >= 0.0 && sd.is_finite()) {
        return None;
    }
    design.quantiles()?;
    let freedom = (n - 1) as f64;
    let critical = t_quantile(1.0 - design.alpha / 2.0, freedom)?;
    let chi = ScaledChi::new(freedom)?;
    if chi.power(critical, 0.0) >= design.power {
        return Some(0.0);
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        if chi.power(critical, high) >= design.power {
            break;
        }
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = (low + high) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        if chi.power(critical, middle) < design.power {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some((low + high) / 2.0 * sd / (n as f64).sqrt())
}

/// The two-sided p-value of a t statistic.
pub fn t_tails(t: f64, freedom: f64) -> f64 {
    StudentsT::new(0.0, 1.0, freedom).map_or(f64::NAN, |student| (2.0 * student.cdf(-t.abs())).min(1.0))
}

/// A quantile of Student's t above ½, by bisection on its distribution function.
pub fn t_quantile(p: f64, freedom: f64) -> Option<f64> {
    let t = StudentsT::new(0.0, 1.0, freedom).ok()?;
    if !(0.5..1.0).contains(&p) {
        return None;
    }
    let (mut low, mut high) = (0.0f64, 1.0f64);
    while t.cdf(high) < p && high < 1e300 {
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = (low + high) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        if t.cdf(middle) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some((low + high) / 2.0)
}

/// The distribution of s = √(χ²_ν/ν), cut into weighted points (Simpson's rule): P(T' > t) = E[Φ(δ − t·s)].
struct ScaledChi {
    points: Vec<(f64, f64)>,
}

impl ScaledChi {
    fn new(freedom: f64) -> Option<Self> {
        const PARTS: usize = 2000;
        if !(freedom > 0.0 && freedom.is_finite()) {
            return None;
        }
        let spread = 12.0 / (2.0 * freedom).sqrt();
        let (from, to) = ((1.0 - spread).max(0.0), 1.0 + spread);
        let step = (to - from) / PARTS as f64;
        let half = freedom / 2.0;
        let constant = std::f64::consts::LN_2 + half * half.ln() - ln_gamma(half);
        // 0·ln 0 is 0: only with one degree of freedom is there mass at 0.
        let power = |s: f64| if freedom == 1.0 { 0.0 } else { (freedom - 1.0) * s.ln() };
        let density = |s: f64| (constant + power(s) - half * s * s).exp();
        let weight = |i: usize| match i {
            0 | PARTS => 1.0,
            i if i % 2 == 1 => 4.0,
            _ => 2.0,
        };
        let point = |i: usize| {
            let s = from + step * i as f64;
            (s, weight(i) * step / 3.0 * density(s))
        };
        Some(Self { points: (0..=PARTS).map(point).collect() })
    }

    /// The chance that |T'| > `critical` for the noncentrality `delta`.
    fn power(&self, critical: f64, delta: f64) -> f64 {
        let normal = Normal::standard();
        let beyond = |s: f64| normal.cdf(delta - critical * s) + normal.cdf(-critical * s - delta);
        self.points.iter().map(|(s, weight)| weight * beyond(*s)).sum()
    }
}

/// The smallest difference of two paired proportions that is detected when the share `discordant` of the pairs differs,
/// by the simple formula (z₁₋α/₂ + z_power)·√(discordant/n) (Miettinen 1968).
pub fn detectable_discordant(n: u64, discordant: f64, design: Design) -> Option<f64> {
    if n == 0 || !(0.0..=1.0).contains(&discordant) {
        return None;
    }
    Some(design.factor()? * (discordant / n as f64).sqrt())
}

/// The same with the variance under the alternative (Connor 1987, Biometrics 43:207): the d in (0, discordant] with
/// d·√n = z₁₋α/₂·√discordant + z_power·√(discordant − d²). `None` where no difference is detectable.
pub fn detectable_connor(n: u64, discordant: f64, design: Design) -> Option<f64> {
    let (critical, reach) = design.quantiles()?;
    if n == 0 || !(discordant > 0.0 && discordant <= 1.0) {
        return None;
    }
    let root = (n as f64).sqrt();
    let surplus = |d: f64| d * root - critical * discordant.sqrt() - reach * (discordant - d * d).max(0.0).sqrt();
    if surplus(discordant) < 0.0 {
        return None;
    }
    let (mut low, mut high) = (0.0f64, discordant);
    for _ in 0..200 {
        let middle = (low + high) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        if surplus(middle) < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some((low + high) / 2.0)
}

/// How many pairs McNemar's test needs to detect the difference `effect` when the share `discordant` of pairs differs
/// (Connor 1987): ((z₁₋α/₂·√discordant + z_power·√(discordant − effect²))/effect)², rounded up.
pub fn discordant_pairs_needed(effect: f64, discordant: f64, design: Design) -> Option<u64> {
    let (critical, reach) = design.quantiles()?;
    if !(effect > 0.0 && effect <= discordant && discordant <= 1.0) {
        return None;
    }
    let root = critical * discordant.sqrt() + reach * (discordant - effect * effect).max(0.0).sqrt();
    let n = (root / effect).powi(2).ceil().max(1.0);
    (n < 9e15).then_some(n as u64)
}
