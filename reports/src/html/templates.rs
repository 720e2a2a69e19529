use super::policy::policy;
use crate::ReportError;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};
use serde::Serialize;

/// The style sheet of every page.
pub const STYLE: &str = concat!(
    include_str!("assets/colours.css"),
    include_str!("assets/page.css"),
    include_str!("assets/samples.css"),
    include_str!("assets/print.css")
);

/// The script of every page. It shows data as text and never as markup.
pub const SCRIPT: &str = concat!(
    "\"use strict\";\nconst proctor = {};\n",
    include_str!("assets/elements.js"),
    include_str!("assets/data.js"),
    include_str!("assets/figures.js"),
    include_str!("assets/highlight.js"),
    include_str!("assets/document.js"),
    include_str!("assets/table.js"),
    include_str!("assets/samples.js"),
    include_str!("assets/compare.js"),
    include_str!("assets/page.js"),
);

const TEMPLATES: [(&str, &str); 10] = [
    ("page", include_str!("templates/page.html.j2")),
    ("macros", include_str!("templates/macros.html.j2")),
    ("matrix", include_str!("templates/matrix.html.j2")),
    ("benchmark", include_str!("templates/benchmark.html.j2")),
    ("figure", include_str!("templates/figure.html.j2")),
    ("samples", include_str!("templates/samples.html.j2")),
    ("compare", include_str!("templates/compare.html.j2")),
    ("report", include_str!("templates/report.html.j2")),
    ("board", include_str!("templates/board.html.j2")),
    ("comparison", include_str!("templates/comparison.html.j2")),
];

/// The templates of report and view. Every value is escaped; undefined ones are errors.
pub struct Templates(Environment<'static>);

impl Templates {
    /// Reads them.
    pub fn new() -> Result<Self, ReportError> {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
        for (name, source) in TEMPLATES {
            environment.add_template(name, source)?;
        }
        Ok(Self(environment))
    }

    /// Adds a template of a caller's own; it can use `macros` and include the others.
    pub fn add(&mut self, name: &'static str, source: &'static str) -> Result<(), ReportError> {
        Ok(self.0.add_template(name, source)?)
    }

    /// A part of a page: the template `name` over the fields of `data`.
    pub fn render(&self, name: &str, data: &impl Serialize) -> Result<String, ReportError> {
        Ok(self.0.get_template(name)?.render(Serde(data))?)
    }

    /// A whole page around a body that these templates rendered.
    pub fn page(&self, shell: Shell) -> Result<String, ReportError> {
        // What is not of base64's alphabet is left out, so that no data can end its element.
        let base64 = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='));
        let mut shell = shell;
        shell.data.retain(|(id, data)| base64(data) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
        Ok(self.0.get_template("page")?.render(context! {
            shell => Serde(shell),
            policy => policy(),
            style => STYLE,
            script => SCRIPT,
        })?)
    }
}

/// What stands around the body of a page.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Shell {
    /// Title and heading.
    pub title: String,
    /// A line under the heading, e.g. what there is and when it was made.
    pub subtitle: String,
    /// Links to parts of the page or to other pages: address and words.
    pub links: Vec<(String, String)>,
    /// The body, already rendered.
    pub body: String,
    /// Packed data for the script: id and base64.
    pub data: Vec<(String, String)>,
    /// Where style sheet and script are served; `None` puts both into the page, which then needs nothing else.
    pub assets: Option<Assets>,
}

/// Addresses of what a served page needs. The server sends its own Content-Security-Policy.
#[derive(Debug, Clone, Serialize)]
pub struct Assets {
    /// Of [`STYLE`].
    pub style: String,
    /// Of [`SCRIPT`], then of further scripts, in the order in which they run.
    pub scripts: Vec<String>,
}
