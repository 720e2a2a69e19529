/// The whole numbers a judge may give, one digit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RatingScale {
    low: u8,
    high: u8,
}

impl RatingScale {
    /// From `low` to `high`; both are brought into 0..=9, and into order.
    pub const fn new(low: u8, high: u8) -> Self {
        let low = if low > 9 { 9 } else { low };
        let high = if high > 9 { 9 } else { high };
        if low <= high { Self { low, high } } else { Self { low: high, high: low } }
    }

    /// The lowest rating.
    pub const fn low(self) -> u8 {
        self.low
    }

    /// The highest rating.
    pub const fn high(self) -> u8 {
        self.high
    }

    /// Whether `rating` is on the scale.
    pub const fn contains(self, rating: u8) -> bool {
        self.low <= rating && rating <= self.high
    }
}

/// The last rating in a judge's reply: two opening brackets, optional blanks, one digit of the scale, optional blanks,
/// two closing brackets. `None` where there is none: a single bracket may be a citation, and `[[4.5]]` or `[[7]]` on a
/// scale to 6 is no rating. Takes time linear in the text.
pub fn last_rating(text: &str, scale: RatingScale) -> Option<u8> {
    let mut last = None;
    let mut from = 0;
    while let Some(found) = text[from..].find("[[") {
        let inside = from + found + 2;
        last = inner(&text[inside..], scale).or(last);
        // One bracket on, so that `[[[5]]` is found, too.
        from = inside - 1;
    }
    last
}

/// The rating that `text`, which follows two opening brackets, begins with.
fn inner(text: &str, scale: RatingScale) -> Option<u8> {
    let text = text.trim_start_matches(is_blank);
    let digit = text.bytes().next().filter(u8::is_ascii_digit)?;
    let rest = text[1..].trim_start_matches(is_blank);
    let rating = digit - b'0';
    (rest.starts_with("]]") && scale.contains(rating)).then_some(rating)
}

/// White space as Python's `\s` sees it, which counts the four information separators.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}
