//! Chat templates in the manner of twelve model families, as Python's jinja2 (set up as the transformers library sets
//! it up) renders them.
#![cfg(feature = "candle")]

mod candle_support;

use candle_support::Tiny;
use proctor_core::{Message, Role};
use proctor_models::candle::OpenFile;
use serde_json::Value;

#[test]
fn templates_render_as_jinja2_does() {
    let families: Vec<Value> = serde_json::from_str(include_str!("fixtures/chat_templates.json")).unwrap();
    assert_eq!(families.len(), 12);
    for family in &families {
        let source: &'static str = family["template"].as_str().unwrap().to_owned().leak();
        let file = Tiny { template: Some(source), ..Tiny::default() }.write();
        let template = OpenFile::read(file.path()).unwrap().template.unwrap();
        for chat in family["chats"].as_array().unwrap() {
            let message = |pair: &Value| {
                let role = match pair[0].as_str() {
                    Some("system") => Role::System,
                    Some("user") => Role::User,
                    _ => Role::Assistant,
                };
                Message::new(role, pair[1].as_str().unwrap())
            };
            let messages: Vec<Message> = chat["messages"].as_array().unwrap().iter().map(message).collect();
            match (template.render(&messages), chat["text"].as_str(), chat["error"].as_str()) {
                (Ok(text), Some(expected), _) => assert_eq!(text, expected, "{}", family["family"]),
                (Err(error), _, Some(expected)) => assert!(error.message.contains(expected), "{}: {error}", family["family"]),
                (result, ..) => panic!("{}: {result:?} for {chat}", family["family"]),
            }
        }
    }
}
