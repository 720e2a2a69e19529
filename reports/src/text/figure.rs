use crate::summary::{ScoredMetric, Summary, Unit};

/// A whole number with thousands apart: `12,345`.
pub fn count(n: impl Into<u128>) -> String {
    grouped(&n.into().to_string())
}

/// An amount of US dollars with four decimals, or with two digits that tell where that would be nothing: `0.000042`.
pub fn dollars(amount: f64) -> String {
    let places = if amount > 0.0 && amount < 0.001 { 1.0 - amount.log10().floor() } else { 4.0 };
    decimal(amount, places.min(15.0) as usize)
}

/// A number with `places` decimals and thousands apart: `1,234.5`.
pub fn decimal(value: f64, places: usize) -> String {
    let text = format!("{value:.places$}");
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    match digits.split_once('.') {
        Some((whole, rest)) => format!("{sign}{}.{rest}", grouped(whole)),
        None => format!("{sign}{}", grouped(digits)),
    }
}

/// A figure in its unit: `12.2%`, `1,016.40`, `13`.
pub fn figure(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Fraction => format!("{:.1}%", value * 100.0),
        Unit::Number if value.fract() == 0.0 => decimal(value, 0),
        Unit::Number => decimal(value, 2),
    }
}

/// The score of a metric, `withheld`, or a dash where there is none.
pub fn score(metric: &ScoredMetric, summary: &Summary) -> String {
    match metric.value {
        Some(value) => figure(value, metric.unit),
        None if summary.withheld.is_some() => "withheld".to_string(),
        None => "–".to_string(),
    }
}

/// The interval of a metric: `8.0–18.1%`; a dash where there is none.
pub fn interval(metric: &ScoredMetric) -> String {
    metric.interval.map_or("–".to_string(), |i| range(i.low, i.high, metric.unit))
}

/// Two ends in their unit: `8.0–18.1%`, `1,016.40 to 1,120.00`.
pub fn range(low: f64, high: f64, unit: Unit) -> String {
    match unit {
        Unit::Fraction => format!("{:.1}–{:.1}%", low * 100.0, high * 100.0),
        Unit::Number => format!("{} to {}", decimal(low, 2), decimal(high, 2)),
    }
}

/// A difference in its unit with its sign: `+3.2 points`, `−0.41`; of shares it is percentage points.
pub fn difference(value: f64, unit: Unit) -> String {
    let sign = if value > 0.0 {
        "+"
    } else if value < 0.0 {
        "−"
    } else {
        "±"
    };
    match unit {
        Unit::Fraction => format!("{sign}{:.1}", value.abs() * 100.0),
        Unit::Number => format!("{sign}{}", decimal(value.abs(), 2)),
    }
}

/// A p-value: `0.031`, `< 0.001`.
pub fn p_value(p: f64) -> String {
    match p {
        p if !p.is_finite() => "–".to_string(),
        p if p < 0.001 => "< 0.001".to_string(),
        p => format!("{p:.3}"),
    }
}

/// The counts behind a figure: `20/164`, else the number of points.
pub fn successes(metric: &ScoredMetric) -> String {
    match (metric.successes, metric.n) {
        (Some(k), n) => format!("{}/{}", count(k as u64), count(n as u64)),
        (None, 0) => "–".to_string(),
        (None, n) => count(n as u64),
    }
}

/// A span of time: `0.42 s`, `12.3 s`, `4 min 05 s`, `2 h 03 min`.
pub fn seconds(value: f64) -> String {
    if !value.is_finite() || value < 0.0 {
        return "–".to_string();
    }
    let whole = value.round() as u64;
    match value {
        v if v < 9.995 => format!("{v:.2} s"),
        v if v < 99.95 => format!("{v:.1} s"),
        _ if whole < 3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", count(whole / 3600), whole % 3600 / 60),
    }
}

fn grouped(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
