/// The names, at vendors whose prices are known, under which a model may be listed, the likeliest first.
pub(super) fn names_of(model: &str) -> Vec<String> {
    let mut names = vec![model.to_owned()];
    if let Some(plain) = plain(model) {
        names.push(plain);
    }
    let vendor = behind_gateway(model).or_else(|| deployed(model));
    if let Some(vendor) = vendor {
        names.extend(plain(&vendor));
        names.push(vendor);
    }
    names
}

/// Whether `name` is `model` or an undated name of it.
pub(super) fn stands_for(name: &str, model: &str) -> bool {
    let Some(rest) = model.strip_prefix(name) else { return false };
    match rest {
        "" | "-latest" => true,
        // What was trained further is named after the model, then whose it is.
        _ if name.contains("/ft:") && rest.contains(':') => {
            rest.split(':').next().is_some_and(|date| date.is_empty() || dated(date))
        }
        _ => dated(rest),
    }
}

/// `-20250929`, `-2025-08-07`, `@20250929`.
fn dated(rest: &str) -> bool {
    let Some(date) = rest.strip_prefix(['-', '@']) else { return false };
    let digits = date.chars().filter(char::is_ascii_digit).count();
    digits == 8 && date.chars().all(|c| c == '-' || c.is_ascii_digit())
}

/// A name as other platforms write it, in its vendor's own form: `anthropic/us.anthropic.claude-opus-4-5-20251101-v1:0` as
/// Amazon does, `google/models/gemini-2.5-pro`, `google/gemini-2.5-flash-001`.
fn plain(model: &str) -> Option<String> {
    let (vendor, name) = model.split_once('/')?;
    let own = match vendor {
        "anthropic" => {
            let name = name.rsplit_once("anthropic.").map_or(name, |(_, name)| name);
            let version = name.rfind("-v").filter(|at| name[at + 2..].chars().all(|c| c == ':' || c.is_ascii_digit()));
            version.map_or(name, |at| &name[..at])
        }
        "google" => {
            let name = name.strip_prefix("models/").unwrap_or(name);
            name.strip_suffix("-001").or_else(|| name.strip_suffix("-002")).unwrap_or(name)
        }
        _ => name,
    };
    (own != name).then(|| format!("{vendor}/{own}"))
}

/// The name at the vendor of a model that OpenRouter passes on (openrouter.ai/docs/faq: inference at the providers' prices).
/// A variant chooses among providers, `:nitro`, `:floor`, `:exacto`, or how a model is asked, `:thinking`, `:extended`; what
/// it costs is about the same. Others, `:free` and `:online`, cost something else.
fn behind_gateway(model: &str) -> Option<String> {
    let (vendor, name) = model.strip_prefix("openrouter/")?.split_once('/')?;
    let own = match vendor {
        "openai" | "anthropic" | "google" | "deepseek" => vendor,
        "mistralai" => "mistral",
        "x-ai" => "xai",
        _ => return None,
    };
    let name = match name.split_once(':') {
        None => name,
        Some((name, "nitro" | "floor" | "exacto" | "thinking" | "extended")) => name,
        Some(_) => return None,
    };
    // `claude-sonnet-4.5` there is `claude-sonnet-4-5` at its vendor.
    let name = if own == "anthropic" { name.replace('.', "-") } else { name.to_owned() };
    Some(format!("{own}/{name}"))
}

/// The name at OpenAI of a deployment at Azure, where it is called as the model is; a global deployment costs the same.
fn deployed(model: &str) -> Option<String> {
    model.strip_prefix("azure/").map(|name| format!("openai/{name}"))
}
