//! The words that point at an answer, in every language of the benchmark and the two that models fall back to. All are
//! folded; a word of a text is compared by its beginning, since these languages add suffixes.

use super::text::fold;

/// Beginnings of the word for answer. Models mix languages and scripts, so all are looked for in all of them.
const ANSWER: &[&str] = &[
    "cavab",
    "cevab",
    "cevap",
    "cavap",
    "juwap",
    "juwab",
    "juwob",
    "juvap",
    "jawap",
    "jawab",
    "javob",
    "javab",
    "jauap",
    "jauab",
    "жауап",
    "жауаб",
    "жавап",
    "җавап",
    "җаваб",
    "жавоб",
    "жовоб",
    "джевап",
    "джеваб",
    "жуап",
    "жуўап",
    "жооп",
    "جاۋاب",
    "جاۋاپ",
    "yanit",
    "ответ",
    "answer",
];

/// Beginnings of words for an option.
const OPTION: &[&str] = &[
    "variant",
    "varyant",
    "variyant",
    "şik",
    "seçene",
    "seçim",
    "bənd",
    "hərf",
    "harf",
    "вариант",
    "нұсқа",
    "нусқа",
    "nusqa",
    "nüsqa",
    "nusxa",
    "нусха",
    "әріп",
    "хәреф",
    "ۋارىيانت",
    "ۋارىيانىت",
    "تاللان",
    "تاللاش",
    "ھەرپ",
    "ئېھتىمال",
    "nūsqa",
    "wariyant",
    "tallan",
    "şiq",
    "option",
];

/// Words that may stand between the word for answer and the letter.
const FILLER: &[&str] = &[
    "budur",
    "bu",
    "şudur",
    "şu",
    "belədir",
    "isə",
    "ise",
    "olaraq",
    "olarak",
    "olacaq",
    "olur",
    "yəni",
    "yani",
    "sadəcə",
    "yalniz",
    "is",
    "the",
    "letter",
    "бұл",
    "бул",
    "мынау",
    "мынадай",
    "келесі",
    "тек",
    "бу",
    "шу",
    "бит",
    "shu",
    "faqat",
    "bul",
    "بۇ",
    "پەقەت",
    "مۇنداق",
];

/// Beginnings of words that say right; Uzbek's is three words where an apostrophe parts it.
const RIGHT: &[&str] = &[
    "doğru",
    "dogru",
    "düzgün",
    "düz",
    "дұрыс",
    "дурыс",
    "durys",
    "dūrys",
    "duris",
    "дөрес",
    "дурус",
    "тўғри",
    "тугри",
    "toğri",
    "togri",
    "toʻgʻri",
    "догъру",
    "توغرا",
    "توغرى",
    "toghra",
    "верн",
    "правильн",
    "correct",
    "right",
];

/// Beginnings of words that say no or wrong.
const NEGATION: &[&str] = &[
    "deyil",
    "değil",
    "degil",
    "dəyil",
    "yanliş",
    "yanlis",
    "yalniş",
    "səhv",
    "xato",
    "xata",
    "noto",
    "emas",
    "эмас",
    "хато",
    "ното",
    "емес",
    "қате",
    "бұрыс",
    "түгел",
    "ялгыш",
    "дегиль",
    "янълыш",
    "emes",
    "nadur",
    "qäte",
    "qate",
    "ئەمەس",
    "خاتا",
    "incorrect",
    "wrong",
];

/// Beginnings of words that say there is none.
const NONE: &[&str] = &[
    "yox",
    "yoq",
    "жоқ",
    "йоқ",
    "жок",
    "юк",
    "yuq",
    "يوق",
    "heç",
    "hiç",
    "һич",
    "ешқан",
    "ешқай",
    "ешбір",
    "hech",
    "ҳеч",
    "ھېچ",
    "none",
];

/// What is left of Uzbek's word for right between its apostrophes.
const UZBEK_RIGHT: [&str; 3] = ["to", "g", "ri"];

/// Beginnings of words for the other, remaining ones.
const OTHER: &[&str] = &[
    "digər",
    "diğer",
    "diger",
    "qalan",
    "kalan",
    "qalğan",
    "qalǵan",
    "basqa",
    "bashqa",
    "başqa",
    "başka",
    "boshqa",
    "qolgan",
    "özge",
    "басқа",
    "қалған",
    "башка",
    "калган",
    "бошқа",
    "қолган",
    "башкъа",
    "къалгъан",
    "باشقا",
    "قالغان",
    "other",
    "остальн",
];

/// Words for and, with, or.
const CONJUNCTION: &[&str] = &[
    "və",
    "ve",
    "ва",
    "va",
    "vä",
    "мен",
    "және",
    "һәм",
    "hám",
    "hem",
    "ham",
    "ҳам",
    "яки",
    "ya",
    "yaki",
    "yoki",
    "ёки",
    "veya",
    "немесе",
    "and",
    "or",
    "ۋە",
    "بىلەن",
    "ھەم",
    "ياكى",
    "bilan",
    "билан",
    "bilen",
    "белән",
    "ile",
    "ilə",
    "и",
];

/// Endings that make a plural: a list of answers or options follows, not a choice among them.
const PLURAL: &[&str] = &[
    "lar", "lər", "ler", "lär", "tar", "ter", "dar", "der", "лар", "лер", "ләр", "тар", "тер", "дар", "дер", "тәр", "لار", "لەر",
    "لىر", "liri",
];

/// Endings that make a sentence of a letter, as in "Bdir".
const COPULA: &[&str] =
    &["dir", "dur", "dür", "tir", "tur", "tür", "дір", "дыр", "тір", "тыр", "дир", "дур", "тир", "دۇر", "تۇر", "دىر", "دۈر"];

/// Most characters that suffixes add to a word for answer or option.
const MOST_SUFFIX: usize = 8;

/// Whether a word is the word for answer, in the singular.
pub fn is_answer(word: &str) -> bool {
    begins_with_one_of(word, ANSWER)
}

/// Whether a word means an option, in the singular.
pub fn is_option(word: &str) -> bool {
    begins_with_one_of(word, OPTION)
}

/// Whether a word may be passed over between the word for answer and the letter.
pub fn is_filler(word: &str) -> bool {
    FILLER.contains(&fold(word).as_str()) || UZBEK_RIGHT.contains(&fold(word).as_str()) || is_option(word) || is_right(word)
}

/// Whether a word says right.
pub fn is_right(word: &str) -> bool {
    let folded = fold(word);
    RIGHT.iter().any(|beginning| folded.starts_with(beginning)) || folded == UZBEK_RIGHT[2]
}

/// Whether a word says no or wrong.
pub fn is_negation(word: &str) -> bool {
    let folded = fold(word);
    NEGATION.iter().any(|beginning| folded.starts_with(beginning))
}

/// Whether a word means the others.
pub fn is_other(word: &str) -> bool {
    let folded = fold(word);
    OTHER.iter().any(|beginning| folded.starts_with(beginning))
}

/// Whether a word says that there is none, or that it cannot be.
pub fn is_none(word: &str) -> bool {
    let folded = fold(word);
    NONE.iter().any(|beginning| folded.starts_with(beginning))
}

/// Whether a word joins two letters.
pub fn is_conjunction(word: &str) -> bool {
    CONJUNCTION.contains(&fold(word).as_str())
}

/// Whether a letter with this behind it is a sentence by itself.
pub fn is_copula(suffix: &str) -> bool {
    COPULA.contains(&fold(suffix).as_str())
}

fn begins_with_one_of(word: &str, beginnings: &[&str]) -> bool {
    let folded = fold(word);
    beginnings.iter().any(|beginning| {
        folded.strip_prefix(beginning).is_some_and(|suffix| {
            suffix.chars().count() <= MOST_SUFFIX && !PLURAL.iter().any(|plural| suffix.starts_with(plural))
        })
    })
}
