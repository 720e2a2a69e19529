use serde::Deserialize;

/// What runs must meet, as a TOML file says it; `docs/gate.md` documents every key.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The rules, in order.
    #[serde(default, rename = "rule")]
    pub rules: Vec<Rule>,
}

/// Limits on some runs.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rule {
    /// What the rule is called; without it `rule 1`, `rule 2` …
    pub name: Option<String>,
    /// Only runs of this benchmark; a name without variant is all its variants. Without it all runs.
    pub benchmark: Option<String>,
    /// Only runs of this model.
    pub model: Option<String>,
    /// Only samples in all of these subsets.
    pub slice: Vec<String>,
    /// The headline figure is at least this, in its own unit: 0.6 is 60 %.
    pub min_score: Option<f64>,
    /// The lower end of its interval is at least this.
    pub min_score_low: Option<f64>,
    /// At least this share of the planned attempts is graded.
    pub min_graded_share: Option<f64>,
    /// At most so many attempts ended in an infrastructure error.
    pub max_infra_errors: Option<u64>,
    /// At most this share of the graded attempts did.
    pub max_infra_error_share: Option<f64>,
    /// At most this share of answers was cut for want of tokens.
    pub max_truncated_share: Option<f64>,
    /// At most this share of answers was refused or filtered.
    pub max_refused_share: Option<f64>,
    /// At most this share of answers was filtered.
    pub max_filtered_share: Option<f64>,
    /// In at most this share of answers, empty ones among them, nothing could be read.
    pub max_unparsed_share: Option<f64>,
    /// At most this share of answers was empty.
    pub max_empty_share: Option<f64>,
    /// US dollars at most; a run whose cost is unknown fails.
    pub max_cost_usd: Option<f64>,
    /// Tokens of prompts and answers at most; a run whose tokens are unknown fails.
    pub max_tokens: Option<u64>,
    /// Seconds waited for the model per graded attempt at most, in the mean.
    pub max_mean_latency_s: Option<f64>,
    /// The run or model that each run is compared with, over the samples they share.
    pub baseline: Option<String>,
    /// How far the score may be below the baseline's, in its own unit; needs `baseline`.
    pub max_drop: Option<f64>,
    /// What must be proved about the drop.
    pub prove: Prove,
}

/// What has to be proved for a regression rule to pass or to fail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prove {
    /// It passes only where the whole interval of the difference is above −`max_drop`: what is not known to be good fails.
    #[default]
    NoRegression,
    /// It fails only where the whole interval is below −`max_drop`: what is not known to be bad passes.
    Regression,
}

impl Rule {
    /// What it is called; `place` is counted from 0.
    pub fn title(&self, place: usize) -> String {
        self.name.clone().unwrap_or_else(|| format!("rule {}", place + 1))
    }

    /// Whether a run falls under it.
    pub fn covers(&self, benchmark: &str, model: &str) -> bool {
        let benchmark_fits = self.benchmark.as_ref().is_none_or(|wanted| names(wanted, benchmark));
        benchmark_fits && self.model.as_ref().is_none_or(|wanted| wanted == model)
    }

    fn limits(&self) -> bool {
        [
            self.min_score,
            self.min_score_low,
            self.min_graded_share,
            self.max_infra_error_share,
            self.max_truncated_share,
            self.max_refused_share,
            self.max_filtered_share,
            self.max_unparsed_share,
            self.max_empty_share,
            self.max_cost_usd,
            self.max_mean_latency_s,
            self.max_drop,
        ]
        .iter()
        .any(Option::is_some)
            || self.max_infra_errors.is_some()
            || self.max_tokens.is_some()
    }
}

/// Whether `wanted` names the benchmark `name`: itself, or the family of its variants.
pub fn names(wanted: &str, name: &str) -> bool {
    wanted == name || name.split_once(':').is_some_and(|(family, _)| family == wanted)
}

impl Policy {
    /// Reads a policy. The error is one sentence with the line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let policy: Policy = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| text.get(..span.start).unwrap_or_default().matches('\n').count() + 1);
            format!("line {line}: {}", error.message().replace('\n', " "))
        })?;
        if policy.rules.is_empty() {
            return Err("there is no [[rule]] in it".to_owned());
        }
        for (place, rule) in policy.rules.iter().enumerate() {
            if let Some(why) = fault(rule) {
                let line = text.lines().enumerate().filter(|(_, line)| line.trim() == "[[rule]]").nth(place);
                let line = line.map_or(String::new(), |(line, _)| format!("line {}: ", line + 1));
                return Err(format!("{line}{} {why}", rule.title(place)));
            }
        }
        Ok(policy)
    }
}

/// What is wrong with a rule that TOML does not mind.
fn fault(rule: &Rule) -> Option<String> {
    let shares = [
        ("min_graded_share", rule.min_graded_share),
        ("max_infra_error_share", rule.max_infra_error_share),
        ("max_truncated_share", rule.max_truncated_share),
        ("max_refused_share", rule.max_refused_share),
        ("max_filtered_share", rule.max_filtered_share),
        ("max_unparsed_share", rule.max_unparsed_share),
        ("max_empty_share", rule.max_empty_share),
    ];
    for (name, value) in shares {
        if value.is_some_and(|value| !(0.0..=1.0).contains(&value)) {
            return Some(format!("has a {name} that is not between 0 and 1"));
        }
    }
    let others = [
        ("min_score", rule.min_score),
        ("min_score_low", rule.min_score_low),
        ("max_cost_usd", rule.max_cost_usd),
        ("max_mean_latency_s", rule.max_mean_latency_s),
        ("max_drop", rule.max_drop),
    ];
    for (name, value) in others {
        if value.is_some_and(|value| !value.is_finite()) {
            return Some(format!("has a {name} that is not a number"));
        }
    }
    if rule.max_drop.is_some_and(|drop| drop < 0.0) {
        return Some("has a max_drop below 0; a rise is asked for by min_score".to_owned());
    }
    if rule.max_drop.is_some() != rule.baseline.is_some() {
        return Some("needs both baseline and max_drop, or neither".to_owned());
    }
    (!rule.limits()).then(|| "sets no limit, such as min_score".to_owned())
}
