//! Which files of a repository make up a model.

use super::folder::{INDEX, SINGLE, TEXTS};
use super::hub::has_quants;

/// A file of a listing and its size in bytes, where known.
type Listed<'a> = (&'a str, Option<u64>);

/// The files that [`super::Repository::find`] needs of a repository on the Hub: a checkpoint's, or the GGUF file that
/// `choice` names by its path or its quants. An error is one sentence.
pub fn wanted_files(repository: &str, files: &[(&str, Option<u64>)], choice: Option<&str>) -> Result<Vec<String>, String> {
    let mut ggufs: Vec<Listed<'_>> = files.iter().copied().filter(|(path, _)| is_gguf(path)).collect();
    ggufs.sort();
    if let Some(choice) = choice {
        return gguf(repository, files, &ggufs, choice).map(|path| vec![path]);
    }
    let has = |name: &str| files.iter().any(|(path, _)| *path == name);
    let root =
        |end: &str| files.iter().map(|(path, _)| *path).filter(|path| !path.contains('/') && path.ends_with(end)).collect();
    let weights: Vec<&str> = root(".safetensors");
    if !has("config.json") || weights.is_empty() {
        return match ggufs.as_slice() {
            [(one, _)] => whole(repository, one).map(|path| vec![path]),
            [] if has("config.json") && !root(".bin").is_empty() => {
                Err(format!("`{repository}` has its weights as Python pickles, which are not read; use one with safetensors"))
            }
            [] => Err(format!("`{repository}` holds neither weights in safetensors nor a GGUF file")),
            _ => Err(unclear(repository, &ggufs)),
        };
    }
    let mut wanted: Vec<&str> = TEXTS.into_iter().filter(|name| has(name)).collect();
    if !has("tokenizer.json") {
        return Err(format!("`{repository}` has no tokenizer.json, which is needed; use a newer upload of the model"));
    }
    if has(SINGLE) {
        wanted.push(SINGLE);
    } else if has(INDEX) {
        // Other files of weights are the same ones in another form, such as `consolidated.safetensors`.
        wanted.push(INDEX);
        wanted.extend(weights.iter().filter(|path| path.starts_with("model")));
    } else if let [one] = weights.as_slice() {
        wanted.push(one);
    } else {
        return Err(format!("`{repository}` has several .safetensors files and no {INDEX}"));
    }
    Ok(wanted.into_iter().map(str::to_owned).collect())
}

fn gguf(repository: &str, files: &[Listed<'_>], ggufs: &[Listed<'_>], choice: &str) -> Result<String, String> {
    if files.iter().any(|(path, _)| *path == choice) {
        if !is_gguf(choice) {
            return Err(format!(
                "`{choice}` of `{repository}` is no GGUF file; without `:{choice}` the whole checkpoint is taken"
            ));
        }
        return whole(repository, choice);
    }
    let fitting: Vec<Listed<'_>> =
        ggufs.iter().copied().filter(|(path, _)| has_quants(std::path::Path::new(path), choice)).collect();
    match fitting.as_slice() {
        [(one, _)] => whole(repository, one),
        [] if ggufs.is_empty() => Err(format!("`{repository}` holds no GGUF file, so none with `{choice}`")),
        [] => Err(unclear(repository, ggufs)),
        [(one, _), ..] if is_part(one) => whole(repository, one),
        _ => Err(unclear(repository, &fitting)),
    }
}

/// A file that is a model by itself.
fn whole(repository: &str, path: &str) -> Result<String, String> {
    if is_part(path) {
        return Err(format!(
            "`{path}` of `{repository}` is one of several parts, which are not read; choose a model in one file"
        ));
    }
    Ok(path.to_owned())
}

/// A GGUF file with a language model: those for pictures have `mmproj` in their names.
fn is_gguf(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
    name.ends_with(".gguf") && !name.contains("mmproj")
}

/// Whether a name ends like `-00001-of-00003.gguf`.
fn is_part(path: &str) -> bool {
    let stem = path.to_lowercase();
    let stem = stem.strip_suffix(".gguf").unwrap_or(&stem);
    let digits = |text: &str| text.len() == 5 && text.bytes().all(|b| b.is_ascii_digit());
    stem.rsplit_once("-of-").is_some_and(|(first, last)| {
        digits(last) && last != "00001" && first.rsplit_once('-').is_some_and(|(_, number)| digits(number))
    })
}

fn unclear(repository: &str, files: &[Listed<'_>]) -> String {
    let name = |(path, size): &Listed<'_>| match size {
        Some(size) => format!("{path} ({:.1} GB)", *size as f64 / 1e9),
        None => (*path).to_owned(),
    };
    let names: Vec<String> = files.iter().take(30).map(name).collect();
    format!("which file of `{repository}`? give one as {repository}:FILE; there are {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(files: &[&str], choice: Option<&str>, expected: Result<&[&str], &str>) {
        let listed: Vec<Listed<'_>> = files.iter().map(|path| (*path, Some(2_000_000_000))).collect();
        match (wanted_files("org/name", &listed, choice), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected),
            (Err(found), Err(part)) => assert!(found.contains(part), "{found}"),
            (found, expected) => panic!("{files:?}: {found:?}, not {expected:?}"),
        }
    }

    #[test]
    fn checkpoints_are_taken_whole() {
        let texts = ["config.json", "tokenizer.json", "tokenizer_config.json"];
        let with = |more: &[&'static str]| [&texts[..], more].concat();
        check(&with(&["model.safetensors", "README.md", "onnx/model.onnx"]), None, Ok(&with(&["model.safetensors"])));
        let parts = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
        let index = "model.safetensors.index.json";
        let all = with(&[index, parts[0], parts[1], "consolidated.safetensors", "original/x.safetensors"]);
        check(&all, None, Ok(&with(&[index, parts[0], parts[1]])));
        check(&with(&["weights.safetensors"]), None, Ok(&with(&["weights.safetensors"])));
        check(&with(&["a.safetensors", "b.safetensors"]), None, Err("several .safetensors files and no model.safe"));
        check(&with(&["pytorch_model.bin"]), None, Err("Python pickles"));
        check(&["config.json", "model.safetensors"], None, Err("no tokenizer.json"));
        check(&["README.md"], None, Err("neither weights in safetensors nor a GGUF file"));
    }

    #[test]
    fn one_gguf_file_is_taken() {
        let files = ["m-Q4_K_M.gguf", "m-Q8_0.gguf", "more/m-F16.gguf", "mmproj-F16.gguf", "big-Q6_K-00001-of-00002.gguf"];
        check(&files, Some("Q4_K_M"), Ok(&["m-Q4_K_M.gguf"]));
        check(&files, Some("f16"), Ok(&["more/m-F16.gguf"]));
        check(&files, Some("more/m-F16.gguf"), Ok(&["more/m-F16.gguf"]));
        check(&files, Some("Q6_K"), Err("one of several parts"));
        check(&files, None, Err("which file of `org/name`? give one as org/name:FILE; there are big-Q6_K-00001"));
        check(&files, Some("Q5_0"), Err("m-Q8_0.gguf (2.0 GB)"));
        check(&["one.gguf", "README.md"], None, Ok(&["one.gguf"]));
        check(&["a.txt"], Some("Q8_0"), Err("no GGUF file, so none"));
        check(&["a.txt"], Some("a.txt"), Err("is no GGUF file"));
    }
}
