//! Intervals around figures. Pure: data in, data out; nothing here reads a clock or a global random state.

mod bootstrap;
mod cluster;
mod interval;
mod pass_at_k;
mod wilson;

pub use bootstrap::{RESAMPLES, bootstrap_groups, cluster_bootstrap};
pub use cluster::{ClusterError, Clusters};
pub use interval::{CONFIDENCE, Interval, IntervalMethod, mean_interval};
pub use pass_at_k::pass_at_k;
pub use wilson::{normal_quantile, wilson, wilson_effective};
