//! Colours by name. The page's style sheet gives them their values, so that one drawing serves light, dark and print.

use plotters::style::RGBColor;
use proctor_core::Outcome;

/// Steps of a scale of colours.
const STEPS: u8 = 20;
/// Codes of colours that are no scale.
const PLAIN: u8 = 32;

/// A colour of a plot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Ink {
    /// Words and figures.
    Text,
    /// Words of less weight.
    Quiet,
    /// Lines of the grid.
    Rule,
    /// What is not there.
    Empty,
    /// The page.
    Page,
    /// What the plot is about.
    Accent,
    /// Intervals and areas of what it is about.
    Soft,
    /// A population in the background.
    Ground,
    /// Words on a strong colour of a scale.
    OnScale,
    /// An outcome; `None` is not graded.
    Outcome(Option<Outcome>),
    /// A share from 0 to 1.
    Share(f64),
    /// A number from −1 to 1.
    Signed(f64),
}

impl Ink {
    /// The colour that stands for it until the drawing is finished.
    pub(super) fn code(self) -> RGBColor {
        RGBColor(0, 0, self.number())
    }

    fn number(self) -> u8 {
        match self {
            Ink::Text => 0,
            Ink::Quiet => 1,
            Ink::Rule => 2,
            Ink::Empty => 3,
            Ink::Page => 4,
            Ink::Accent => 5,
            Ink::Soft => 6,
            Ink::Ground => 7,
            Ink::OnScale => 8,
            Ink::Outcome(None) => 9,
            Ink::Outcome(Some(outcome)) => 10 + Outcome::ALL.iter().position(|o| *o == outcome).unwrap_or(0) as u8,
            Ink::Share(value) => PLAIN + step(value),
            Ink::Signed(value) if value < 0.0 => PLAIN + 2 * (STEPS + 1) + step(-value),
            Ink::Signed(value) => PLAIN + (STEPS + 1) + step(value),
        }
    }

    /// Whether words on it must be light in a light page and dark in a dark one.
    pub(super) fn is_strong(self) -> bool {
        match self {
            Ink::Share(value) | Ink::Signed(value) => value.abs() > 0.62,
            _ => false,
        }
    }
}

fn step(value: f64) -> u8 {
    (value.clamp(0.0, 1.0) * f64::from(STEPS)).round() as u8
}

/// Puts the style sheet's colours into a finished drawing in place of the codes.
pub(super) fn with_colours(svg: &str) -> String {
    let mut out = svg.to_string();
    for number in 0..=(PLAIN + 3 * (STEPS + 1)) {
        let code = format!("=\"#{:06X}\"", number);
        if out.contains(&code) {
            out = out.replace(&code, &format!("=\"{}\"", css(number)));
        }
    }
    out
}

fn css(number: u8) -> String {
    const NAMES: [&str; 10] =
        ["--ink", "--quiet", "--rule", "--vacant", "--page", "--accent", "--soft", "--ground", "--on-scale", "--ungraded"];
    if let Some(name) = NAMES.get(usize::from(number)) {
        return format!("var({name})");
    }
    if let Some(outcome) = usize::from(number).checked_sub(10).and_then(|i| Outcome::ALL.get(i)) {
        return format!("var(--{outcome})");
    }
    let (scale, step) = (number.saturating_sub(PLAIN) / (STEPS + 1), number.saturating_sub(PLAIN) % (STEPS + 1));
    let name = if scale == 2 { "--scale-low" } else { "--scale" };
    let percent = u32::from(step) * 100 / u32::from(STEPS);
    format!("color-mix(in oklab, var({name}) {percent}%, var(--scale-zero))")
}
