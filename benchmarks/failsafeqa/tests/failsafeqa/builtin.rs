//! The built-in records: real length, answers that stand in the filing, and accounts that add up.

use proctor_failsafeqa::{FAMILY, MOST_ERRORS, Record, Task, corrupt, misspell, records};
use proptest::prelude::*;
use std::collections::HashSet;

fn built_in() -> Vec<Record> {
    records().expect("the built-in records")
}

#[test]
fn there_are_enough_of_real_length() {
    let records = built_in();
    assert_eq!(records.len() * 7, (FAMILY.cards)()[0].builtin_samples);
    let mut lengths = Vec::new();
    for record in &records {
        let words = record.context.split_whitespace().count();
        lengths.push(record.context.len());
        assert!(words > 8_000, "{}: {words} words", record.idx);
        let citations = record.citations.as_deref().unwrap_or_default();
        assert!((800..12_000).contains(&citations.len()), "{}: {} characters of citations", record.idx, citations.len());
        assert!(citations.contains("[...]\n----\n[...]"), "{citations}");
    }
    lengths.sort_unstable();
    // As upstream's: nearly all long, a few shorter.
    assert!(lengths[0] > 50_000 && lengths[1] > 90_000 && lengths[lengths.len() - 1] < 130_000, "{lengths:?}");
    let generated = records.iter().filter(|record| record.task == Some(Task::Tg)).count();
    assert_eq!((records.len(), generated), (18, 3));
}

#[test]
fn the_same_every_time_and_no_two_alike() {
    assert_eq!(built_in(), built_in());
    let records = built_in();
    for field in [|r: &Record| r.context.to_string(), |r: &Record| r.query.clone(), |r: &Record| r.answer.clone()] {
        assert_eq!(records.iter().map(field).collect::<HashSet<_>>().len(), records.len());
    }
}

#[test]
fn every_form_differs_and_every_figure_of_the_answer_stands_in_the_filing() {
    for record in built_in() {
        let forms = [&record.incomplete_query, &record.out_of_domain_query, &record.error_query, &record.out_of_scope_query];
        let mut seen = HashSet::from([record.query.as_str()]);
        for form in forms {
            let form = form.as_deref().expect("every form is there");
            assert!(seen.insert(form), "{}: {form}", record.idx);
            assert!(!form.contains('{') && !form.contains("  "), "{form}");
        }
        let citations = record.citations.as_deref().expect("citations");
        let figures: Vec<&str> = record
            .answer
            .split_whitespace()
            .map(|word| word.trim_matches(|c: char| !c.is_ascii_digit()))
            .filter(|word| word.len() > 1)
            .collect();
        assert!(!figures.is_empty(), "{}", record.answer);
        for figure in figures {
            assert!(record.context.contains(figure), "{}: {figure} is not in the filing", record.idx);
            assert!(citations.contains(figure), "{}: {figure} is not in the citations: {citations}", record.idx);
        }
    }
}

/// The amounts after a row's name, in the statement that begins with `title`.
fn row(context: &str, title: &str, name: &str) -> Vec<i64> {
    let statement = context.split(title).nth(1).expect("the statement");
    let line = statement.lines().find(|line| line.starts_with(&format!("{name}: "))).expect("the row");
    let amounts = line.split(": ").nth(1).expect("amounts");
    let amount = |text: &str| {
        let digits: i64 = text.chars().filter(char::is_ascii_digit).collect::<String>().parse().expect("a number");
        if text.starts_with('(') { -digits } else { digits }
    };
    amounts.split("; ").map(amount).collect()
}

/// Adds rows of a statement up, year by year.
fn sum(context: &str, title: &str, names: &[(&str, i64)]) -> Vec<i64> {
    let rows: Vec<Vec<i64>> =
        names.iter().map(|(name, sign)| row(context, title, name).iter().map(|a| a * sign).collect()).collect();
    (0..rows[0].len()).map(|year| rows.iter().map(|row| row[year]).sum()).collect()
}

#[test]
fn accounts_add_up() {
    let (income, balance, cash, equity) = (
        "Consolidated statements of income",
        "Consolidated balance sheets",
        "Consolidated statements of cash flows",
        "Consolidated statements of shareholders' equity\n",
    );
    for record in built_in() {
        let text = &record.context;
        let check = |title: &str, total: &str, parts: &[(&str, i64)]| {
            assert_eq!(row(text, title, total), sum(text, title, parts), "{}: {total}", record.idx);
        };
        check(income, "Gross profit", &[("Net sales", 1), ("Cost of sales", -1)]);
        check(
            income,
            "Operating income",
            &[
                ("Gross profit", 1),
                ("Selling, general and administrative expenses", -1),
                ("Research and development", -1),
                ("Amortization of intangible assets", -1),
                ("Restructuring", -1),
            ],
        );
        check(income, "Net income", &[("Operating income", 1), ("Interest expense", -1), ("Income taxes", -1)]);
        let assets = [
            "Cash and cash equivalents",
            "Receivables, less allowance",
            "Inventories",
            "Property, plant and equipment, net",
            "Goodwill",
            "Intangible assets, net",
            "Other assets",
        ]
        .map(|name| (name, 1));
        check(balance, "Total assets", &assets);
        check(balance, "Total assets", &[("Total liabilities", 1), ("Shareholders' equity", 1)]);
        check(
            balance,
            "Total liabilities",
            &["Accounts payable", "Accrued liabilities", "Debt", "Deferred income taxes"].map(|name| (name, 1)),
        );
        check(
            cash,
            "Cash provided by operations",
            &[
                ("Net income", 1),
                ("Depreciation", 1),
                ("Amortization", 1),
                ("Share-based compensation", 1),
                ("Change in receivables", 1),
                ("Change in inventories", 1),
                ("Change in payables, accrued liabilities and other", 1),
            ],
        );
        check(
            cash,
            "Change in cash",
            &[("Cash provided by operations", 1), ("Cash used for investing", 1), ("Cash from or used for financing", 1)],
        );
        check(
            equity,
            "Balance at the end of the year",
            &[
                ("Balance at the beginning of the year", 1),
                ("Net income", 1),
                ("Share-based compensation", 1),
                ("Dividends", 1),
                ("Repurchases of shares", 1),
            ],
        );
        let years = row(text, balance, "Cash and cash equivalents");
        assert_eq!(row(text, cash, "Change in cash")[0], years[0] - years[1], "{}", record.idx);
        assert!(years.iter().all(|amount| *amount > 0), "{}: {years:?}", record.idx);
        assert!(row(text, income, "Net income").iter().all(|amount| *amount > 0), "{}", record.idx);
        assert!(row(text, balance, "Shareholders' equity").iter().all(|amount| *amount > 0), "{}", record.idx);
    }
}

#[test]
fn texts_are_whole() {
    for record in built_in() {
        for wrong in ["{", "}", "undefined", "NaN", "  ", " ,", " .", "$-", "..", "()"] {
            let at = record
                .context
                .find(wrong)
                .map(|at| record.context[at.saturating_sub(60)..].chars().take(120).collect::<String>());
            assert_eq!(at, None, "{}: `{wrong}`", record.idx);
        }
    }
}

#[test]
fn scans_have_as_many_errors_as_wanted() {
    for record in built_in().iter().take(3) {
        let noisy = record.ocr_context.as_deref().expect("a scan");
        assert_ne!(noisy, &*record.context);
        assert_eq!(noisy.lines().count(), record.context.lines().count());
        let digits = |text: &str| text.chars().filter(|c| ('2'..='4').contains(c)).count();
        assert!(digits(noisy) >= digits(&record.context), "figures are spared");
    }
    let text = "abcdefghij ".repeat(5_000);
    assert_eq!(corrupt(&text, 0, 1), text);
    let same = |rate: i64| {
        // Look-alikes keep the length; so count those by place in a text of which nothing is lost.
        let noisy = corrupt(&text, rate, 7);
        (noisy.len() as f64 - text.len() as f64).abs() / text.len() as f64
    };
    assert!(same(MOST_ERRORS) < 0.01 && same(1_000_000) < 0.01, "the cap holds");
    assert_eq!(corrupt(&text, 1_000_000, 7), corrupt(&text, MOST_ERRORS, 7));
    assert_ne!(corrupt(&text, 50, 7), corrupt(&text, 50, 8));
}

#[test]
fn misspellings_leave_names_and_figures_alone() {
    for record in built_in() {
        let wrong = record.error_query.as_deref().expect("misspelled");
        for word in
            record.query.split_whitespace().filter(|word| word.contains(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit()))
        {
            assert!(wrong.contains(word), "{word} in {wrong}");
        }
    }
    assert_eq!(misspell("XY 12?", 3, 1), "XY 12?", "nothing to misspell");
}

proptest! {
    #[test]
    fn any_text_is_corrupted_and_misspelled(text in any::<String>(), seed in any::<u64>(), rate in any::<i64>()) {
        let noisy = corrupt(&text, rate, seed);
        prop_assert!(noisy.chars().count() <= 2 * text.chars().count());
        let _ = misspell(&text, 5, seed);
    }
}
