//! Local time: what a TZif file (RFC 8536) says about a moment.

/// A zone as read from a TZif file.
pub(crate) struct Zone<'a> {
    file: &'a [u8],
    /// Moments from which each kind of time holds, in seconds since 1970, rising.
    transitions: Vec<(i64, u8)>,
    kinds: Vec<Kind>,
    footer: &'a str,
    /// Offset of the abbreviations in the file.
    names_at: usize,
}

#[derive(Clone, Copy)]
struct Kind {
    offset: i32,
    daylight: bool,
    name: u8,
}

/// What holds at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Local {
    /// Seconds east of UTC.
    pub offset: i32,
    /// Whether it is daylight-saving time.
    pub daylight: bool,
    /// Offset of the opposite kind of time.
    pub opposite: i32,
    /// Where the abbreviation begins in the file.
    pub name_at: usize,
}

fn number(bytes: &[u8], at: usize, len: usize) -> Option<i64> {
    let bytes = bytes.get(at..at.checked_add(len)?)?;
    let first = if bytes.first()? & 0x80 != 0 { -1i64 } else { 0 };
    Some(bytes.iter().fold(first, |value, byte| value << 8 | i64::from(*byte)))
}

/// Lengths of the parts of one block: utc/local, standard/wall, leap seconds, transitions, kinds, abbreviations.
fn counts(file: &[u8], at: usize) -> Option<[usize; 6]> {
    if file.get(at..at + 4)? != b"TZif" {
        return None;
    }
    let mut out = [0; 6];
    for (i, count) in out.iter_mut().enumerate() {
        *count = usize::try_from(number(file, at + 20 + 4 * i, 4)?).ok().filter(|n| *n <= 100_000)?;
    }
    Some(out)
}

impl<'a> Zone<'a> {
    /// Reads a file of version 2 or later.
    pub fn read(file: &'a [u8]) -> Option<Self> {
        let [utc, standard, leaps, times, kinds, names] = counts(file, 0)?;
        let second = 44 + times * 5 + kinds * 6 + names + leaps * 8 + standard + utc;
        let [utc, standard, leaps, times, kind_count, names] = counts(file, second)?;
        let transitions_at = second + 44;
        let indices_at = transitions_at + times * 8;
        let kinds_at = indices_at + times;
        let names_at = kinds_at + kind_count * 6;
        let footer_at = names_at + names + leaps * 12 + standard + utc;
        let transitions = (0..times)
            .map(|i| Some((number(file, transitions_at + 8 * i, 8)?, *file.get(indices_at + i)?)))
            .collect::<Option<Vec<_>>>()?;
        let kinds = (0..kind_count)
            .map(|i| {
                let at = kinds_at + 6 * i;
                let offset = number(file, at, 4)? as i32;
                Some(Kind { offset, daylight: *file.get(at + 4)? != 0, name: *file.get(at + 5)? })
            })
            .collect::<Option<Vec<_>>>()?;
        let footer = std::str::from_utf8(file.get(footer_at..)?).ok()?.trim_matches('\n');
        (!kinds.is_empty()).then_some(Self { file, transitions, kinds, footer, names_at })
    }

    /// What holds at `time`, seconds since 1970; `local` says that it is counted in local time.
    pub fn at(&self, time: i64, local: bool) -> Option<Local> {
        // A local time is close to its moment, so the kind that holds there is found by trying what could hold.
        if local {
            let first = self.kind_at(time.saturating_sub(self.kinds.iter().map(|k| i64::from(k.offset)).max()?))?;
            let second = self.kind_at(time.saturating_sub(i64::from(first.offset)))?;
            return Some(self.local(second));
        }
        Some(self.local(self.kind_at(time)?))
    }

    fn local(&self, kind: Kind) -> Local {
        let other = self.kinds.iter().rev().find(|k| k.daylight != kind.daylight);
        Local {
            offset: kind.offset,
            daylight: kind.daylight,
            opposite: other.map_or(kind.offset, |k| k.offset),
            name_at: self.names_at + usize::from(kind.name),
        }
    }

    /// The abbreviation of a kind of time.
    fn name(&self, kind: Kind) -> &[u8] {
        let rest = self.file.get(self.names_at + usize::from(kind.name)..).unwrap_or_default();
        rest.split(|byte| *byte == 0).next().unwrap_or_default()
    }

    fn kind_at(&self, time: i64) -> Option<Kind> {
        let after = self.transitions.partition_point(|(from, _)| *from <= time);
        if after == 0 {
            return self.kinds.iter().find(|k| !k.daylight).or(self.kinds.first()).copied();
        }
        if after == self.transitions.len()
            && let Some(rule) = Rule::read(self.footer)
        {
            let (offset, daylight, name) = rule.at(time);
            let fits = |k: &&Kind| k.offset == offset && k.daylight == daylight && self.name(**k) == name.as_bytes();
            return self.kinds.iter().find(fits).copied();
        }
        self.kinds.get(usize::from(self.transitions.get(after - 1)?.1)).copied()
    }
}

/// The rule for times after the last transition, a POSIX `TZ` text with dates of the form `Mm.w.d/time`.
struct Rule<'a> {
    standard: (i32, &'a str),
    daylight: Option<(i32, &'a str, Date, Date)>,
}

#[derive(Clone, Copy)]
struct Date {
    month: i64,
    week: i64,
    day: i64,
    seconds: i64,
}

impl<'a> Rule<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let (standard_name, rest) = name(text)?;
        let (standard, rest) = offset(rest)?;
        if rest.is_empty() {
            return Some(Rule { standard: (standard, standard_name), daylight: None });
        }
        let (saving_name, rest) = name(rest)?;
        let (saving, rest) = if rest.starts_with(',') { (standard + 3600, rest) } else { offset(rest)? };
        let (begin, rest) = date(rest.strip_prefix(',')?)?;
        let (end, _) = date(rest.strip_prefix(',')?)?;
        Some(Rule { standard: (standard, standard_name), daylight: Some((saving, saving_name, begin, end)) })
    }

    fn at(&self, time: i64) -> (i32, bool, &'a str) {
        let (standard, standard_name) = self.standard;
        let Some((saving, saving_name, begin, end)) = self.daylight else { return (standard, false, standard_name) };
        let year = year_of(time + i64::from(standard));
        let begins = begin.in_year(year) - i64::from(standard);
        let ends = end.in_year(year) - i64::from(saving);
        let on = if begins < ends { begins <= time && time < ends } else { time < ends || begins <= time };
        if on { (saving, true, saving_name) } else { (standard, false, standard_name) }
    }
}

impl Date {
    /// Local seconds since 1970 of this date in `year`.
    fn in_year(self, year: i64) -> i64 {
        let first = days(year, self.month, 1);
        let weekday = (first + 4).rem_euclid(7);
        let mut day = (self.day - weekday).rem_euclid(7) + 7 * (self.week - 1);
        let (next_year, next_month) = if self.month == 12 { (year + 1, 1) } else { (year, self.month + 1) };
        let length = days(next_year, next_month, 1) - first;
        while day >= length {
            day -= 7;
        }
        (first + day) * 86_400 + self.seconds
    }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (y, m) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    y * 365 + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) + (m * 153 + 2) / 5 + day - 1 - 719_468
}

fn year_of(time: i64) -> i64 {
    let day = time.div_euclid(86_400);
    let mut year = 1970 + day.div_euclid(366);
    for _ in 0..3000 {
        if days(year + 1, 1, 1) > day {
            return year;
        }
        year += 1;
    }
    year
}

/// An abbreviation, which angle brackets may enclose.
fn name(text: &str) -> Option<(&str, &str)> {
    match text.strip_prefix('<') {
        Some(rest) => rest.split_once('>'),
        None => {
            let end = text.find(|c: char| !c.is_ascii_alphabetic())?;
            (end > 0).then(|| text.split_at(end))
        }
    }
}

/// Hours, minutes and seconds with a sign, as seconds.
fn clock(text: &str) -> Option<(i64, &str)> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != ':').unwrap_or(rest.len());
    let mut seconds = 0;
    for (part, unit) in rest[..end].split(':').zip([3600, 60, 1]) {
        seconds += part.parse::<i64>().ok()? * unit;
    }
    Some((sign * seconds, &rest[end..]))
}

/// An offset, which POSIX counts westward.
fn offset(text: &str) -> Option<(i32, &str)> {
    let (seconds, rest) = clock(text)?;
    Some((i32::try_from(-seconds).ok()?, rest))
}

fn date(text: &str) -> Option<(Date, &str)> {
    let rest = text.strip_prefix('M')?;
    let end = rest.find([',', '/']).unwrap_or(rest.len());
    let mut parts = rest[..end].split('.').map(str::parse::<i64>);
    let (month, week, day) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    if !(1..=12).contains(&month) || !(1..=5).contains(&week) || !(0..=6).contains(&day) {
        return None;
    }
    let (seconds, rest) = match rest[end..].strip_prefix('/') {
        Some(rest) => clock(rest)?,
        None => (7200, &rest[end..]),
    };
    Some((Date { month, week, day, seconds }, rest))
}
