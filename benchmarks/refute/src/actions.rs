//! The actions in a reply (spec section 3, output grammar).

use roxmltree::{Document, Node};
use std::collections::BTreeMap;

/// What one action holds: `code`, `lang` and whatever else stands in it, by name.
pub type Fields = BTreeMap<String, String>;

/// The actions of a reply by name; of several with one name the last.
pub type Actions = BTreeMap<String, Fields>;

/// Why upstream's reading finds no actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoActions {
    /// What was cut out is not XML.
    ParseError,
    /// A step before or after raises an exception: no action at all, an empty field, an action without a name.
    Raises,
}

impl NoActions {
    /// The word for tables.
    pub fn as_str(self) -> &'static str {
        match self {
            NoActions::ParseError => "parse_error",
            NoActions::Raises => "raises_AttributeError",
        }
    }
}

/// Reads a reply exactly as upstream does.
pub fn official(text: &str) -> Result<Actions, NoActions> {
    let text = without_thoughts(text);
    let opening = if text.contains("<reason>") && text.contains("</reason>") { "<reason>" } else { "<action>" };
    let closing = "</action>";
    let cut = text.find(opening).and_then(|start| {
        let end = text.rfind(closing).filter(|end| *end >= start + opening.len())?;
        text.get(start..end + closing.len())
    });
    let cut = cut.ok_or(NoActions::Raises)?;
    let wrapped = wrap(&wrap(cut, "reason"), "code");
    let document = format!("<root>{wrapped}</root>");
    let document = Document::parse(&document).map_err(|_| NoActions::ParseError)?;
    let mut actions = Actions::new();
    for action in document.root_element().children().filter(|child| child.has_tag_name("action")) {
        let mut fields = Fields::new();
        for field in action.children().filter(Node::is_element) {
            let text = leading_text(field);
            if text.is_empty() {
                return Err(NoActions::Raises);
            }
            fields.insert(field.tag_name().name().to_owned(), strip(&text).to_owned());
        }
        let name = fields.remove("name").ok_or(NoActions::Raises)?;
        actions.insert(name, fields);
    }
    Ok(actions)
}

/// Reads a reply as it was meant: tags need not be well-formed, programs may be fenced or in CDATA, and a last closing
/// tag may be missing.
pub fn tolerant(text: &str) -> Actions {
    let text = without_thoughts(text);
    let mut actions = Actions::new();
    for block in text.split("<action>").skip(1) {
        let block = block.rfind("</action>").and_then(|end| block.get(..end)).unwrap_or(block);
        let Some(name) = between(block, "<name>", "</name>").map(|name| strip(name).to_owned()) else { continue };
        let mut fields = Fields::new();
        if let Some(start) = block.find("<code>").map(|start| start + "<code>".len()) {
            let body = block.get(start..).unwrap_or_default();
            let body = body.rfind("</code>").and_then(|end| body.get(..end)).unwrap_or(body);
            fields.insert("code".into(), bare(body).to_owned());
        }
        let after = block.rfind("</code>").and_then(|end| block.get(end..)).unwrap_or(block);
        let language = between(after, "<lang>", "</lang>").or_else(|| between(block, "<lang>", "</lang>")).map(strip);
        fields.insert("lang".into(), language.filter(|language| !language.is_empty()).unwrap_or("Python 3").to_owned());
        actions.insert(name, fields);
    }
    actions
}

/// Without what stands from the first `<thoughts>` to the last `</thoughts>`.
fn without_thoughts(text: &str) -> String {
    let start = text.find("<thoughts>");
    let end = text.rfind("</thoughts>");
    match (start, end) {
        (Some(start), Some(end)) if end >= start + "<thoughts>".len() => {
            let (before, after) = (text.get(..start), text.get(end + "</thoughts>".len()..));
            format!("{}{}", before.unwrap_or_default(), after.unwrap_or_default())
        }
        _ => text.to_owned(),
    }
}

/// Puts the bodies of a tag into CDATA, each up to the first closing tag.
fn wrap(text: &str, tag: &str) -> String {
    let (opening, closing) = (format!("<{tag}>"), format!("</{tag}>"));
    let mut wrapped = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some((before, body, after)) = rest.split_once(&opening).and_then(|(before, after)| {
        let (body, after) = after.split_once(&closing)?;
        Some((before, body, after))
    }) {
        wrapped.push_str(before);
        wrapped.push_str(&format!("{opening}<![CDATA[{body}]]>{closing}"));
        rest = after;
    }
    wrapped.push_str(rest);
    wrapped
}

/// The text before an element's first child element.
fn leading_text(node: Node<'_, '_>) -> String {
    node.children().take_while(|child| !child.is_element()).filter(Node::is_text).filter_map(|child| child.text()).collect()
}

fn between<'a>(text: &'a str, opening: &str, closing: &str) -> Option<&'a str> {
    let (_, after) = text.split_once(opening)?;
    after.split_once(closing).map(|(inner, _)| inner)
}

/// A program without CDATA marks and without the fence around it.
fn bare(body: &str) -> &str {
    let mut body = strip(body);
    if let Some(inner) = body.strip_prefix("<![CDATA[") {
        body = strip(inner.strip_suffix("]]>").unwrap_or(inner));
    }
    if let Some(inner) = body.strip_prefix("```") {
        let inner = inner.split_once('\n').map_or("", |(_, rest)| rest);
        body = strip(inner.strip_suffix("```").unwrap_or(inner));
    }
    body
}

/// As Python's `str.strip`.
fn strip(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c))
}
