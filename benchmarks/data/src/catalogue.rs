/// What a source holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Questions and their answers.
    Data,
    /// Upstream's prompt files.
    Prompts,
}

impl Kind {
    /// The word in the lock file and in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Data => "data",
            Kind::Prompts => "prompts",
        }
    }
}

/// Where a source lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A data set on the Hub.
    Hub {
        /// `owner/name`.
        repository: &'static str,
        /// The commit that the benchmark's spec names; `None` is the newest at the first fetch, pinned from then on.
        revision: Option<&'static str>,
        /// Only files whose path holds one of these; empty is every data file.
        only: &'static [&'static str],
        /// Where the repository is one table: the name its file gets in the folder the adapter reads.
        table: Option<&'static str>,
    },
    /// Files of a repository of code at a commit.
    Repository {
        /// `owner/name`.
        repository: &'static str,
        /// The commit.
        revision: &'static str,
        /// Paths in it.
        files: &'static [&'static str],
    },
}

impl Place {
    /// `owner/name`.
    pub fn repository(&self) -> &'static str {
        match self {
            Place::Hub { repository, .. } | Place::Repository { repository, .. } => repository,
        }
    }

    /// The word in the lock file.
    pub fn as_str(&self) -> &'static str {
        match self {
            Place::Hub { .. } => "hub",
            Place::Repository { .. } => "repository",
        }
    }
}

/// One thing that can be fetched for a benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The benchmark's name, without a variant; a second data set of a benchmark has a name that begins with it.
    pub benchmark: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Where it lies.
    pub place: Place,
    /// The licence as its publisher states it.
    pub licence: &'static str,
}

const fn table(benchmark: &'static str, repository: &'static str, table: &'static str, licence: &'static str) -> Source {
    let place = Place::Hub { repository, revision: None, only: &[], table: Some(table) };
    Source { benchmark, kind: Kind::Data, place, licence }
}

const fn prompts(
    benchmark: &'static str,
    repository: &'static str,
    revision: &'static str,
    files: &'static [&'static str],
    licence: &'static str,
) -> Source {
    Source { benchmark, kind: Kind::Prompts, place: Place::Repository { repository, revision, files }, licence }
}

const SELF_INVOKING: (&str, &str) = ("CodeEval-Pro/CodeEval-Pro", "36f292eafc597b38535fbc8b4aafea8e5c654e3c");
const SELF_INVOKING_PROMPTS: &[&str] = &["eval/prompt_template.py", "eval/utils.py"];

/// Everything that can be fetched. TMGBench is mathematics and made here; FailSafeQA has no prompt files.
pub const CATALOGUE: &[Source] = &[
    table("humaneval-pro", "CodeEval-Pro/humaneval-pro", "humaneval_pro.json", "MIT"),
    prompts("humaneval-pro", SELF_INVOKING.0, SELF_INVOKING.1, SELF_INVOKING_PROMPTS, "MIT"),
    table("mbpp-pro", "CodeEval-Pro/mbpp-pro", "mbpp_pro.json", "MIT; from MBPP, CC-BY-4.0"),
    prompts("mbpp-pro", SELF_INVOKING.0, SELF_INVOKING.1, SELF_INVOKING_PROMPTS, "MIT"),
    table("bigcodebench-lite-pro", "CodeEval-Pro/bigcodebench-lite-pro", "bigcodebench_lite_pro.json", "MIT; from Apache-2.0"),
    prompts("bigcodebench-lite-pro", SELF_INVOKING.0, SELF_INVOKING.1, SELF_INVOKING_PROMPTS, "MIT"),
    Source {
        benchmark: "ugmathbench",
        kind: Kind::Data,
        place: Place::Hub {
            repository: "UGMathBench/ugmathbench",
            revision: Some("8ab16f0c131a9b3b52195e64175cb5a8f3881bbf"),
            only: &["data/"],
            table: None,
        },
        licence: "GPL-3.0",
    },
    prompts(
        "ugmathbench",
        "YangLabHKUST/UGMathBench",
        "df47bfa639bfb89bdb0220036a7b2f216e72b0b3",
        &["utils.py", "prompt.json", "data/judge_prompt_v3.txt"],
        "GPL-3.0",
    ),
    Source {
        benchmark: "tumlu",
        kind: Kind::Data,
        place: Place::Hub { repository: "jafarisbarov/TUMLU-mini", revision: None, only: &[], table: None },
        licence: "CC-BY-4.0",
    },
    prompts("tumlu", "ceferisbarov/TUMLU", "24299df1b71e4b3ccdd2ad131c9b809c0e5ac1e8", &["scripts/utils.py"], "none stated"),
    Source {
        benchmark: "failsafeqa",
        kind: Kind::Data,
        place: Place::Hub { repository: "Writer/FailSafeQA", revision: None, only: &[], table: None },
        licence: "MIT",
    },
    table("codeelo", "Qwen/CodeElo", "problems.jsonl", "Apache-2.0"),
    prompts(
        "codeelo",
        "QwenLM/CodeElo",
        "0bffc84f0477abe5fd641d4cb4c859318a572c70",
        &["main.py", "sorted_ratings.json"],
        "Apache-2.0",
    ),
    // Problems with tests and checkers. Its other split has 5 GB and is not taken; `--data` reads a copy of it, too.
    Source {
        benchmark: "codeelo-tests",
        kind: Kind::Data,
        place: Place::Hub {
            repository: "open-r1/codeforces",
            revision: None,
            only: &["data/test-"],
            table: Some("problems.jsonl"),
        },
        licence: "CC-BY-4.0",
    },
    // More tests for these problems, one table for each contest; only those of the contests of CodeElo's time are taken, for all
    // of them are a hundred times as much. `-B generated_tests=DIR` reads them.
    Source {
        benchmark: "codeelo-generated-tests",
        kind: Kind::Data,
        place: Place::Hub {
            repository: "open-r1/codeforces",
            revision: None,
            only: &[
                "generated_tests/test_cases_196",
                "generated_tests/test_cases_197",
                "generated_tests/test_cases_198",
                "generated_tests/test_cases_199",
                "generated_tests/test_cases_200",
                "generated_tests/test_cases_201",
                "generated_tests/test_cases_202",
                "generated_tests/test_cases_203",
            ],
            table: None,
        },
        licence: "CC-BY-4.0",
    },
    table("refute", "bethgelab/REFUTE", "items.jsonl", "code Apache-2.0; the data's licence is not stated"),
    prompts(
        "refute",
        "falsifiers/REFUTE",
        "c3d9e6f1107342b734263226aaaed5e3d30a937f",
        &[
            "refute/prompt_templates/few_shot_human.txt",
            "refute/prompt_templates/few_shot_system.txt",
            "refute/prompt_templates/randsearch_human.txt",
            "refute/prompt_templates/randsearch_oracle_human.txt",
            "refute/prompt_templates/randsearch_oracle_system.txt",
            "refute/prompt_templates/randsearch_system.txt",
            "refute/prompt_templates/reasoning_few_shot_system.txt",
            "refute/prompt_templates/reasoning_randsearch_oracle_system.txt",
            "refute/prompt_templates/reasoning_randsearch_system.txt",
            "refute/prompt_templates/zero_shot_human.txt",
            "refute/prompt_templates/zero_shot_oracle_human.txt",
            "refute/prompt_templates/zero_shot_oracle_system.txt",
            "refute/prompt_templates/zero_shot_system.txt",
        ],
        "Apache-2.0",
    ),
];

/// The sources of a benchmark.
pub fn sources(benchmark: &str) -> Vec<&'static Source> {
    CATALOGUE.iter().filter(|source| source.benchmark == benchmark).collect()
}
