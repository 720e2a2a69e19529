//! The sixteen subjects, as upstream's files are called (spec section 2).

use proctor_core::BenchmarkError;

/// One subject of upstream's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// Upstream's exact name, also the stem of its file.
    pub name: &'static str,
    /// Problems in upstream's file, each in three versions.
    pub problems: usize,
    /// SHA-256 of the file's rows sorted by id, as compact JSON with sorted keys.
    pub sha256: &'static str,
}

const fn subject(name: &'static str, problems: usize, sha256: &'static str) -> Subject {
    Subject { name, problems, sha256 }
}

/// All subjects, in upstream's order; revision 8ab16f0c131a9b3b52195e64175cb5a8f3881bbf of the data.
pub const SUBJECTS: [Subject; 16] = [
    subject("Abstract_algebra", 42, "1e01fa83c9c3346196ee866a6b2eb8973a1c8d381e0ebe54e098e3bfb95e4783"),
    subject("Algebra", 583, "e39fbe18eb8e9bfc39fbd2b8cc4a38f72e4cf123175ebdbf750eedd6f978631f"),
    subject("Arithmetic", 321, "501f2a981e8131bdb492354a25d2fa3b2d4dcfb70e77934024a4327e857c6a43"),
    subject("Calculus_-_multivariable", 654, "017684c749cb8cd035de2ec45e282aeaca9eeb519d94110da25737dfb521b240"),
    subject("Calculus_-_single_variable", 982, "9d42b76e8e134ea7fcd8249c3eb716180fb0f91117199b5156c46fce058f0fa7"),
    subject("Combinatorics", 88, "fce6373f26d3b6ef698595233db47863c5e1de3506e6eddf58b6f6f782f0e0e1"),
    subject("Complex_analysis", 51, "21406b60341324277c25f81cb29dd3dee0db1af680dde82af886ca9c22bfca33"),
    subject("Differential_equations", 305, "3448f9be6f9356365d6d2fd512b8fb574836b6912469f51f405c612070e0753b"),
    subject("Financial_mathematics", 346, "e46b08299800a19db7a23e98c3c41583367bdeb00ce6469dab36f46f5d306b8a"),
    subject("Geometry", 161, "999cff5bf9152d10623c26042ca818558d68640220f8340f572f39a699e6fe42"),
    subject("Linear_algebra", 498, "2f11b94ebf9c8f0c7a1210ca02137d9637bb61bd1e4c43ab9ea0968c5a25d955"),
    subject("Number_theory", 46, "854ec9c3b84e3893ed618a93f2ab21ac8ae7babc7d3216286aea268c7a11ebd1"),
    subject("Probability", 336, "a00c4ada83ae5152e5a2f37d0dd89b945402c9b79740628367e010e511762461"),
    subject("Set_theory_and_logic", 69, "40c1c20e6ca70b19025fa4e9b9794a8688628341f43d63f3ef2568a24a37ef17"),
    subject("Statistics", 401, "ec728fc4dd4603f13ade3c77107f6df0cc356c6bb01253e804ad813831bf8fc7"),
    subject("Trigonometry", 178, "9290f6bd39da6960743f819a95b4ac25dc656e0834acb91798076669cae52447"),
];

/// Versions of each problem.
pub const VERSIONS: usize = 3;

/// Problems of all subjects.
pub fn upstream_problems() -> usize {
    SUBJECTS.iter().map(|subject| subject.problems).sum()
}

/// The subject that `name` means: upstream's name, in any case, with any of space, hyphen and underscore between words.
pub fn find(name: &str) -> Result<&'static Subject, BenchmarkError> {
    let wanted = words(name);
    SUBJECTS.iter().find(|subject| words(subject.name) == wanted).ok_or_else(|| {
        let known: Vec<String> = SUBJECTS.iter().map(|subject| slug(subject.name)).collect();
        let name: String = name.chars().take(80).collect();
        BenchmarkError::Input(format!(
            "UGMathBench has no subject `{name}`; known are ugmathbench:SUBJECT with {}",
            known.join(", ")
        ))
    })
}

/// A subject's name as it is typed: lower case, one hyphen between words.
pub fn slug(name: &str) -> String {
    words(name).join("-")
}

/// A subject's name for people.
pub fn title(name: &str) -> String {
    name.replace("_-_", ", ").replace('_', " ")
}

fn words(name: &str) -> Vec<String> {
    let parts = name.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.map(str::to_lowercase).collect()
}
