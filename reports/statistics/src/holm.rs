/// P-values adjusted for several tests (Holm 1979), in the order given: the i-th smallest of m becomes the largest of
/// min(1, (m − j + 1)·p₍ⱼ₎) over j ≤ i. Rejecting where the adjusted value is at most α keeps the chance of any false
/// rejection at most α. A value that is not a probability stays NaN and does not count as a test.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).filter(|i| (0.0..=1.0).contains(&p_values[*i])).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let tests = order.len();
    let mut adjusted = vec![f64::NAN; p_values.len()];
    let mut largest: f64 = 0.0;
    for (place, i) in order.into_iter().enumerate() {
        largest = largest.max(((tests - place) as f64 * p_values[i]).min(1.0));
        adjusted[i] = largest;
    }
    adjusted
}
