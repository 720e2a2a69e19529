use proctor_math::AnswerKind;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::PathBuf;

/// One reference answer of the real data.
pub struct Reference {
    pub id: String,
    pub text: String,
    pub kind: AnswerKind,
    pub options: Vec<String>,
}

/// A file of the development data, if it is there.
pub fn data(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"))
        .join("../../../shared/data/ugmathbench")
        .join(name);
    if !path.exists() {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

pub fn strings(value: &Value) -> Vec<String> {
    value.as_array().map(|a| a.iter().map(|v| v.as_str().unwrap_or_default().to_string()).collect()).unwrap_or_default()
}

/// All different references of all versions.
pub fn references() -> Option<Vec<Reference>> {
    let folder = data("questions")?;
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    for file in files {
        let mut text = String::new();
        flate2::read::GzDecoder::new(std::fs::File::open(file).ok()?).read_to_string(&mut text).ok()?;
        let rows: Value = serde_json::from_str(&text).ok()?;
        for row in rows.as_array()? {
            for version in 1..=3 {
                let answers = strings(&row[format!("answer_v{version}")]);
                let kinds = strings(&row[format!("answer_type_v{version}")]);
                for (at, answer) in answers.iter().enumerate() {
                    let code = kinds.get(at).map_or("NV", String::as_str);
                    if seen.insert((code.to_string(), answer.clone())) {
                        all.push(Reference {
                            id: format!("{}:v{version}", row["id"].as_str().unwrap_or("")),
                            text: answer.clone(),
                            kind: AnswerKind::from_code(code).unwrap_or(AnswerKind::Number),
                            options: strings(&row[format!("options_v{version}")][at]),
                        });
                    }
                }
            }
        }
    }
    Some(all)
}
