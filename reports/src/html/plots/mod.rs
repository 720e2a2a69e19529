//! Plots: drawn with plotters from figures, in the colours of the page, each with its table.

mod curve;
mod distribution;
mod heat_map;
mod ink;
mod intervals;
mod outcomes;
mod pen;
mod scatter;
mod spans;
mod spread;
mod view;

pub use curve::{Curve, CurvePoint, curves};
pub use intervals::{IntervalRow, intervals};
pub use outcomes::{OutcomeRow, outcomes};
pub use scatter::{Scatter, ScatterPoint, scatter};
pub use spread::{Spread, SpreadRow, spreads};
pub use view::{PlotView, of_benchmark};
