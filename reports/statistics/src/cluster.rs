use proctor_core::MetricPoint;

/// Standard errors of a mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClusterError {
    /// Cluster-robust, without a correction for few clusters (Liang and Zeger 1986; Miller 2024, arXiv:2411.00640).
    pub cr0: f64,
    /// The same times √(G/(G−1)) for G clusters; `None` for one cluster. This is the one proctor reports.
    pub cr1: Option<f64>,
}

/// Points gathered by group, in the order of the groups' names, so that the order of the points does not matter.
#[derive(Debug, Clone, PartialEq)]
pub struct Clusters {
    sums: Vec<(f64, usize)>,
    n: usize,
    mean: f64,
}

impl Clusters {
    /// Gathers points; `None` when there are none or one of them is not finite.
    pub fn of(points: &[MetricPoint]) -> Option<Clusters> {
        if points.is_empty() || points.iter().any(|p| !p.value.is_finite()) {
            return None;
        }
        // Points of a group stay in their order, so that its sum does not depend on the others.
        let mut sorted: Vec<&MetricPoint> = points.iter().collect();
        sorted.sort_by(|a, b| a.group.cmp(&b.group));
        let groups = sorted.chunk_by(|a, b| a.group == b.group);
        let sums: Vec<_> = groups.map(|group| (group.iter().fold(0.0, |sum, point| sum + point.value), group.len())).collect();
        let total: f64 = sums.iter().map(|s| s.0).sum();
        Some(Clusters { n: points.len(), mean: total / points.len() as f64, sums })
    }

    /// From each group's sum and number of points, in any fixed order; `None` when there are no points, a group has none, or
    /// a sum is not finite.
    pub fn of_sums(sums: Vec<(f64, usize)>) -> Option<Clusters> {
        let n: usize = sums.iter().map(|s| s.1).sum();
        if n == 0 || sums.iter().any(|(sum, n)| !sum.is_finite() || *n == 0) {
            return None;
        }
        let total: f64 = sums.iter().map(|s| s.0).sum();
        Some(Clusters { n, mean: total / n as f64, sums })
    }

    /// How many groups.
    pub fn count(&self) -> usize {
        self.sums.len()
    }

    /// How many points.
    pub fn points(&self) -> usize {
        self.n
    }

    /// The mean over all points.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Each group's sum and number of points.
    pub fn sums(&self) -> &[(f64, usize)] {
        &self.sums
    }

    /// Whether every group has the same mean, so that the data say nothing about its spread.
    pub fn uniform(&self) -> bool {
        let mean = |s: &(f64, usize)| s.0 / s.1 as f64;
        self.sums.windows(2).all(|pair| (mean(&pair[0]) - mean(&pair[1])).abs() < 1e-12)
    }

    /// The standard error of the mean: √(Σ_g (Σ_{i∈g} (x_i − x̄))²) / n.
    pub fn standard_error(&self) -> ClusterError {
        let squares: f64 = self.sums.iter().map(|(sum, n)| (sum - *n as f64 * self.mean).powi(2)).sum();
        let cr0 = squares.sqrt() / self.n as f64;
        let groups = self.count() as f64;
        ClusterError { cr0, cr1: (self.count() > 1).then(|| cr0 * (groups / (groups - 1.0)).sqrt()) }
    }
}

/// The standard error of a mean of independent values: s/√n with n − 1 in s; `None` for fewer than two.
pub fn independent_error(values: &[f64]) -> Option<f64> {
    let n = values.len() as f64;
    if values.len() < 2 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some((squares / (n - 1.0) / n).sqrt())
}
