//! Checkpoints in safetensors: the same answers as the same weights in a GGUF file, and one sentence for what is unfit.
#![cfg(feature = "candle")]

mod candle_support;

use candle_core::quantized::GgmlDType;
use candle_support::checkpoint::Checkpoint;
use candle_support::{Numbers, Tiny, VOCABULARY};
use proctor_models::candle::{Arithmetic, CacheMode, Cpu, OpenFile, Row, WeightMode};
use safetensors::Dtype;
use serde_json::{Value, json};
use std::path::Path;

fn tokens(count: usize) -> Vec<u32> {
    let mut numbers = Numbers(3);
    (0..count).map(|_| ((numbers.next() + 1.0) / 2.0 * (VOCABULARY - 1) as f32) as u32).collect()
}

fn logits(path: &Path, weights: WeightMode) -> Vec<f32> {
    let arithmetic = Arithmetic { weights, cache: CacheMode::Full, ..Arithmetic::detect() };
    let network = OpenFile::read(path).unwrap().network(arithmetic).unwrap();
    let mut cache = network.new_cache();
    let tokens = tokens(37);
    network.forward(&mut [Row { cache: &mut cache, tokens: &tokens, logits: tokens.len() }]).unwrap()
}

/// Every bit of every logit: in each type, split over files, with weights kept at 16 bits and widened.
fn check_equal(tiny: &Tiny) {
    for (kind, stored) in [(GgmlDType::F32, Dtype::F32), (GgmlDType::F16, Dtype::F16), (GgmlDType::BF16, Dtype::BF16)] {
        let file = Tiny { kind, ..tiny.clone() }.write();
        let expected = logits(file.path(), WeightMode::Full);
        let equal = |found: Vec<f32>| {
            expected.len() == found.len() && expected.iter().zip(&found).all(|(a, b)| a.to_bits() == b.to_bits())
        };
        assert!(equal(logits(file.path(), WeightMode::Native)), "{tiny:?} {kind:?}");
        for (mode, files) in [(WeightMode::Full, 1), (WeightMode::Native, 1), (WeightMode::Native, 3)] {
            let checkpoint = file.checkpoint(stored, files);
            assert!(equal(logits(checkpoint.path(), mode)), "{tiny:?} {stored:?} {mode:?}");
        }
    }
}

#[test]
fn checkpoints_answer_as_gguf_files_do() {
    let tiny = Tiny::default();
    let four = Tiny { heads: 4, key_heads: 2, ..tiny.clone() };
    for tiny in [
        tiny.clone(),
        Tiny { tied: false, scaling: Some(("linear", 2.5)), ..tiny.clone() },
        Tiny { biases: true, width: 10, rotated: 6, ..four.clone() },
        Tiny { architecture: "qwen2", biases: true, tied: false, ..tiny.clone() },
        Tiny { architecture: "qwen3", head_norms: true, width: 18, rotated: 18, ..four.clone() },
        Tiny { architecture: "gemma2", caps: Some((2.0, 5.0)), window: Some(9), layers: 3, ..four.clone() },
        Tiny { architecture: "gemma3", head_norms: true, layers: 8, window: Some(9), rotary_base: 1e6, ..four.clone() },
        Tiny { architecture: "phi3", tied: false, window: Some(11), ..four },
    ] {
        check_equal(&tiny);
    }
}

/// Token by token, which is another loop than all tokens at once; on every processor.
#[test]
fn halves_answer_one_token_at_a_time() {
    let tokens = tokens(20);
    for stored in [Dtype::F16, Dtype::BF16] {
        let checkpoint = Tiny { tied: false, ..Tiny::default() }.write().checkpoint(stored, 1);
        for cpu in Cpu::supported() {
            let of = |weights: WeightMode, step: usize| {
                let arithmetic = Arithmetic { weights, cache: CacheMode::Full, cpu, ..Arithmetic::detect() };
                let network = OpenFile::read(checkpoint.path()).unwrap().network(arithmetic).unwrap();
                let mut cache = network.new_cache();
                let steps = tokens
                    .chunks(step)
                    .flat_map(|tokens| network.forward(&mut [Row { cache: &mut cache, tokens, logits: tokens.len() }]).unwrap());
                steps.map(f32::to_bits).collect::<Vec<u32>>()
            };
            let expected = of(WeightMode::Full, 20);
            for step in [1, 3, 20] {
                assert!(of(WeightMode::Native, step) == expected, "{stored:?} {step} {}", cpu.name());
            }
        }
    }
}

/// Floats rounded to 8-bit blocks stay close, and take a quarter of the memory of 32-bit ones.
#[test]
fn floats_can_be_rounded_to_eight_bits() {
    let tiny = Tiny { hidden: 96, heads: 4, key_heads: 2, width: 24, rotated: 24, feed_forward: 160, ..Tiny::default() };
    let file = tiny.write();
    let expected = file.logits(&tokens(37)).concat();
    let size = expected.iter().fold(0f64, |m, x| m.max(x.abs()));
    for stored in [Dtype::F32, Dtype::BF16] {
        let checkpoint = file.checkpoint(stored, 1);
        let found = logits(checkpoint.path(), WeightMode::Eight);
        let worst = found.iter().zip(&expected).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0f64, f64::max) / size;
        assert!((1e-5..5e-2).contains(&worst), "{worst}");
        let bytes = |weights: WeightMode| {
            let arithmetic = Arithmetic { weights, ..Arithmetic::detect() };
            OpenFile::read(checkpoint.path()).unwrap().network(arithmetic).unwrap().weight_bytes()
        };
        assert!(bytes(WeightMode::Eight) * 3 < bytes(WeightMode::Full));
    }
}

/// Mistral's window, which GGUF files do not tell of: against the textbook computation.
#[test]
fn a_window_in_every_layer() {
    let file = Tiny { window: Some(9), tied: false, ..Tiny::default() }.write();
    let expected = file.logits(&tokens(37)).concat();
    let found = logits(file.checkpoint(Dtype::F32, 1).path(), WeightMode::Full);
    let size = expected.iter().fold(0f64, |m, x| m.max(x.abs()));
    let worst = found.iter().zip(&expected).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0f64, f64::max) / size;
    assert!(worst < 4e-6, "{worst}");
}

fn plain() -> Checkpoint {
    Tiny { tied: false, ..Tiny::default() }.write().checkpoint(Dtype::F32, 1)
}

fn error(path: &Path) -> String {
    let read = OpenFile::read(path).and_then(|opened| opened.network(Arithmetic::detect()));
    read.err().map(|e| e.message).unwrap_or_default()
}

/// One sentence that holds `part`.
fn check_refused(checkpoint: &Checkpoint, part: &str) {
    let message = error(checkpoint.path());
    assert!(message.contains(part), "{part}: {message}");
    assert_eq!(message.lines().count(), 1, "{message}");
}

#[test]
fn unfit_configurations_are_refused() {
    for (key, value, part) in [
        ("architectures", json!(["MambaForCausalLM"]), "architecture `MambaForCausalLM` are not supported; use one of Llama"),
        ("architectures", Value::Null, "names neither `architectures` nor `model_type`"),
        ("hidden_size", Value::Null, "lacks `hidden_size`"),
        ("hidden_size", json!("many"), "`hidden_size` of config.json is no number"),
        ("hidden_size", json!(48), "does not fit the sizes"),
        ("num_hidden_layers", json!(3), "no tensor `model.layers.2."),
        ("num_hidden_layers", json!(9_999_999), "9999999 layers"),
        ("num_attention_heads", json!(7), "heads of 20 rows"),
        ("intermediate_size", Value::Null, "lacks `intermediate_size`"),
        ("vocab_size", json!(200), "beyond the 200"),
        ("vocab_size", json!(300), "does not fit the sizes"),
        ("rms_norm_eps", json!(-1.0), "`rms_norm_eps` of config.json is -1"),
        ("rope_theta", json!(0), "`rope_theta` of config.json is 0"),
        ("rope_scaling", json!({"type": "spiral"}), "rotary scaling `spiral`"),
        ("rope_scaling", json!({"type": "linear"}), "`linear` of config.json lacks `factor`"),
        ("rope_scaling", json!({"rope_type": "llama3", "factor": 8}), "lacks `low_freq_factor`"),
        ("hidden_act", json!("relu"), "activation `relu`"),
        ("mlp_bias", json!(true), "`mlp_bias`"),
        ("quantization_config", json!({"quant_method": "gptq"}), "quantised by the method `gptq`"),
    ] {
        let checkpoint = plain();
        checkpoint.edit("config.json", |config| config[key] = value);
        check_refused(&checkpoint, part);
    }
    let checkpoint = plain();
    checkpoint.write("config.json", "{");
    check_refused(&checkpoint, "config.json is no JSON");
    checkpoint.write("config.json", "[]");
    check_refused(&checkpoint, "holds no object");
}

#[test]
fn missing_files_are_named() {
    for (name, part) in [
        ("config.json", "holds no config.json"),
        ("tokenizer.json", "holds no tokenizer.json"),
        ("model.safetensors", "holds no model.safetensors"),
    ] {
        let checkpoint = plain();
        std::fs::remove_file(checkpoint.file(name)).unwrap();
        check_refused(&checkpoint, part);
    }
    let checkpoint = plain();
    std::fs::rename(checkpoint.file("model.safetensors"), checkpoint.file("pytorch_model.bin")).unwrap();
    check_refused(&checkpoint, "Python pickles");
}

/// A header in front of so many bytes of weights.
fn with_header(header: &str, bytes: usize) -> Vec<u8> {
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend_from_slice(header.as_bytes());
    file.resize(file.len() + bytes, 0);
    file
}

#[test]
fn damaged_weights_are_refused() {
    let tensor = |start: usize, end: usize| format!(r#"{{"dtype":"F32","shape":[2,2],"data_offsets":[{start},{end}]}}"#);
    for (content, part) in [
        (Vec::new(), "shorter than a header"),
        (vec![1, 2, 3], "shorter than a header"),
        (u64::MAX.to_le_bytes().to_vec(), "its header would have 18446744073709551615 bytes"),
        (with_header("{}", 0)[..9].to_vec(), "its header would have 2 bytes"),
        (with_header("not json", 0), "no usable safetensors file"),
        (with_header(r#"{"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}"#, 4), "no usable safetensors file"),
        (with_header(&format!(r#"{{"a":{},"b":{}}}"#, tensor(0, 16), tensor(8, 24)), 24), "invalid offset"),
        (with_header(&format!(r#"{{"a":{},"b":{}}}"#, tensor(0, 16), tensor(32, 48)), 48), "invalid offset"),
        (with_header(&format!(r#"{{"a":{}}}"#, tensor(0, 12)), 12), "invalid shape"),
        (with_header(&format!(r#"{{"a":{}}}"#, tensor(16, 0)), 16), "invalid offset"),
        (with_header(&format!(r#"{{"a":{}}}"#, tensor(0, 16)), 12), "tells of"),
        (with_header(&format!(r#"{{"a":{}}}"#, tensor(0, 16)), 20), "tells of"),
        (with_header(r#"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}"#, 4), "overflow"),
        (with_header("{}", 0), "no tensor `model.embed_tokens.weight`"),
    ] {
        let checkpoint = plain();
        checkpoint.write("model.safetensors", content);
        check_refused(&checkpoint, part);
    }
}

#[test]
fn unfit_tensors_are_refused() {
    let file = Tiny { tied: false, ..Tiny::default() }.write();
    let query = "model.layers.1.self_attn.q_proj.weight";
    for (name, part) in [
        ("lm_head.weight", "no tensor `lm_head.weight`"),
        ("model.norm.weight", "no tensor `model.norm.weight`"),
        (query, "no tensor `model.layers.1.self_attn.q_proj.weight`"),
    ] {
        let mut tensors = file.stored(Dtype::F32);
        tensors.remove(name);
        let checkpoint = file.checkpoint(Dtype::F32, 1);
        checkpoint.write_weights(&tensors, 1);
        check_refused(&checkpoint, part);
    }
    for (name, kind, shape, part) in [
        (query, Dtype::I32, vec![60, 44], "is of type I32; supported are F32, F16 and BF16"),
        (query, Dtype::F32, vec![44, 60], "does not have 3 heads"),
        (query, Dtype::F32, vec![2640], "does not have 3 heads"),
        ("model.layers.0.mlp.up_proj.weight", Dtype::F32, vec![44, 52], "does not fit the sizes"),
        ("model.norm.weight", Dtype::F16, vec![88], "has 88 values, not the 44"),
    ] {
        let mut tensors = file.stored(Dtype::F32);
        let stored = tensors.get_mut(name).unwrap();
        (stored.kind, stored.shape) = (kind, shape);
        let checkpoint = file.checkpoint(Dtype::F32, 1);
        checkpoint.write_weights(&tensors, 1);
        check_refused(&checkpoint, part);
    }
    // A part that nobody asks for would make answers wrong unseen.
    let mut tensors = file.stored(Dtype::F32);
    let sinks = tensors.remove("lm_head.weight").unwrap();
    tensors.insert("model.layers.0.self_attn.sinks".to_owned(), sinks);
    let checkpoint = file.checkpoint(Dtype::F32, 1);
    checkpoint.write_weights(&tensors, 1);
    check_refused(&checkpoint, "`model.layers.0.self_attn.sinks` is none that this architecture is known to have");
}

#[test]
fn unfit_indices_are_refused() {
    let file = Tiny::default().write();
    let index = "model.safetensors.index.json";
    let shard = "model-00002-of-00003.safetensors";
    for (change, part) in [
        (json!({"weight_map": {"a": "../b.safetensors"}}), "does not say which file beside it `a` is in"),
        (json!({"weight_map": {"a": 7}}), "does not say which file beside it `a` is in"),
        (json!({"weight_map": {"a": "gone.safetensors"}}), "`gone.safetensors`, which is not there; fetch the rest"),
        (json!({"weight_map": {"a": shard}}), "`a` is not in the file it names"),
        (json!({}), "no `weight_map`"),
    ] {
        let checkpoint = file.checkpoint(Dtype::F32, 3);
        checkpoint.write(index, change.to_string());
        check_refused(&checkpoint, part);
    }
    let checkpoint = file.checkpoint(Dtype::F32, 3);
    std::fs::remove_file(checkpoint.file(shard)).unwrap();
    check_refused(&checkpoint, "which is not there; fetch the rest of the model");
    std::fs::remove_file(checkpoint.file(index)).unwrap();
    check_refused(&checkpoint, "several .safetensors files and no model.safetensors.index.json");
}

/// Any byte changed, any end cut off: an error or a model, never a panic.
#[test]
fn damage_does_no_harm() {
    let file = Tiny { hidden: 8, heads: 1, width: 8, rotated: 8, feed_forward: 8, layers: 1, ..Tiny::default() }.write();
    let checkpoint = file.checkpoint(Dtype::BF16, 1);
    for name in ["model.safetensors", "config.json", "tokenizer.json", "tokenizer_config.json"] {
        let whole = std::fs::read(checkpoint.file(name)).unwrap();
        let reach = whole.len().min(2500);
        for at in (0..reach).step_by(if name == "tokenizer.json" { 97 } else { 29 }) {
            for change in [0x01, 0x20, 0xff] {
                let mut damaged = whole.clone();
                damaged[at] ^= change;
                checkpoint.write(name, damaged);
                let _ = error(checkpoint.path());
            }
            checkpoint.write(name, &whole[..at]);
            let _ = error(checkpoint.path());
        }
        checkpoint.write(name, whole);
    }
    assert_eq!(error(checkpoint.path()), "");
}
