use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Differences other than 0 up to which every assignment of signs counts.
const MOST_ENUMERATED: usize = 36;
/// Assignments drawn where there are more.
const DRAWS: usize = 20_000;

/// The p-value of a sign-flip test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SignFlip {
    /// Two-sided.
    pub p_value: f64,
    /// Whether all assignments were counted; otherwise 20,000 were drawn, and p = (x + 1)/(R + 1).
    pub exact: bool,
}

/// The two-sided sign-flip test of paired differences (Fisher 1935): the share of all assignments of signs for which the
/// mean is at least as far from 0 as it is; within 10⁻⁹ counts as equal. A difference of 0 has no sign to flip. Give sums
/// over clusters where pairs are clustered: a cluster is flipped as a whole. `None` for no or non-finite differences.
pub fn sign_flip(differences: &[f64], seed: u64) -> Option<SignFlip> {
    if differences.is_empty() || differences.iter().any(|d| !d.is_finite()) {
        return None;
    }
    let sizes: Vec<f64> = differences.iter().filter(|d| **d != 0.0).map(|d| d.abs()).collect();
    // Ties are judged on the mean, as the definition has it.
    let reach = differences.iter().sum::<f64>().abs() - 1e-9 * differences.len() as f64;
    if reach <= 0.0 {
        return Some(SignFlip { p_value: 1.0, exact: true });
    }
    if sizes.len() <= MOST_ENUMERATED {
        return Some(SignFlip { p_value: counted(&sizes, reach), exact: true });
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut reached = 0usize;
    for _ in 0..DRAWS {
        let mut sum = 0.0;
        for chunk in sizes.chunks(64) {
            let mut signs: u64 = random.random();
            for size in chunk {
                sum += if signs & 1 == 1 { *size } else { -*size };
                signs >>= 1;
            }
        }
        reached += usize::from(sum.abs() >= reach);
    }
    Some(SignFlip { p_value: (reached + 1) as f64 / (DRAWS + 1) as f64, exact: false })
}

/// The share of signed sums that reach `reach` > 0: each sum of one half with all of the other that take it there.
fn counted(sizes: &[f64], reach: f64) -> f64 {
    let (left, right) = sizes.split_at(sizes.len() / 2);
    let mut others = signed_sums(right);
    others.sort_by(f64::total_cmp);
    let reached = |sum: &f64| {
        let above = others.len() - others.partition_point(|other| sum + other < reach);
        let below = others.partition_point(|other| sum + other <= -reach);
        (above + below) as u64
    };
    let count: u64 = signed_sums(left).iter().map(reached).sum();
    count as f64 / 2f64.powi(sizes.len() as i32)
}

fn signed_sums(sizes: &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0];
    for size in sizes {
        sums = sums.iter().flat_map(|sum| [sum - size, sum + size]).collect();
    }
    sums
}
