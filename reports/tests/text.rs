//! How figures and foreign texts are written.

use proctor_reports::text::{bounded, count, decimal, dollars, one_line, seconds, visible};

#[test]
fn numbers_have_their_thousands_apart() {
    for (n, expected) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_885_358_483u64, "1,885,358,483")] {
        assert_eq!(count(n), expected);
    }
    for (value, places, expected) in [(1234.5, 2, "1,234.50"), (-1234.5, 1, "-1,234.5"), (0.0, 0, "0"), (999.999, 2, "1,000.00")]
    {
        assert_eq!(decimal(value, places), expected);
    }
}

#[test]
fn spans_of_time_are_short() {
    let cases = [
        (0.0, "0.00 s"),
        (0.425, "0.42 s"),
        (9.999, "10.0 s"),
        (99.99, "1 min 40 s"),
        (245.0, "4 min 05 s"),
        (3599.6, "1 h 00 min"),
        (9_000_000.0, "2,500 h 00 min"),
        (f64::NAN, "–"),
        (-1.0, "–"),
    ];
    for (value, expected) in cases {
        assert_eq!(seconds(value), expected, "{value}");
    }
}

#[test]
fn hidden_characters_are_made_visible() {
    let cases = [
        ("plain text, naïve, қазақ, 你好 👩‍🚀", "plain text, naïve, қазақ, 你好 👩‍🚀"),
        ("a\0b", "a␀b"),
        ("\u{1b}[31mred", "␛[31mred"),
        ("a\r\nb\rc", "a\nb␍c"),
        ("tab\tstays\n", "tab\tstays\n"),
        ("\u{7f}\u{85}", "␡⟨U+0085⟩"),
        ("if admin\u{202e} } \u{2066}begin", "if admin⟨U+202E⟩ } ⟨U+2066⟩begin"),
        ("\u{feff}x\u{2028}y", "⟨U+FEFF⟩x⟨U+2028⟩y"),
        ("שלום", "שלום"),
    ];
    for (text, expected) in cases {
        assert_eq!(visible(text), expected, "{text:?}");
    }
    assert_eq!(one_line("a\nb\tc\r\n\n"), "a ⏎ b c");
}

#[test]
fn a_long_text_keeps_its_ends_and_says_what_is_gone() {
    let text = format!("{}END", "é".repeat(5_000_000));
    let part = bounded(&text, 1000);
    assert_eq!(part.whole, Some(10_000_003));
    assert!(part.text.len() < 1100 && part.text.ends_with("END") && part.text.contains("bytes left out"));
    let kept: usize = part.text.chars().filter(|c| *c == 'é').count() * 2 + 3;
    assert!(part.text.contains(&format!("… {} bytes left out …", count((10_000_003 - kept) as u64))), "{}", part.text);
    assert_eq!(bounded("short", 5).whole, None);
    for limit in 0..12 {
        assert!(bounded("aé漢👩‍🚀z", limit).text.len() < 80, "{limit}");
    }
}

#[test]
fn small_amounts_of_money_are_not_nothing() {
    for (amount, expected) in [
        (0.0, "0.0000"),
        (1234.5, "1,234.5000"),
        (0.0123, "0.0123"),
        (0.001, "0.0010"),
        (0.000_042, "0.000042"),
        (1.25e-6, "0.0000013"),
    ] {
        assert_eq!(dollars(amount), expected, "{amount}");
    }
}
