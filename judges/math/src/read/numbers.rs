use crate::exact::Rational;
use crate::syntax::Number;
use num_bigint::BigInt;

/// Reads `digits[.digits][e[sign]digits]`.
pub fn number(text: &str) -> Number {
    let (mantissa, exponent) = match text.split_once('e') {
        Some((mantissa, exponent)) => (mantissa, exponent.trim_start_matches('+').parse::<i64>().unwrap_or(i64::from(i32::MAX))),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let places = i64::try_from(fraction.len()).unwrap_or(0);
    let significant = digits.trim_start_matches('0').len();
    let decimal = !fraction.is_empty() || text.contains('e');
    let last_place = i32::try_from(exponent - places).unwrap_or(0);
    Number {
        value: Rational::decimal(&digits, exponent - places),
        decimal,
        digits: u32::try_from(significant).unwrap_or(u32::MAX).max(1),
        last_place,
    }
}

/// A repeating decimal: `0.1\overline{6}` has the text `0.1` and the period `6`.
pub fn repeating(text: &str, period: &str) -> Option<Number> {
    let (whole, fraction) = text.split_once('.')?;
    if period.is_empty()
        || period.len() > 60
        || fraction.len() > 60
        || whole.len() > 60
        || !period.bytes().all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let ten = BigInt::from(10);
    let once = BigInt::parse_bytes(format!("0{whole}{fraction}").as_bytes(), 10)?;
    let twice = BigInt::parse_bytes(format!("0{whole}{fraction}{period}").as_bytes(), 10)?;
    let scale = ten.pow(u32::try_from(fraction.len()).ok()?);
    let cycle = ten.pow(u32::try_from(period.len()).ok()?) - 1;
    let value = Rational::from_big(twice - once, scale * cycle)?;
    Some(Number { value: Some(value), decimal: false, digits: 1, last_place: 0 })
}

/// A number written with groups of three digits, read as one.
pub fn joined(groups: &[String]) -> Option<String> {
    let (first, rest) = groups.split_first()?;
    if rest.is_empty() || first.is_empty() || first.len() > 3 || !first.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (last, middle) = rest.split_last()?;
    if middle.iter().any(|group| group.len() != 3 || !group.bytes().all(|b| b.is_ascii_digit())) {
        return None;
    }
    let whole = last.split('.').next().unwrap_or("");
    if whole.len() != 3 || last.contains('e') {
        return None;
    }
    Some(groups.concat())
}
