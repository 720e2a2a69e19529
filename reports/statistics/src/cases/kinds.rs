use super::input::{CaseError, Inputs};
use super::{agreement, intervals, tests};
use serde_json::{Map, Value};

/// A figure of a case with its name; `null` where it is not defined.
pub(super) type Figures = Vec<(&'static str, Value)>;

/// A statistic that can be asked for by name.
pub struct Kind {
    /// Its name.
    pub name: &'static str,
    /// What it needs.
    pub inputs: &'static str,
    /// What it gives.
    pub summary: &'static str,
    of: fn(Inputs<'_>) -> Result<Figures, CaseError>,
}

const fn kind(
    name: &'static str,
    inputs: &'static str,
    summary: &'static str,
    of: fn(Inputs<'_>) -> Result<Figures, CaseError>,
) -> Kind {
    Kind { name, inputs, summary, of }
}

/// Every statistic, intervals first.
pub const KINDS: &[Kind] = &[
    kind("wilson", "successes, n, confidence", "score interval of a proportion", intervals::wilson),
    kind("clopper_pearson", "successes, n, confidence", "exact interval of a proportion", intervals::clopper_pearson),
    kind("mean_interval", "values, clusters, confidence", "the interval a report shows of a mean", intervals::mean),
    kind("pass_at_k", "n, c, k", "unbiased pass@k of one problem", intervals::pass_at_k),
    kind("pass_at_k_mean", "problems ([n, c] each), k, confidence", "mean pass@k with its interval", intervals::pass_at_k_mean),
    kind("cluster_se_mean", "values, clusters", "standard errors of a mean", intervals::cluster_error),
    kind("cluster_bootstrap", "values, clusters, confidence", "percentile interval of a mean", intervals::cluster_bootstrap),
    kind("mcnemar_exact", "only_a_right, only_b_right", "test of paired 0/1 outcomes", tests::mcnemar),
    kind("paired_permutation", "a, b, clusters", "sign-flip test of paired differences", tests::permutation),
    kind("paired_bootstrap", "a, b, confidence", "percentile interval of a paired difference", tests::paired_bootstrap),
    kind("paired_cluster_bootstrap", "a, b, clusters, confidence", "the same, whole clusters drawn", tests::paired_bootstrap),
    kind("holm", "p_values, alpha", "p-values adjusted for several tests", tests::holm),
    kind("mde_paired_continuous", "n, sd_diff, alpha, power", "smallest detectable difference of pairs", tests::paired_effect),
    kind("mde_paired_binary", "n, discordant_rate, alpha, power", "the same of 0/1 outcomes", tests::binary_effect),
    kind("mde_unpaired", "n, sd_a, sd_b, alpha, power", "the same of two independent sets", tests::unpaired_effect),
    kind("sample_size_paired", "effect, sd_diff, alpha, power", "pairs needed for a wanted effect", tests::pairs),
    kind("sample_size_binary", "effect, discordant_rate, alpha, power", "the same of 0/1 outcomes", tests::binary_pairs),
    kind("sample_size_unpaired", "effect, sd_a, sd_b, alpha, power", "samples needed in each of two sets", tests::samples),
    kind("krippendorff_alpha", "ratings (a row per judge), level", "agreement of judges", agreement::krippendorff),
    kind("cohen_kappa", "a, b, categories, weights", "agreement of two judges", agreement::cohen),
    kind("fleiss_kappa", "table (a row per subject, counts)", "agreement of several judges", agreement::fleiss),
    kind("elo_expected", "rating_a, rating_b", "expected scores of two players", intervals::elo),
    kind("ranks", "values", "ranks, the highest first", intervals::ranks),
];

/// The figures of a case. One that is not defined for these inputs is `null`.
pub fn figures(kind: &str, inputs: &Map<String, Value>) -> Result<Map<String, Value>, CaseError> {
    let Some(known) = KINDS.iter().find(|known| known.name == kind) else {
        return Err(CaseError::UnknownKind(kind.chars().take(80).collect()));
    };
    let figures = (known.of)(Inputs(inputs))?;
    Ok(figures.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// A figure as JSON; `null` where there is none.
pub(super) fn number(value: Option<f64>) -> Value {
    value.filter(|v| v.is_finite()).map_or(Value::Null, Value::from)
}
