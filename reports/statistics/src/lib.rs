//! Intervals, tests and agreement. Pure: data in, data out; nothing here reads a clock or a global random state.

mod agreement;
mod binomial;
mod bootstrap;
mod cluster;
mod detectable;
mod elo;
mod holm;
mod interval;
mod paired;
mod pass_at_k;
mod permutation;
mod ranks;
mod wilson;

pub mod cases;

pub use agreement::{Level, Weights, cohen_kappa, fleiss_kappa, krippendorff_alpha};
pub use binomial::{McNemar, clopper_pearson, mcnemar_exact};
pub use bootstrap::{Bootstrapped, RESAMPLES, bootstrap_groups, bootstrap_mean, cluster_bootstrap};
pub use cluster::{ClusterError, Clusters, independent_error};
pub use detectable::{
    Design, detectable, detectable_connor, detectable_discordant, detectable_paired, detectable_paired_t, detectable_unpaired,
    discordant_pairs_needed, pairs_needed, samples_needed, t_quantile, t_tails,
};
pub use elo::elo_expected;
pub use holm::holm;
pub(crate) use interval::MANY_GROUPS;
pub use interval::{CONFIDENCE, Interval, IntervalMethod, MeanPoints, mean_interval};
pub use paired::{PairedDifference, Test, paired_difference};
pub use pass_at_k::{checked_pass_at_k, pass_at_k, pass_at_k_points};
pub use permutation::{SignFlip, sign_flip};
pub use ranks::{PairedSums, mean_ranks, rank_interval, ranks, standard_normals};
pub use wilson::{normal_quantile, wilson, wilson_effective};
