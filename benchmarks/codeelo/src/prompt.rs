//! The question: an instruction, then the problem as HTML (spec section 3).

use proctor_core::Sample;
use serde_json::Value;

/// The instruction in the project's own words.
pub const INSTRUCTION: &str = include_str!("../prompts/instruction.txt");

/// The whole question.
pub fn build(sample: &Sample, language: &str) -> String {
    format!("{}\n{}", INSTRUCTION.replace("LANGUAGE", language), html(sample))
}

/// Title and sections. Limits are not shown, as upstream does not show them.
fn html(sample: &Sample) -> String {
    let mut page = format!("<html><body>\n<h1>{}</h1>\n", sample.text("title").unwrap_or(&sample.id));
    page.push_str(&format!("<div>{}</div>\n", sample.text("description").unwrap_or_default()));
    let mut section = |title: &str, content: &str| {
        page.push_str(&format!("<h2>{title}</h2>\n<div>{content}</div>\n"));
    };
    for (title, name) in [("Input", "input"), ("Output", "output"), ("Interaction", "interaction")] {
        if let Some(text) = sample.text(name) {
            section(title, text);
        }
    }
    let examples = sample.inputs.get("examples").and_then(Value::as_array).cloned().unwrap_or_default();
    let shown: Vec<String> = examples
        .iter()
        .map(|example| {
            let part = |at: usize| example.get(at).and_then(Value::as_str).unwrap_or_default();
            format!("<pre>Input:\n{}\nOutput:\n{}</pre>", part(0).trim_end(), part(1).trim_end())
        })
        .collect();
    if !shown.is_empty() {
        section("Examples", &shown.join("\n"));
    }
    if let Some(note) = sample.text("note") {
        section("Note", note);
    }
    page.push_str("</body></html>");
    page
}
