//! Files of every family, against the logits that llama.cpp computes from them (`fixtures/families.json`, written by
//! the benchmark `local_agreement` with llama.cpp's keys and values in 32 bits).
#![cfg(feature = "candle")]

mod candle_support;

use candle_support::made::Recipe;
use proctor_models::candle::{Arithmetic, CacheMode, OpenFile, Row, WeightMode};
use std::collections::BTreeMap;

/// Tokens before the logits that were recorded; longer than the windows of the files.
const TOKENS: usize = 300;
/// Every so many-th logit was recorded.
const STEP: usize = 37;

#[test]
fn logits_are_those_of_llama_cpp() {
    let recorded: BTreeMap<String, Vec<f32>> = serde_json::from_str(include_str!("fixtures/families.json")).unwrap();
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("made.gguf");
    let arithmetic = Arithmetic { weights: WeightMode::Full, cache: CacheMode::Full, ..Arithmetic::detect() };
    for recipe in Recipe::all() {
        let expected = recorded.get(recipe.name).unwrap_or_else(|| panic!("nothing recorded for {}", recipe.name));
        recipe.write(&path);
        let network = OpenFile::read(&path).unwrap().network(arithmetic).unwrap();
        let mut cache = network.new_cache();
        let tokens = recipe.tokens(TOKENS);
        let logits = network.forward(&mut [Row { cache: &mut cache, tokens: &tokens, logits: 1 }]).unwrap();
        let ours: Vec<f32> = logits.iter().copied().step_by(STEP).collect();
        assert_eq!(ours.len(), expected.len());
        let size = expected.iter().fold(1f32, |size, x| size.max(x.abs()));
        let furthest = ours.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        // llama.cpp looks the Gaussian unit up in a table of 16-bit floats.
        assert!(furthest <= 2e-3 * size, "{}: {furthest} of {size}", recipe.name);
    }
}
