//! How a hasty typist changes a question.

use super::dice::Dice;

/// Words that are words too, but not the ones meant.
const REAL_WORDS: [(&str, &str); 22] = [
    ("was", "saw"),
    ("its", "it's"),
    ("much", "mush"),
    ("many", "may"),
    ("fiscal", "physical"),
    ("price", "prize"),
    ("does", "dose"),
    ("for", "four"),
    ("share", "shore"),
    ("sales", "sails"),
    ("end", "and"),
    ("of", "off"),
    ("were", "where"),
    ("how", "who"),
    ("which", "witch"),
    ("did", "dig"),
    ("than", "then"),
    ("plan", "plane"),
    ("note", "not"),
    ("rate", "rat"),
    ("they", "the"),
    ("post", "past"),
];
/// Common slips.
const SLIPS: [(&str, &str); 34] = [
    ("employ", "emploi"),
    ("acquisition", "aquisition"),
    ("decrease", "decrese"),
    ("effective", "efective"),
    ("company", "compnay"),
    ("capital", "captial"),
    ("expenditures", "expenditurs"),
    ("dividend", "dividened"),
    ("agreements", "agreemnets"),
    ("purchase", "purchse"),
    ("goodwill", "goodwil"),
    ("restructuring", "restructering"),
    ("severance", "severence"),
    ("facility", "facilty"),
    ("revolving", "revolvng"),
    ("accrued", "acrued"),
    ("customer", "costumer"),
    ("results", "resutls"),
    ("backlog", "baklog"),
    ("twelve", "twelfe"),
    ("large", "lagre"),
    ("lease", "laese"),
    ("announces", "anounces"),
    ("treasurer", "tresurer"),
    ("paragraph", "paragaph"),
    ("newsletter", "newsleter"),
    ("network", "netwrok"),
    ("change", "chnage"),
    ("allocated", "alocated"),
    ("bargaining", "bargainning"),
    ("repurchases", "repurchaces"),
    ("matter", "mater"),
    ("size", "szie"),
    ("record", "recrod"),
];
/// In thousandths: words split, words run together, other words; slips are the rest (spec section 2).
const SPLIT: i64 = 317;
const TOGETHER: i64 = 255;
const OTHER_WORD: i64 = 232;
/// How often a place for an error is sought at most.
const MOST_TRIES: usize = 200;

/// The question with so many misspellings, in the mix of upstream's data. Names, which are in capitals, and figures are
/// left alone. The same seed gives the same misspellings. Where no word lends itself, there are fewer.
pub fn misspell(question: &str, errors: usize, seed: u64) -> String {
    let mut dice = Dice::new(seed);
    let mut words: Vec<String> = question.split(' ').map(str::to_owned).collect();
    let mut made = 0;
    for _ in 0..MOST_TRIES {
        if made == errors {
            break;
        }
        let kind = dice.between(0, 999);
        made += usize::from(if kind < SPLIT {
            split(&mut words, &mut dice)
        } else if kind < SPLIT + TOGETHER {
            run_together(&mut words, &mut dice)
        } else if kind < SPLIT + TOGETHER + OTHER_WORD {
            replace(&mut words, &REAL_WORDS, &mut dice)
        } else {
            replace(&mut words, &SLIPS, &mut dice)
        });
    }
    words.join(" ")
}

/// Whether a word may be changed: small letters only, but for a mark at its end.
fn is_plain(word: &str) -> bool {
    let bare = word.trim_end_matches([',', '?', '.', ':']);
    !bare.is_empty() && bare.chars().all(|c| c.is_ascii_lowercase())
}

fn split(words: &mut [String], dice: &mut Dice) -> bool {
    let long: Vec<usize> = (0..words.len()).filter(|at| is_plain(&words[*at]) && words[*at].len() >= 6).collect();
    let Some(at) = dice.one(&long).copied() else { return false };
    let place = dice.between(2, words[at].len() as i64 - 3) as usize;
    words[at].insert(place, ' ');
    true
}

fn run_together(words: &mut Vec<String>, dice: &mut Dice) -> bool {
    let pairs: Vec<usize> = (1..words.len())
        .filter(|at| is_plain(&words[*at]) && is_plain(&words[at - 1]) && !words[at - 1].ends_with([',', '?', '.', ':']))
        .collect();
    let Some(at) = dice.one(&pairs).copied() else { return false };
    let second = words.remove(at);
    words[at - 1].push_str(&second);
    true
}

fn replace(words: &mut [String], table: &[(&str, &str)], dice: &mut Dice) -> bool {
    let mut places = Vec::new();
    for (at, word) in words.iter().enumerate().filter(|(_, word)| is_plain(word)) {
        let bare = word.trim_end_matches([',', '?', '.', ':']);
        places.extend(table.iter().filter(|(right, _)| *right == bare).map(|(right, wrong)| (at, right.len(), *wrong)));
    }
    let Some((at, length, wrong)) = dice.one(&places).copied() else { return false };
    words[at].replace_range(..length, wrong);
    true
}
