//! What answers cost, by the tables the program brings along and by a user's own. Every sum was worked out by hand.

use jiff::Timestamp;
use proctor_core::Usage;
use proctor_engine::{Asked, PriceError, Prices};

/// Tokens of the prompt, of these read from the vendor's cache, written into it, kept there for an hour; of the answer.
fn usage([prompt, cached, written, hour, answer]: [u64; 5]) -> Usage {
    Usage {
        prompt_tokens: Some(prompt),
        completion_tokens: Some(answer),
        cached_tokens: Some(cached),
        cache_write_tokens: Some(written),
        cache_write_1h_tokens: Some(hour),
        reasoning_tokens: Some(answer / 2),
    }
}

/// A Sunday in November 2026, at no hour that costs more.
const SUNDAY: &str = "2026-11-22T12:00:00Z";

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Costs in millionths of a dollar, one by one and in a batch.
const COSTS: &[(&str, [u64; 5], f64, f64)] = &[
    // 800 × 1.25 + 200 × 0.125 + 500 × 10; reasoning is a part of the answer.
    ("openai/gpt-5", [1000, 200, 0, 0, 500], 6025.0, 3012.5),
    ("openai/gpt-5-2025-08-07", [1000, 200, 0, 0, 500], 6025.0, 3012.5),
    // 900 × 0.15 + 100 × 0.075 + 10 × 0.6
    ("openai/gpt-4o-mini", [1000, 100, 0, 0, 10], 148.5, 74.25),
    // 100 × 1.1 + 50 × 4.4
    ("openai/o4-mini", [100, 0, 0, 0, 50], 330.0, 165.0),
    // 4000 × 2 + 4000 × 0.2 + 2000 × 2.5 + 1000 × 10
    ("openai/gpt-6-sol", [10_000, 4000, 2000, 0, 1000], 23_800.0, 11_900.0),
    // Long prompts: 272000 × 2 + 1000 × 10; 272001 × 4 + 1000 × 15
    ("openai/gpt-6-sol", [272_000, 0, 0, 0, 1000], 554_000.0, 277_000.0),
    ("openai/gpt-6-sol", [272_001, 0, 0, 0, 1000], 1_103_004.0, 551_502.0),
    // 400 × 3 + 100 × 0.3 + 300 × 3.75 + 200 × 6 + 100 × 15
    ("anthropic/claude-sonnet-4-5-20250929", [1000, 100, 500, 200, 100], 5055.0, 2527.5),
    // 100 × 4 + 300 × 0.2 + 100 × 8 + 10 × 20
    ("anthropic/claude-opus-5-5", [500, 300, 100, 100, 10], 1460.0, 730.0),
    // 100000 × 0.1 + 1000 × 0.5; 100001 × 0.5 + 1000 × 2.5
    ("anthropic/claude-haiku-5-5", [100_000, 0, 0, 0, 1000], 10_500.0, 5250.0),
    ("anthropic/claude-haiku-5-5", [100_001, 0, 0, 0, 1000], 52_500.5, 26_250.25),
    // 1000 × 1.25 + 1000 × 0.125 + 300 × 10; thoughts are a part of the answer. In a batch the cache costs what it does.
    ("google/gemini-2.5-pro", [2000, 1000, 0, 0, 300], 4375.0, 2250.0),
    // 200001 × 2.5 + 15
    ("google/gemini-2.5-pro", [200_001, 0, 0, 0, 1], 500_017.5, 250_008.75),
    // 36 × 0.15 + 64 × 0.003 + 10 × 0.6; no batches.
    ("deepseek/deepseek-flash", [100, 64, 0, 0, 10], 11.592, 11.592),
    // 40 × 1.25 + 60 × 0.2 + 50 × 2.5; a fifth less in a batch
    ("xai/grok-4.3", [100, 60, 0, 0, 50], 187.0, 149.6),
    // From 200,000 tokens on: 200000 × 2.5 + 10 × 5
    ("xai/grok-4.3", [200_000, 0, 0, 0, 10], 500_050.0, 400_040.0),
    // 500 × 0.15 + 500 × 0.075 + 100 × 0.6
    ("groq/openai/gpt-oss-120b", [1000, 500, 0, 0, 100], 172.5, 172.5),
    // 2000 × 1.04; a part without a price of its own costs as much as others.
    ("together/meta-llama/Llama-3.3-70B-Instruct-Turbo", [1000, 500, 100, 0, 1000], 2080.0, 2080.0),
    // 600 × 1.74 + 400 × 0.145 + 100 × 3.48
    ("fireworks/accounts/fireworks/models/deepseek-v4-pro", [1000, 400, 0, 0, 100], 1450.0, 1450.0),
    // 1000 × 0.5 + 100 × 1.5
    ("mistral/mistral-large-2512", [1000, 0, 0, 0, 100], 650.0, 650.0),
    // Nonsense of a provider is never paid twice: 10 × 0.125
    ("openai/gpt-5", [10, 4000, 4000, 4000, 0], 1.25, 0.625),
];

#[test]
fn every_kind_of_token_has_its_price() {
    let prices = Prices::built_in().unwrap();
    for (model, tokens, single, batched) in COSTS {
        for (batched, millionths) in [(false, single), (true, batched)] {
            let cost =
                prices.of(model).and_then(|price| price.cost_at(&usage(*tokens), Asked { batched, tiers: &[] }, moment(SUNDAY)));
            let cost = cost.unwrap_or(f64::NAN) * 1e6;
            assert!((cost - millionths).abs() < 1e-6, "{model} {tokens:?} batch {batched}: {cost} is not {millionths}");
        }
    }
    assert_eq!(
        prices.of("openai/gpt-5").and_then(|p| p.cost(&Usage::default(), Asked::default())),
        None,
        "what is not counted has no price"
    );
}

/// Costs in millionths of a dollar at tiers of service.
const TIERS: &[(&str, &[&str], [u64; 5], f64)] = &[
    // Half of 800 × 1.25 + 200 × 0.125 + 500 × 10; twice that.
    ("openai/gpt-5", &["flex"], [1000, 200, 0, 0, 500], 3012.5),
    ("openai/gpt-5-2025-08-07", &["priority"], [1000, 200, 0, 0, 500], 12_050.0),
    ("openai/gpt-5", &["fast"], [1000, 200, 0, 0, 500], 12_050.0),
    // 900 × 0.25 + 100 × 0.125 + 10 × 1: what is listed for the tier
    ("openai/gpt-4o-mini", &["priority"], [1000, 100, 0, 0, 10], 247.5),
    ("openai/gpt-4o-mini", &[], [1000, 100, 0, 0, 10], 148.5),
    // 900 × 3.5 + 100 × 0.875 + 10 × 14
    ("openai/gpt-4.1", &["priority"], [1000, 100, 0, 0, 10], 3377.5),
    // 500 × 1.25 + 500 × 0.13 + 100 × 7.5
    ("openai/gpt-5.4", &["flex"], [1000, 500, 0, 0, 100], 1440.0),
    // A long prompt at a dearer tier: 272001 × 8 + 1000 × 30
    ("openai/gpt-6-sol", &["priority"], [272_001, 0, 0, 0, 1000], 2_206_008.0),
    // Six times 1000 × 2 + 100 × 10
    ("openai/gpt-6.1-sol", &["ultrafast"], [1000, 0, 0, 0, 100], 18_000.0),
    // A tier that nobody lists costs what the standard one does.
    ("openai/gpt-5", &["scale"], [1000, 200, 0, 0, 500], 6025.0),
    // 100 × 4 + 300 × 0.2 + 100 × 8 + 10 × 20 = 1460: a tenth more in the USA, twice that when fast
    ("anthropic/claude-opus-5-5", &["us"], [500, 300, 100, 100, 10], 1606.0),
    ("anthropic/claude-opus-5-5", &["fast", "us"], [500, 300, 100, 100, 10], 3212.0),
    // 1000 × 0.625 + 1000 × 0.125 + 300 × 5: the cache costs what it does; 1.8 times 4375
    ("google/gemini-2.5-pro", &["flex"], [2000, 1000, 0, 0, 300], 2250.0),
    ("google/gemini-2.5-pro", &["priority"], [2000, 1000, 0, 0, 300], 7875.0),
    // 1.25 times 1000 × 0.22 + 100 × 0.66
    ("fireworks/accounts/fireworks/models/deepseek-v4-flash-0731", &["priority"], [1000, 0, 0, 0, 100], 357.5),
];

#[test]
fn every_tier_of_service_has_its_price() {
    let prices = Prices::built_in().unwrap();
    for (model, tiers, tokens, millionths) in TIERS {
        let tiers: Vec<String> = tiers.iter().map(|tier| (*tier).to_owned()).collect();
        let asked = Asked { batched: false, tiers: &tiers };
        let cost = prices.of(model).and_then(|price| price.cost_at(&usage(*tokens), asked, moment(SUNDAY)));
        let cost = cost.unwrap_or(f64::NAN) * 1e6;
        assert!((cost - millionths).abs() < 1e-3, "{model} {tokens:?} {tiers:?}: {cost} is not {millionths}");
    }
}

#[test]
fn hours_and_days_have_their_prices() {
    let prices = Prices::built_in().unwrap();
    let deepseek = prices.of("deepseek/deepseek-v4-pro").unwrap();
    for (at, factor) in [
        ("2026-11-24T00:59:59Z", 1.0),
        ("2026-11-24T01:00:00Z", 2.0),
        ("2026-11-24T03:59:59Z", 2.0),
        ("2026-11-24T04:00:00Z", 1.0),
        ("2026-11-27T09:59:00Z", 2.0),
        ("2026-11-28T09:59:00Z", 1.0),
        ("2026-11-22T02:00:00Z", 1.0),
    ] {
        let cost = deepseek.cost_at(&usage([1_000_000, 0, 0, 0, 0]), Asked::default(), moment(at)).unwrap();
        assert!((cost - 0.66 * factor).abs() < 1e-12, "{at}: {cost}");
    }
    assert_eq!((deepseek.most_at_peak(), prices.of("openai/gpt-5").unwrap().most_at_peak()), (2.0, 1.0));
    let argon = |day: &str| prices.of_on("google/gemini-4-argon", day.parse().unwrap()).unwrap().rates(0).input;
    assert_eq!((argon("2026-11-30"), argon("2026-12-01"), argon("2027-03-01")), (2.0, 4.0, 4.0));
}

#[test]
fn a_name_stands_for_its_dated_versions_only() {
    let prices = Prices::built_in().unwrap();
    for (model, input) in [
        ("openai/gpt-4.1-mini-2025-04-14", Some(0.4)),
        ("openai/gpt-4.1", Some(2.0)),
        // A version with a price of its own.
        ("openai/gpt-4o-2024-05-13", Some(5.0)),
        ("openai/gpt-4o-2024-08-06", Some(2.5)),
        ("openai/gpt-5-codex", Some(1.25)),
        ("openai/gpt-5-something", None),
        ("anthropic/claude-opus-5", Some(5.0)),
        ("anthropic/claude-opus-5-5", Some(4.0)),
        ("anthropic/claude-opus-4-20250514", Some(15.0)),
        ("anthropic/claude-sonnet-4-5-latest", Some(3.0)),
        ("mistral/mistral-small-latest", Some(0.15)),
        // What a gateway passes on.
        ("openrouter/openai/gpt-5", Some(1.25)),
        ("openrouter/anthropic/claude-sonnet-4.5", Some(3.0)),
        ("openrouter/x-ai/grok-4.3", Some(1.25)),
        ("openrouter/openai/gpt-5:nitro", Some(1.25)),
        ("openrouter/openai/gpt-5:free", None),
        ("openrouter/anthropic/claude-opus-4.5-20251101", Some(5.0)),
        // What is deployed under the model's name.
        ("azure/gpt-4o-mini", Some(0.15)),
        ("azure/gpt-35-turbo", Some(0.5)),
        ("azure/mine", None),
        // Other platforms' names.
        ("anthropic/claude-sonnet-4-5@20250929", Some(3.0)),
        ("anthropic/anthropic.claude-sonnet-4-5-20250929-v1:0", Some(3.0)),
        ("anthropic/us.anthropic.claude-opus-4-5-20251101-v1:0", Some(5.0)),
        ("anthropic/claude-verily", None),
        ("google/models/gemini-2.5-pro", Some(1.25)),
        ("google/gemini-2.5-flash-001", Some(0.3)),
        // What somebody trained further.
        ("openai/ft:gpt-4o-mini-2024-07-18:mine::abc123", Some(0.3)),
        ("openai/ft:gpt-4.1-mini-2025-04-14:mine:name:abc", Some(0.8)),
        ("openai/ft:gpt-4o-minimal:mine", None),
        ("mistral/mistral-large-latest", Some(0.5)),
        ("openrouter/somebody/else", None),
        ("gpt-5", None),
        ("vllm/mine", None),
    ] {
        assert_eq!(prices.of(model).map(|price| price.rates(0).input), input, "{model}");
    }
    for vendor in ["openai/gpt-5", "anthropic/claude-opus-5", "google/gemini-2.5-pro", "xai/grok-4.3"] {
        let price = prices.of(vendor).unwrap();
        assert!(price.as_of.starts_with("2026-") && price.source.contains('.'), "{vendor}: {price:?}");
    }
}

#[test]
fn a_users_prices_come_first() {
    let text = "as_of = \"2030-01-01\"\nsource = \"a contract\"\nbatch = 0.4\n\
                [[price]]\nmodels = [\"openai/gpt-5\", \"vllm/mine\"]\ninput = 0\noutput = 1\n\
                [[price]]\nmodels = [\"openai/gpt-4o\"]\ninput = 7\noutput = 8\nbatch = 1\nas_of = \"2029-01-01\"\n";
    let prices = Prices::built_in().unwrap().before(text, "mine.toml").unwrap();
    let of = |model: &str| prices.of(model).map(|price| (price.rates(0).input, price.batch(), price.as_of.as_str())).unwrap();
    assert_eq!(of("openai/gpt-5"), (0.0, 0.4, "2030-01-01"));
    assert_eq!(of("vllm/mine"), (0.0, 0.4, "2030-01-01"));
    // A user's undated name counts before a dated one of the program's own.
    assert_eq!(of("openai/gpt-4o-2024-05-13"), (7.0, 1.0, "2029-01-01"));
    assert_eq!(of("openai/gpt-5-mini").0, 0.25);
}

#[test]
fn a_wrong_table_is_told_in_a_sentence() {
    let told =
        |text: &str| Prices::default().before(text, "mine.toml").map_or_else(|e: PriceError| e.to_string(), |_| String::new());
    for (text, words) in [
        ("[[price]]\nmodels = [\"x\"]\ninput = -1\noutput = 1\nas_of = \"2030-01-01\"", "negative"),
        ("[[price]]\nmodels = [\"x\"]\ninput = nan\noutput = 1\nas_of = \"2030-01-01\"", "negative"),
        (
            "[[price]]\nmodels = [\"x\"]\ninput = 1\noutput = 1\nlong = { over = 1, input = 1, output = -1 }\nas_of = \"2030-01-01\"",
            "negative",
        ),
        ("[[price]]\nmodels = []\ninput = 1\noutput = 1\nas_of = \"2030-01-01\"", "needs a model"),
        ("[[price]]\nmodels = [\"x\"]\ninput = 1\noutput = 1", "needs as_of"),
        ("[[price]]\nmodels = [\"x\"]\ninput = 1\noutput = 1\nas_of = \"today\"", "needs as_of"),
        ("[[price]]\nmodels = [\"x\"]\ninput = 1\noutput = 1\nas_of = \"2030-01-01\"\nfrom = \"2030-02-31\"", "day that is none"),
        (
            "[[price]]\nmodels = [\"x\"]\ninput = 1\noutput = 1\nas_of = \"2030-01-01\"\npeak = { hours = [24], times = 2 }",
            "0 to 23",
        ),
        ("[[price]]\nmodels = [\"x\"]\ninput = 1\nas_of = \"2030-01-01\"", "output"),
        ("[[price]]\nmodels = [\"x\"]\ninput = 1\noutput = 1\ntiers = { flex = -1 }\nas_of = \"2030-01-01\"", "negative"),
        ("[[prices]]\n", "prices"),
        ("input = ", "line 1"),
    ] {
        let error = told(text);
        assert!(error.starts_with("mine.toml is not a table of prices") && error.contains(words), "{text}: {error}");
        assert!(!error.contains('\n'));
    }
}
