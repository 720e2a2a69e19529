//! Intervals around figures. Pure: data in, data out; nothing here reads a clock or a global random state.

mod bootstrap;
mod cluster;
mod interval;
mod wilson;

pub use bootstrap::{RESAMPLES, cluster_bootstrap};
pub use cluster::{ClusterError, Clusters};
pub use interval::{CONFIDENCE, Interval, IntervalMethod, mean_interval};
pub use wilson::{normal_quantile, wilson, wilson_effective};
