//! Recognising an option by its text.

use super::text::{fold, folded, plain};

/// The options of a question in comparable form.
pub struct Options {
    texts: Vec<String>,
    /// The same without white space.
    squeezed: Vec<String>,
    /// Most bytes of a line that may be an option as a whole: markup and blanks included.
    most_bytes: usize,
}

impl Options {
    /// Prepares the options.
    pub fn of(choices: &[String]) -> Options {
        let longest = choices.iter().map(String::len).max().unwrap_or(0);
        Options::with(choices.iter().map(|choice| comparable(choice)).collect(), longest * 4 + 64)
    }

    fn with(texts: Vec<String>, most_bytes: usize) -> Options {
        Options { squeezed: texts.iter().map(|text| squeeze(text)).collect(), texts, most_bytes }
    }

    /// The first line of `text`, unless it is too long to be an option.
    pub fn first_line<'a>(&self, text: &'a str) -> Option<&'a str> {
        let head = text.get(..text.floor_char_boundary(self.most_bytes))?;
        match head.split_once('\n') {
            Some((line, _)) => Some(line),
            None => (head.len() == text.len()).then_some(text),
        }
    }

    /// The option that `text` is, as a whole; of several that read alike the first.
    pub fn equal(&self, text: &str) -> Option<usize> {
        let wanted = comparable(text);
        if wanted.is_empty() {
            return None;
        }
        let squeezed = squeeze(&wanted);
        self.squeezed.iter().position(|text| *text == squeezed)
    }

    /// The only option whose text occurs in `sentence`, or, where all options are numbers with one unit, whose number
    /// does. One that is part of another that occurs does not count.
    pub fn mentioned(&self, sentence: &str) -> Option<usize> {
        let sentence = comparable(sentence);
        self.mentioned_in(&sentence).or_else(|| self.numbers()?.mentioned_in(&sentence))
    }

    /// The options without their unit, where they have one and the same.
    fn numbers(&self) -> Option<Options> {
        let split = |text: &str| {
            let end =
                text.find(|character: char| !character.is_numeric() && !matches!(character, '.' | ',')).unwrap_or(text.len());
            let (number, unit) = text.split_at(end);
            (number.to_owned(), unit.trim().to_owned())
        };
        let parts: Vec<(String, String)> = self.texts.iter().map(|text| split(text)).collect();
        let (_, unit) = parts.first()?;
        let alike = parts.iter().all(|(number, other)| !number.is_empty() && other == unit);
        let plain = !unit.is_empty() && unit.chars().all(|character| character.is_alphabetic());
        (alike && plain).then(|| Options::with(parts.iter().map(|(number, _)| number.clone()).collect(), self.most_bytes))
    }

    fn mentioned_in(&self, sentence: &str) -> Option<usize> {
        let occur: Vec<usize> = (0..self.texts.len()).filter(|place| self.occurs(*place, sentence)).collect();
        let text = |place: &usize| self.texts.get(*place).map_or("", String::as_str);
        let whole = |place: &&usize| {
            !occur.iter().any(|other| text(other).len() > text(place).len() && text(other).contains(text(place)))
        };
        let mut found = occur.iter().filter(whole);
        let first = found.next()?;
        found.all(|other| text(other) == text(first)).then_some(*first)
    }

    /// Whether `text`, which is plain, begins with the option at `position`, which has more than one letter.
    pub fn begins(&self, position: usize, text: &str) -> bool {
        let Some(option) = self.squeezed.get(position).filter(|option| option.chars().nth(1).is_some()) else { return false };
        let line = text.chars().take_while(|character| *character != '\n').skip_while(|character| is_edge(*character));
        let mut given = folded(line.filter(|character| !character.is_whitespace()));
        option.chars().all(|expected| given.next() == Some(expected))
    }

    /// Whether the text of every option occurs in `text`, as where a question is repeated.
    pub fn all_occur(&self, text: &str) -> bool {
        let text = comparable(text);
        self.texts.iter().all(|option| text.contains(option.as_str()))
    }

    fn occurs(&self, place: usize, sentence: &str) -> bool {
        let Some(option) = self.texts.get(place) else { return false };
        let letters = option.chars().filter(|character| character.is_alphanumeric()).count();
        let numeric = option.chars().all(|character| !character.is_alphabetic());
        if letters == 0 || letters == 1 && !numeric {
            return false;
        }
        sentence.match_indices(option.as_str()).any(|(start, _)| {
            let before = sentence.get(..start).unwrap_or_default();
            let after = sentence.get(start + option.len()..).unwrap_or_default();
            stands_free(before, after, numeric, letters)
        })
    }
}

/// Most letters of an ending that an option's last word may have in a sentence.
const MOST_SUFFIX: usize = 4;

/// Whether what matched between `before` and `after` is a word or number of its own, endings of words allowed.
fn stands_free(before: &str, after: &str, numeric: bool, letters: usize) -> bool {
    let mut left = before.chars().rev();
    let starts = match (left.next(), left.next()) {
        (Some('.' | ','), Some(digit)) => !numeric || !digit.is_numeric(),
        (Some('-' | '−' | '+' | '/' | '^' | '*' | '\\'), _) => !numeric,
        (Some(character), _) => !character.is_alphanumeric(),
        (None, _) => true,
    };
    let suffix = after.chars().take(MOST_SUFFIX + 1).take_while(|character| character.is_alphanumeric()).count();
    let mut right = after.chars();
    let ends = match (right.next(), right.next()) {
        (Some('.' | ','), Some(digit)) if numeric => !digit.is_numeric(),
        (Some('/' | '^' | '%' | '='), _) if numeric => false,
        _ if numeric => suffix == 0,
        _ => suffix == 0 || letters >= 4 && suffix <= MOST_SUFFIX,
    };
    starts && ends
}

/// Folded, without markup, one space for each run of white space, no punctuation at the ends.
fn comparable(text: &str) -> String {
    let plain = fold(&plain(text));
    let words: Vec<&str> = plain.split_whitespace().collect();
    words.join(" ").trim_matches(is_edge).trim().to_owned()
}

/// Punctuation that does not count at the ends of an option.
fn is_edge(character: char) -> bool {
    matches!(
        character,
        '.' | ',' | ';' | ':' | '!' | '?' | '"' | '\'' | '«' | '»' | '“' | '”' | '„' | '’' | '‘' | '؟' | '،' | '؛' | ' '
    )
}

fn squeeze(text: &str) -> String {
    text.chars().filter(|character| !character.is_whitespace()).collect()
}
