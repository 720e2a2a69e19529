//! How queries and keys turn with position: bases, scalings, and the angles of a step.

use super::failure;
use super::metadata::Metadata;
use super::network::Row;
use proctor_core::ModelError;
use std::f64::consts::TAU;

/// How positions beyond those of training are brought near them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum RotaryScaling {
    /// Positions are divided by a factor; 1 for no scaling.
    Linear(f64),
    /// Slow pairs by a factor, fast ones not, with a ramp in between (YaRN, arXiv 2309.00071, section 3.2).
    Yarn { factor: f64, original: f64, fast: f64, slow: f64 },
}

/// The angle a position turns each pair by, and what turned components are multiplied by.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Turns {
    pub steps: Vec<f64>,
    pub magnitude: f32,
}

/// Cosines and sines of every new token.
pub(super) type Angles = Vec<(Vec<f32>, Vec<f32>)>;

impl Turns {
    /// Turns of `rotated / 2` pairs.
    pub fn new(rotated: usize, base: f64, scaling: RotaryScaling, magnitude: f32) -> Self {
        let step = |pair: usize| base.powf(-(2.0 * pair as f64) / rotated as f64);
        let pairs = 0..rotated / 2;
        let steps = match scaling {
            RotaryScaling::Linear(factor) => pairs.map(|pair| step(pair) / factor).collect(),
            RotaryScaling::Yarn { factor, original, fast, slow } => {
                // The pair that turns `turns` times within the original context.
                let border = |turns: f64| rotated as f64 * (original / (turns * TAU)).ln() / (2.0 * base.ln());
                let low = border(fast).floor().max(0.0);
                let high = border(slow).ceil().min(rotated as f64 - 1.0);
                let scaled = |pair: usize| {
                    let kept = 1.0 - ((pair as f64 - low) / (high - low).max(0.001)).clamp(0.0, 1.0);
                    step(pair) * (kept + (1.0 - kept) / factor)
                };
                pairs.map(scaled).collect()
            }
        };
        Self { steps, magnitude }
    }

    /// Divides the steps by a tensor's factors.
    pub fn divide(&mut self, name: &str, factors: &[f32]) -> Result<(), ModelError> {
        for (step, factor) in self.steps.iter_mut().zip(factors) {
            if !factor.is_finite() || *factor <= 0.0 {
                return Err(failure(format!("tensor `{name}` of the model file holds {factor}, which is no divisor")));
            }
            *step /= f64::from(*factor);
        }
        Ok(())
    }

    /// Cosines and sines of every new token's turn.
    pub fn angles(&self, rows: &[Row<'_>]) -> Angles {
        let positions = rows.iter().flat_map(|row| (0..row.tokens.len()).map(|i| row.cache.length() + i));
        positions
            .map(|position| {
                let angle = |step: &f64| step * position as f64;
                let cosines = self.steps.iter().map(|s| self.magnitude * angle(s).cos() as f32).collect();
                (cosines, self.steps.iter().map(|s| self.magnitude * angle(s).sin() as f32).collect())
            })
            .collect()
    }
}

/// The scaling of an architecture's positions and its magnitude. Llama 3 files keep their scaling in a tensor,
/// `rope_freqs.weight`, those with long and short factors in two.
pub(super) fn scaling(metadata: &Metadata<'_>, name: &str) -> Result<(RotaryScaling, f32), ModelError> {
    let key = |suffix: &str| format!("{name}.rope.{suffix}");
    let number = |suffix: &str, missing: f64| {
        let number = metadata.float(&key(suffix)).unwrap_or(missing);
        if number.is_finite() && number > 0.0 {
            Ok(number)
        } else {
            Err(failure(format!("the model file's `{}` is {number}, which makes no sense", key(suffix))))
        }
    };
    let older = metadata.float(&key("scale_linear"));
    let magnitude = number("scaling.attn_factor", 1.0)?;
    let factor = match metadata.text(&key("scaling.type")) {
        None => older.unwrap_or(1.0),
        Some("none" | "longrope") => 1.0,
        Some("linear") => metadata.float(&key("scaling.factor")).or(older).unwrap_or(1.0),
        Some("yarn") => {
            let context = metadata.size(&format!("{name}.context_length"))?;
            let original = metadata.optional_size(&key("scaling.original_context_length"))?.unwrap_or(context);
            let factor = number("scaling.factor", 1.0)?;
            if metadata.float(&key("scaling.yarn_ext_factor")).is_some_and(|mix| mix != 1.0) {
                return Err(failure(format!("model files with `{}` are not supported", key("scaling.yarn_ext_factor"))));
            }
            // Attention's temperature (section 3.4), and its own scale for it in some files.
            let temperature = |scale: f64| if factor > 1.0 { 1.0 + 0.1 * scale * factor.ln() } else { 1.0 };
            let whole = metadata.float(&key("scaling.yarn_log_multiplier")).filter(|scale| *scale != 0.0);
            let scaling = RotaryScaling::Yarn {
                factor,
                original: original as f64,
                fast: number("scaling.yarn_beta_fast", 32.0)?,
                slow: number("scaling.yarn_beta_slow", 1.0)?,
            };
            let magnitude = magnitude * number("scaling.yarn_attn_factor", 1.0)? * temperature(1.0);
            return Ok((scaling, (magnitude / whole.map_or(1.0, temperature)) as f32));
        }
        Some(other) => {
            return Err(failure(format!(
                "model files with rotary scaling `{other}` are not supported; supported are `none`, `linear`, `yarn`, \
                 `longrope` and Llama 3's"
            )));
        }
    };
    // Some files say 0 for no scaling.
    match factor {
        0.0 => Ok((RotaryScaling::Linear(1.0), magnitude as f32)),
        factor if factor.is_finite() && factor > 0.0 => Ok((RotaryScaling::Linear(factor), magnitude as f32)),
        _ => Err(failure(format!("the model file's rotary scaling by {factor} makes no sense"))),
    }
}
