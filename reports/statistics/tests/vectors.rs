//! Every statistic against golden vectors (numpy, scipy, statsmodels, scikit-learn), through the door for cases.
#![allow(clippy::print_stderr)] // A skipped check says so.

use proctor_statistics::cases::{KINDS, deviations, figures};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

#[test]
fn all_vectors_agree() {
    let path = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"))
        .join("../../../shared/data/stats/vectors.json");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: {} is absent", path.display());
        return;
    };
    let file: Value = serde_json::from_str(&text).unwrap();
    let mut checked: BTreeMap<String, usize> = BTreeMap::new();
    for vector in file["vectors"].as_array().unwrap() {
        let name = vector["name"].as_str().unwrap();
        let kind = vector["kind"].as_str().unwrap();
        let found = figures(kind, vector["inputs"].as_object().unwrap()).unwrap_or_else(|e| panic!("{name}: {e}"));
        let wrong = deviations(vector, &found);
        assert!(wrong.is_empty(), "{name}: {wrong:?}");
        for (figure, expected) in vector["expected"].as_object().unwrap() {
            assert!(found.contains_key(figure), "{name}: no figure {figure}");
            assert!(!expected.is_null() || found[figure].is_null(), "{name}: {figure} is undefined, found {}", found[figure]);
        }
        *checked.entry(kind.to_owned()).or_default() += 1;
    }
    assert!(checked.len() >= 15 && checked.values().sum::<usize>() >= 100, "{checked:?}");
}

/// The check itself must be able to fail.
#[test]
fn a_wrong_figure_deviates() {
    let case =
        json!({"inputs": {}, "expected": {"low": 0.5, "list": [1.0, null], "gone": 1.0}, "tolerance": {"abs": 1e-3, "rel": 0}});
    let figures = |low: f64, first: f64| json!({"low": low, "list": [first, 7.0], "gone": 1.0}).as_object().unwrap().clone();
    assert!(deviations(&case, &figures(0.5009, 1.0)).is_empty());
    assert_eq!(deviations(&case, &figures(0.502, 1.0)).len(), 1);
    assert_eq!(deviations(&case, &figures(0.502, 1.1)).len(), 2);
    let mut without = figures(0.5, 1.0);
    without.remove("gone");
    assert_eq!(deviations(&case, &without).len(), 1);
}

#[test]
fn cases_at_the_edges_have_figures_null_or_a_sentence() {
    let check = |kind: &str, inputs: Value, expected: Value| {
        let found = figures(kind, inputs.as_object().unwrap()).unwrap_or_else(|e| panic!("{kind} {inputs}: {e}"));
        for (figure, value) in expected.as_object().unwrap() {
            assert_eq!(found.get(figure), Some(value), "{kind} {inputs}: {figure}");
        }
    };
    check("wilson", json!({"successes": 0, "n": 0, "confidence": 0.95}), json!({"low": null, "high": null}));
    check("clopper_pearson", json!({"successes": 5, "n": 5, "confidence": 1.0}), json!({"low": null, "high": null}));
    check("clopper_pearson", json!({"successes": 1, "n": 1, "confidence": 0.5}), json!({"low": 0.25, "high": 1.0}));
    check("pass_at_k", json!({"n": 5, "c": 0, "k": 6}), json!({"value": null}));
    check("pass_at_k", json!({"n": 0, "c": 0, "k": 1}), json!({"value": null}));
    check("pass_at_k", json!({"n": 5, "c": 6, "k": 1}), json!({"value": null}));
    check("pass_at_k_mean", json!({"problems": [], "k": 1}), json!({"value": null, "low": null}));
    check("pass_at_k_mean", json!({"problems": [[3, 1], [2, 1]], "k": 3}), json!({"value": null}));
    check("cluster_se_mean", json!({"values": [], "clusters": []}), json!({"mean": null, "n": 0, "clusters": 0, "se_iid": null}));
    check("cluster_se_mean", json!({"values": [1, 0], "clusters": ["a", "a"]}), json!({"se_cr0": 0.0, "se_cr1": null}));
    check("cluster_se_mean", json!({"values": [1], "clusters": ["a"]}), json!({"se_iid": null, "se_cr1": null}));
    check("mcnemar_exact", json!({"only_a_right": 0, "only_b_right": 0}), json!({"p_value": 1.0, "mid_p": null}));
    check("paired_permutation", json!({"a": [1, 1], "b": [1, 1]}), json!({"p_value": 1.0, "observed": 0.0}));
    check("paired_permutation", json!({"a": [], "b": []}), json!({"p_value": null}));
    check("paired_bootstrap", json!({"a": [1], "b": [0]}), json!({"observed": 1.0, "se_limit": null}));
    check("holm", json!({"p_values": []}), json!({"adjusted": [], "reject": []}));
    check("holm", json!({"p_values": [1.0, 0.05], "alpha": 0.1}), json!({"adjusted": [1.0, 0.1], "reject": [false, true]}));
    check("mde_paired_continuous", json!({"n": 0, "sd_diff": 1.0}), json!({"mde_z": null, "mde_t": null}));
    check("mde_paired_continuous", json!({"n": 9, "sd_diff": 0.0}), json!({"mde_z": 0.0, "mde_t": 0.0}));
    check("mde_paired_binary", json!({"n": 20, "discordant_rate": 0.0}), json!({"mde_simple": 0.0, "mde_connor": null}));
    check("mde_paired_binary", json!({"n": 3, "discordant_rate": 0.1}), json!({"mde_connor": null}));
    check("krippendorff_alpha", json!({"level": "nominal", "ratings": [[1, 1], [1, 1]]}), json!({"alpha": null}));
    check("krippendorff_alpha", json!({"level": "nominal", "ratings": [[1, 2]]}), json!({"alpha": null}));
    check("krippendorff_alpha", json!({"level": "nominal", "ratings": []}), json!({"alpha": null}));
    check("krippendorff_alpha", json!({"level": "nominal", "ratings": [["a", "b"], ["a", "b"]]}), json!({"alpha": 1.0}));
    check("cohen_kappa", json!({"a": [], "b": [], "categories": [0, 1]}), json!({"kappa": null}));
    check("cohen_kappa", json!({"a": [1, 1], "b": [1, 1], "categories": [0, 1], "weights": null}), json!({"kappa": null}));
    check("cohen_kappa", json!({"a": ["x", "y"], "b": ["x", "y"]}), json!({"kappa": 1.0}));
    check("fleiss_kappa", json!({"table": [[2, 0], [1, 0]]}), json!({"kappa": null}));
    check("elo_expected", json!({"rating_a": 0, "rating_b": 0}), json!({"expected_a": 0.5}));
    check("ranks", json!({"values": [3, 1, 3]}), json!({"ranks": [1, 3, 1], "mean_ranks": [1.5, 3.0, 1.5]}));
    check("sample_size_paired", json!({"effect": 0.0, "sd_diff": 1.0}), json!({"n": null}));

    let fails = |kind: &str, inputs: Value| figures(kind, inputs.as_object().unwrap()).unwrap_err().to_string();
    assert!(fails("nonsense", json!({})).contains("`nonsense`"));
    assert!(fails("wilson", json!({"n": 3})).contains("`successes` is missing"));
    assert!(fails("wilson", json!({"n": 3, "successes": -1})).contains("not negative"));
    assert!(fails("paired_permutation", json!({"a": [1], "b": []})).contains("as long as"));
    assert!(fails("cohen_kappa", json!({"a": [3], "b": [0], "categories": [0, 1]})).contains("categories"));
    // No kind panics on inputs of the wrong kind.
    for kind in KINDS {
        for value in [json!(null), json!(-1.5), json!("x"), json!([]), json!([[]]), json!([null, "a", {}]), json!(1e300)] {
            let names =
                ["successes", "n", "c", "k", "values", "clusters", "a", "b", "problems", "p_values", "sd_diff", "ratings"];
            let more = ["table", "effect", "discordant_rate", "sd_a", "sd_b", "rating_a", "rating_b", "only_a_right", "level"];
            let inputs = names.iter().chain(&more).map(|name| (name.to_string(), value.clone())).collect();
            let _ = figures(kind.name, &inputs);
        }
    }
}
