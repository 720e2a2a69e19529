//! The parser of server-sent events.

use proctor_models::{ServerEvent, SseParser};
use proptest::prelude::*;

fn event(event: Option<&str>, data: &str) -> ServerEvent {
    ServerEvent { event: event.map(str::to_owned), data: data.to_owned() }
}

/// All events of `stream` when it arrives in pieces that end at `cuts`.
fn parse(stream: &[u8], cuts: &[usize]) -> Vec<ServerEvent> {
    let mut cuts: Vec<_> = cuts.iter().map(|c| c % (stream.len() + 1)).collect();
    cuts.sort_unstable();
    cuts.push(stream.len());
    let (mut parser, mut events, mut start) = (SseParser::new(), Vec::new(), 0);
    for cut in cuts {
        parser.push(&stream[start..cut], &mut events).unwrap();
        start = cut;
    }
    events.extend(parser.finish());
    events
}

#[test]
fn streams_are_read_as_the_standard_says() {
    let cases: &[(&str, &[ServerEvent])] = &[
        ("", &[]),
        ("data: a\n\ndata: b\n\n", &[event(None, "a"), event(None, "b")]),
        ("data: a\r\n\r\ndata: b\r\n\r\n", &[event(None, "a"), event(None, "b")]),
        ("data: a\r\rdata: b\r\r", &[event(None, "a"), event(None, "b")]),
        ("data: one\ndata: two\n\n", &[event(None, "one\ntwo")]),
        (": ping\n\ndata: a\n: inside\n\n", &[event(None, "a")]),
        ("data:no space\n\n", &[event(None, "no space")]),
        ("data:  two spaces\n\n", &[event(None, " two spaces")]),
        ("event: error\ndata: {}\nid: 4\nretry: 10\n\n", &[event(Some("error"), "{}")]),
        ("event: nothing\n\ndata: a\n\n", &[event(None, "a")]),
        ("data\n\n", &[event(None, "")]),
        ("data\ndata\n\n", &[event(None, "\n")]),
        ("\u{feff}data: a\n\n", &[event(None, "a")]),
        ("data: with: colon\n\n", &[event(None, "with: colon")]),
        ("unknown: x\ndata: a\n\n", &[event(None, "a")]),
        ("data: no blank line", &[event(None, "no blank line")]),
        ("data: no blank line\n", &[event(None, "no blank line")]),
        ("data: \u{1f600}\u{e9}\n\n", &[event(None, "\u{1f600}\u{e9}")]),
    ];
    for (stream, expected) in cases {
        assert_eq!(parse(stream.as_bytes(), &[]), *expected, "{stream:?}");
        let every_byte: Vec<_> = (0..=stream.len()).collect();
        assert_eq!(parse(stream.as_bytes(), &every_byte), *expected, "{stream:?} byte by byte");
    }
}

#[test]
fn an_endless_event_is_refused() {
    let (mut parser, mut events) = (SseParser::new(), Vec::new());
    let piece = vec![b'x'; 1 << 20];
    let refused = (0..20).any(|_| parser.push(&piece, &mut events).is_err());
    assert!(refused && events.is_empty());
}

proptest! {
    #[test]
    fn splitting_changes_nothing(
        stream in proptest::collection::vec(
            prop_oneof![
                Just("data: ".to_owned()), Just("data:".to_owned()), Just("event: x".to_owned()), Just(": c".to_owned()),
                Just("\r".to_owned()), Just("\n".to_owned()), Just("\r\n".to_owned()), Just("\n\n".to_owned()),
                Just("\u{feff}".to_owned()), "[a-z \u{e9}\u{1f600}]{1,5}",
            ],
            0..40,
        ),
        cuts in proptest::collection::vec(any::<usize>(), 0..12),
    ) {
        let bytes = stream.concat().into_bytes();
        prop_assert_eq!(parse(&bytes, &[]), parse(&bytes, &cuts));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), cuts in proptest::collection::vec(any::<usize>(), 0..8)) {
        prop_assert_eq!(parse(&bytes, &[]), parse(&bytes, &cuts));
    }

    #[test]
    fn what_is_written_is_read(texts in proptest::collection::vec("[a-z\u{e9}]{1,8}( [a-z]{1,8})?(\n[a-z]{0,8}){0,2}", 0..8), cuts in proptest::collection::vec(any::<usize>(), 0..8)) {
        let stream: String = texts.iter().map(|t| format!("data: {}\r\n\r\n", t.replace('\n', "\r\ndata: "))).collect();
        let events = parse(stream.as_bytes(), &cuts);
        prop_assert_eq!(events.into_iter().map(|e| e.data).collect::<Vec<_>>(), texts);
    }
}
