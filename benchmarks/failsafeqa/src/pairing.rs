//! Which other record's filing a question is shown with in the variant `paired`.

use crate::record::Record;
use proctor_core::{BenchmarkError, sha256_hex};
use std::collections::HashMap;

/// For each record the position of another one with another filing, each taken once. The same seed gives the same
/// pairing. Drawn at random and, as in the re-implementation that does so, not checked for relevance.
pub fn pairing(records: &[Record], seed: u64) -> Result<Vec<usize>, BenchmarkError> {
    let mut sizes: HashMap<&str, usize> = HashMap::new();
    records.iter().for_each(|record| *sizes.entry(&record.context).or_insert(0) += 1);
    let largest = sizes.values().copied().max().unwrap_or(0);
    if largest * 2 > records.len() {
        return Err(BenchmarkError::Input(format!(
            "failsafeqa:paired shows each question with another record's filing, but {largest} of {} records share one",
            records.len()
        )));
    }
    // Records of one filing stand together, so that a step as wide as the largest such group leaves it.
    let key = |text: &str| sha256_hex(format!("{seed}\u{0}{text}").as_bytes());
    let mut order: Vec<(String, String, usize)> =
        records.iter().enumerate().map(|(at, record)| (key(&record.context), key(&record.idx), at)).collect();
    order.sort();
    let mut partner = vec![0; records.len()];
    for (place, (_, _, at)) in order.iter().enumerate() {
        partner[*at] = order[(place + largest) % order.len()].2;
    }
    Ok(partner)
}
