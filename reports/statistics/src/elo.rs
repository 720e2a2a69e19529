/// The expected score of a player rated `a` against one rated `b`: 1/(1 + 10^((b − a)/400)) (Elo 1978).
pub fn elo_expected(a: f64, b: f64) -> f64 {
    1.0 / (1.0 + 10f64.powf((b - a) / 400.0))
}
