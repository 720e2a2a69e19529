//! The twelve language folders of the benchmark (spec section 1.1) and the words their prompts are made of.

/// The script a language folder is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Script {
    /// Latin letters.
    Latin,
    /// Cyrillic letters.
    Cyrillic,
    /// Arabic letters.
    Arabic,
}

impl Script {
    /// The name for tables.
    pub fn title(self) -> &'static str {
        match self {
            Script::Latin => "Latin",
            Script::Cyrillic => "Cyrillic",
            Script::Arabic => "Arabic",
        }
    }
}

/// One language in one script.
#[derive(Debug, PartialEq, Eq)]
pub struct Language {
    /// Upstream's folder name, which is also the variant's name.
    pub name: &'static str,
    /// The name for people.
    pub title: &'static str,
    /// Its script.
    pub script: Script,
    /// The language folder that it is another script of; `None` for the eight main ones.
    pub variant_of: Option<&'static str>,
    /// What a question is headed by.
    pub question_word: &'static str,
    /// What an answer is headed by, and what `official` extraction looks for.
    pub answer_word: &'static str,
    /// What a worked solution is headed by; `None` where upstream has no worked solutions.
    pub solution_word: Option<&'static str>,
    /// How many questions upstream has.
    pub upstream_samples: usize,
    /// What follows each shot of the answer-only prompt beyond the blank line: a stray space in one language.
    pub after_shot: &'static str,
}

impl Language {
    /// Whether it is one of the eight main languages.
    pub fn is_main(&self) -> bool {
        self.variant_of.is_none()
    }

    /// The language whose folder is called `name`.
    pub fn named(name: &str) -> Option<&'static Language> {
        LANGUAGES.iter().find(|language| language.name == name)
    }

    /// The answer word in lower case, as Python's `str.lower` has it.
    pub fn lower_answer_word(&self) -> String {
        self.answer_word.to_lowercase()
    }
}

const fn language(
    names: [&'static str; 2],
    script: Script,
    variant_of: Option<&'static str>,
    words: [&'static str; 2],
    solution_word: Option<&'static str>,
    upstream_samples: usize,
) -> Language {
    Language {
        name: names[0],
        title: names[1],
        script,
        variant_of,
        question_word: words[0],
        answer_word: words[1],
        solution_word,
        upstream_samples,
        after_shot: "",
    }
}

/// All language folders: the eight main ones first, in the order of the published tables, then the other scripts.
pub static LANGUAGES: [Language; 12] = [
    language(["azerbaijani", "Azerbaijani"], Script::Latin, None, ["Sual", "Cavab"], Some("Həll"), 700),
    language(["crimean-tatar", "Crimean Tatar"], Script::Latin, None, ["Sual", "Cevap"], None, 345),
    language(["karakalpak", "Karakalpak"], Script::Latin, None, ["Soraw", "Juwap"], None, 215),
    language(["kazakh", "Kazakh"], Script::Cyrillic, None, ["Сұрақ", "Жауап"], Some("Шешім"), 899),
    language(["tatar", "Tatar"], Script::Cyrillic, None, ["Сорау", "Җавап"], None, 795),
    language(["turkish", "Turkish"], Script::Latin, None, ["Soru", "Cevap"], Some("Çözüm"), 900),
    language(["uyghur", "Uyghur"], Script::Arabic, None, ["سوئال", "جاۋاب"], None, 494),
    language(["uzbek", "Uzbek"], Script::Latin, None, ["Savol", "Javob"], Some("Yechim"), 700),
    language(
        ["crimean-tatar-cyrillic", "Crimean Tatar (Cyrillic)"],
        Script::Cyrillic,
        Some("crimean-tatar"),
        ["Суаль", "Джевап"],
        None,
        345,
    ),
    language(["kazakh-latin", "Kazakh (Latin)"], Script::Latin, Some("kazakh"), ["Suraq", "Jawap"], Some("Şeşim"), 899),
    language(["uyghur-latin", "Uyghur (Latin)"], Script::Latin, Some("uyghur"), ["Soal", "Jawab"], None, 494),
    Language {
        after_shot: " ",
        ..language(["uzbek-cyrillic", "Uzbek (Cyrillic)"], Script::Cyrillic, Some("uzbek"), ["Савол", "Жавоб"], None, 700)
    },
];
