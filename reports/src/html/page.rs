use super::evidence::Budget;
use super::run::{RunPage, run_page};
use crate::{ReportError, ReportRun};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("templates/style.css");
const SCRIPT: &str = include_str!("templates/script.js");
const TEMPLATES: [(&str, &str); 4] = [
    ("page", include_str!("templates/page.html.j2")),
    ("run", include_str!("templates/run.html.j2")),
    ("sample", include_str!("templates/sample.html.j2")),
    ("macros", include_str!("templates/macros.html.j2")),
];

/// What a page says besides the runs, and how much of the evidence it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageOptions {
    /// Title and heading.
    pub title: String,
    /// When it was made, in words; left out when `None`, so that equal runs give equal pages.
    pub made_at: Option<String>,
    /// Most bytes of one text (prompt, answer, program, output) in the page.
    pub text_bytes: usize,
    /// Most bytes of all texts; the samples after that have their figures only, and the page says so.
    pub evidence_bytes: usize,
}

impl Default for PageOptions {
    fn default() -> Self {
        Self { title: "proctor report".to_string(), made_at: None, text_bytes: 16 << 10, evidence_bytes: 16 << 20 }
    }
}

/// Renders runs as one self-contained HTML page.
pub fn page(runs: &[ReportRun], options: &PageOptions) -> Result<String, ReportError> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    for (name, source) in TEMPLATES {
        environment.add_template(name, source)?;
    }
    let mut budget = Budget::new(options.text_bytes, options.evidence_bytes);
    let pages: Vec<RunPage> = runs.iter().enumerate().map(|(i, run)| run_page(i, run, &mut budget)).collect();
    let policy = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
        source_hash(STYLE),
        source_hash(SCRIPT)
    );
    Ok(environment.get_template("page")?.render(context! {
        title => options.title.clone(),
        made_at => options.made_at.clone(),
        policy,
        style => STYLE,
        script => SCRIPT,
        runs => Serde(pages),
    })?)
}

/// The hash by which a Content-Security-Policy knows an inline script or style sheet.
fn source_hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}
