use serde_json::{Map, Value};

/// Where requests and answers of all vendors name a tier of service: OpenAI, Groq, Fireworks and others `service_tier`, Google
/// `serviceTier`, Anthropic `service_tier`, `speed` and `inference_geo` in its usage.
const FIELDS: [&str; 4] = ["service_tier", "serviceTier", "speed", "inference_geo"];

/// Words for what is charged as usual, or says nothing.
const STANDARD: [&str; 9] =
    ["standard", "default", "auto", "on_demand", "standard_only", "batch", "global", "not_available", "service_tier_unspecified"];

/// Longer words are no tiers.
const LONGEST: usize = 40;

/// The tiers that `from` names, the standard ones left out; `None` where it names none at all.
pub(crate) fn tiers_of(from: &Map<String, Value>) -> Option<Vec<String>> {
    let mut named = FIELDS.iter().filter_map(|field| from.get(*field)?.as_str()).peekable();
    named.peek()?;
    Some(named.filter_map(tier).collect())
}

/// A tier by its own name; `None` for a standard one.
pub(crate) fn tier(word: &str) -> Option<String> {
    let word = word.trim().to_ascii_lowercase();
    let word = word.strip_prefix("service_tier_").unwrap_or(&word);
    let told = !word.is_empty() && word.len() <= LONGEST && !STANDARD.contains(&word) && word != "unspecified";
    told.then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_standard_is_told() {
        for (from, told) in [
            (json!({}), None),
            (json!({"service_tier": null}), None),
            (json!({"service_tier": "default"}), Some(vec![])),
            (json!({"service_tier": "flex"}), Some(vec!["flex"])),
            (json!({"serviceTier": "SERVICE_TIER_PRIORITY"}), Some(vec!["priority"])),
            (json!({"serviceTier": "SERVICE_TIER_UNSPECIFIED"}), Some(vec![])),
            (json!({"service_tier": "standard", "speed": "fast", "inference_geo": "us"}), Some(vec!["fast", "us"])),
            (json!({"service_tier": "x".repeat(99)}), Some(vec![])),
        ] {
            let told: Option<Vec<String>> = told.map(|list| list.into_iter().map(str::to_owned).collect());
            assert_eq!(tiers_of(from.as_object().unwrap_or(&Map::new())), told, "{from}");
        }
    }
}
