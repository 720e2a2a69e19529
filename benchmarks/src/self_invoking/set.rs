use proctor_core::{Entry, Limits};
use proctor_judges::work_for_seconds;
use std::time::Duration;

/// What tells the three data sets apart.
#[derive(Debug)]
pub struct Set {
    /// Name on the command line.
    pub name: &'static str,
    /// Title for people.
    pub title: &'static str,
    /// Stem of upstream's file name.
    pub stem: &'static str,
    /// SHA-256 of upstream's file (commit 36f292e of CodeEval-Pro).
    pub sha256: &'static str,
    /// Licence of the data and of what they derive from.
    pub licence: &'static str,
    /// Samples in upstream's file.
    pub upstream_samples: usize,
    /// The project's own questions, a JSON array in upstream's schema.
    pub built_in: &'static str,
    /// How many those are; stated, so that a list of benchmarks parses nothing.
    pub builtin_samples: usize,
    /// Spellings of the part before the slash of a task id in answer files, lower case, letters and digits only.
    pub task_prefixes: &'static [&'static str],
    /// How programs are run and tests attached.
    pub execution: Execution,
    /// Whether the instruction's code block ends with an empty line.
    pub blank_line: bool,
    /// Which line of the tests the `1shot` variant shows; `None` where upstream has no variants.
    pub example_line: Option<usize>,
    /// Upstream ids of samples whose tests test little or nothing (measured: a body `return None`, or a
    /// function that is never called, passes).
    pub vacuous_tests: &'static [&'static str],
}

/// Upstream's two ways of running a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Execution {
    /// `code_eval`: guarded `exec` of candidate and tests, 3 s; pass@k.
    CodeEval,
    /// A script, tabs replaced by four spaces, 30 s; passed attempts per sample.
    Script,
}

impl Execution {
    /// How the program is entered.
    pub fn entry(self) -> Entry {
        match self {
            Execution::CodeEval => Entry::Guarded,
            Execution::Script => Entry::Script,
        }
    }

    /// What a program may use, in place of upstream's 3 and 30 seconds. The wall-clock net is far beyond what the
    /// work takes. Upstream lets a script print as much as it likes.
    pub fn limits(self) -> Limits {
        let (seconds, wall, output_bytes) = match self {
            Execution::CodeEval => (3, 300, Limits::default().output_bytes),
            Execution::Script => (30, 900, 64 << 20),
        };
        Limits { work: work_for_seconds(seconds), wall: Duration::from_secs(wall), output_bytes, ..Limits::default() }
    }

    /// Environment variables. One sample of BigCodeBench-Lite Pro has its authors' UTC+8 in its expectations.
    pub fn environment(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Execution::CodeEval => &[],
            Execution::Script => &[("TZ", "Asia/Shanghai"), ("MPLBACKEND", "Agg")],
        }
    }
}

/// The three sets.
pub const SETS: &[Set] = &[
    Set {
        name: "humaneval-pro",
        title: "HumanEval Pro",
        stem: "humaneval_pro",
        sha256: "d67ad94366d8182804d8cb59de558d211072493b13a6c23ddda42a2e1367dc7a",
        licence: "MIT; derived from HumanEval (MIT)",
        upstream_samples: 164,
        built_in: include_str!("builtin/humaneval_pro.json"),
        builtin_samples: 14,
        task_prefixes: &["humanevalpro", "humaneval"],
        execution: Execution::CodeEval,
        blank_line: false,
        example_line: Some(1),
        vacuous_tests: &["32"],
    },
    Set {
        name: "mbpp-pro",
        title: "MBPP Pro",
        stem: "mbpp_pro",
        sha256: "bb2edf4f2da393403083977e94cb4e4bbbe68fcb85495dfdf500885a945e8b3b",
        licence: "MIT; derived from MBPP (CC BY 4.0)",
        upstream_samples: 378,
        built_in: include_str!("builtin/mbpp_pro.json"),
        builtin_samples: 14,
        task_prefixes: &["mbpppro", "mbpp"],
        execution: Execution::CodeEval,
        blank_line: false,
        example_line: Some(0),
        vacuous_tests: &[],
    },
    Set {
        name: "bigcodebench-lite-pro",
        title: "BigCodeBench-Lite Pro",
        stem: "bigcodebench_lite_pro",
        sha256: "1a9e818a7ecece6346f47673276bfc47ab2bb34efd8cda26e0b819eb13bb6ec3",
        licence: "MIT; derived from BigCodeBench (Apache-2.0)",
        upstream_samples: 57,
        built_in: include_str!("builtin/bigcodebench_lite_pro.json"),
        builtin_samples: 9,
        task_prefixes: &["bigcodebench", "bigcodebenchlitepro", "bigcodebenchpro"],
        execution: Execution::Script,
        blank_line: true,
        example_line: None,
        vacuous_tests: &["BigCodeBench/212", "BigCodeBench/217", "BigCodeBench/316", "BigCodeBench/355"],
    },
];

/// Which prompt is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// Upstream's plain prompt.
    ZeroShot,
    /// The prompt shows one assert of the sample's own tests.
    OneShot,
    /// Upstream's step-by-step variant as released: it reaches raw completion only.
    ThoughtReleased,
    /// The step-by-step variant of the paper (appendix F.2): the chat prompt ends with the sentence.
    ThoughtPaper,
}

impl Variant {
    /// Every variant.
    pub const ALL: [Variant; 4] = [Variant::ZeroShot, Variant::OneShot, Variant::ThoughtReleased, Variant::ThoughtPaper];

    /// The part of the benchmark's name after the colon.
    pub fn suffix(self) -> Option<&'static str> {
        match self {
            Variant::ZeroShot => None,
            Variant::OneShot => Some("1shot"),
            Variant::ThoughtReleased => Some("cot"),
            Variant::ThoughtPaper => Some("cot-paper"),
        }
    }

    /// What the variant does, for the card; `None` for the plain prompt.
    pub fn summary(self) -> Option<&'static str> {
        match self {
            Variant::ZeroShot => None,
            Variant::OneShot => Some("The prompt shows one assert of the sample's own tests, and so the function's name."),
            Variant::ThoughtReleased => {
                Some("A think-step-by-step line before the opened code block; by chat the same as without it, as released.")
            }
            Variant::ThoughtPaper => Some("The chat prompt ends with a think-step-by-step sentence, as in the paper's appendix."),
        }
    }
}
