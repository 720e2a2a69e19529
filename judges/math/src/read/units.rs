//! Units of measure: which words are units, and how they convert.

use std::collections::BTreeMap;

/// A unit's dimension and its size in that dimension's base unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unit {
    /// What it measures.
    pub dimension: &'static str,
    /// How many base units it is.
    pub size: f64,
}

/// Name, dimension, size.
const UNITS: &[(&[&str], &str, f64)] = &[
    (&["m", "meter", "meters", "metre", "metres"], "length", 1.0),
    (&["km", "kilometer", "kilometers", "kilometre", "kilometres"], "length", 1000.0),
    (&["cm", "centimeter", "centimeters", "centimetre", "centimetres"], "length", 0.01),
    (&["dm", "decimeter", "decimeters"], "length", 0.1),
    (&["mm", "millimeter", "millimeters"], "length", 0.001),
    (&["um", "micrometer", "micrometers", "micron", "microns"], "length", 1e-6),
    (&["nm", "nanometer", "nanometers"], "length", 1e-9),
    (&["in", "inch", "inches"], "length", 0.0254),
    (&["ft", "foot", "feet"], "length", 0.3048),
    (&["yd", "yard", "yards"], "length", 0.9144),
    (&["mi", "mile", "miles"], "length", 1609.344),
    (&["s", "sec", "secs", "second", "seconds"], "time", 1.0),
    (&["ms", "millisecond", "milliseconds"], "time", 0.001),
    (&["min", "mins", "minute", "minutes"], "time", 60.0),
    (&["h", "hr", "hrs", "hour", "hours"], "time", 3600.0),
    (&["day", "days"], "time", 86_400.0),
    (&["week", "weeks"], "time", 604_800.0),
    (&["month", "months"], "months", 1.0),
    (&["yr", "yrs", "year", "years"], "months", 12.0),
    (&["g", "gram", "grams"], "mass", 0.001),
    (&["kg", "kilogram", "kilograms"], "mass", 1.0),
    (&["mg", "milligram", "milligrams"], "mass", 1e-6),
    (&["lb", "lbs", "pound", "pounds"], "mass", 0.453_592_37),
    (&["oz", "ounce", "ounces"], "mass", 0.028_349_523_125),
    (&["ton", "tons", "tonne", "tonnes"], "mass", 1000.0),
    (&["L", "l", "liter", "liters", "litre", "litres"], "volume", 0.001),
    (&["mL", "ml", "milliliter", "milliliters"], "volume", 1e-6),
    (&["gal", "gallon", "gallons"], "volume", 0.003_785_411_784),
    (&["N", "newton", "newtons"], "force", 1.0),
    (&["J", "joule", "joules"], "energy", 1.0),
    (&["kJ"], "energy", 1000.0),
    (&["W", "watt", "watts"], "power", 1.0),
    (&["kW"], "power", 1000.0),
    (&["V", "volt", "volts"], "voltage", 1.0),
    (&["A", "amp", "amps", "ampere", "amperes"], "current", 1.0),
    (&["Hz", "hz", "hertz"], "frequency", 1.0),
    (&["kHz"], "frequency", 1000.0),
    (&["Pa", "pascal", "pascals"], "pressure", 1.0),
    (&["kPa"], "pressure", 1000.0),
    (&["K", "kelvin"], "temperature", 1.0),
    (&["mph"], "speed", 0.447_04),
    (&["kph", "kmh"], "speed", 1.0 / 3.6),
    (&["rad", "radian", "radians"], "angle", 1.0),
    (&["cent", "cents"], "money", 0.01),
    (&["dollar", "dollars", "USD", "usd"], "money", 1.0),
];

/// Words that stand after a quantity but are no known unit of measure.
const OTHERS: &[&str] = &[
    "unit",
    "units",
    "square",
    "sq",
    "cubic",
    "per",
    "percent",
    "bits",
    "bit",
    "bytes",
    "byte",
    "mol",
    "moles",
    "eV",
    "rpm",
    "psi",
    "acre",
    "acres",
    "people",
    "times",
    "ways",
    "items",
    "points",
    "euros",
    "euro",
    "deg",
    "degs",
    "degree",
    "degrees",
    "billion",
    "million",
    "thousand",
    "hundred",
    "pieces",
    "piece",
    "F",
    "C",
    "ohm",
    "ohms",
    "Ohm",
    "T",
    "H",
    "dB",
    "cal",
    "kcal",
    "hp",
    "pm",
    "dollars",
    "students",
    "apples",
    "each",
    "revolutions",
    "rev",
];

/// The unit of this name.
pub fn unit(name: &str) -> Option<Unit> {
    UNITS.iter().find(|(names, _, _)| names.contains(&name)).map(|(_, dimension, size)| Unit { dimension, size: *size })
}

/// The number that a unit such as `million dollars` multiplies by.
pub fn multiplier(unit: &str) -> Option<f64> {
    Some(match unit.split_whitespace().next()? {
        "dozen" => 12.0,
        "hundred" => 100.0,
        "thousand" => 1e3,
        "million" => 1e6,
        "billion" => 1e9,
        "trillion" => 1e12,
        _ => return None,
    })
}

/// Whether a word after a quantity is a unit or a thing that is counted.
pub fn is_unit(word: &str) -> bool {
    unit(word).is_some() || OTHERS.contains(&word)
}

/// How two units as written compare.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Conversion {
    /// The first is this many of the second.
    Factor(f64),
    /// They measure different things.
    Incompatible,
    /// At least one is not known.
    Unknown,
}

/// How the first unit converts to the second.
pub fn conversion(first: &str, second: &str) -> Conversion {
    match (compound(first), compound(second)) {
        (Some((a, a_size)), Some((b, b_size))) if a == b => Conversion::Factor(a_size / b_size),
        (Some(_), Some(_)) => Conversion::Incompatible,
        _ => Conversion::Unknown,
    }
}

/// What a unit measures, as powers of dimensions.
type Measure = BTreeMap<&'static str, i32>;

/// A unit such as `kg`, `m/s^2` or `square feet` as powers of dimensions, and its size.
fn compound(text: &str) -> Option<(Measure, f64)> {
    let mut measure = Measure::new();
    let mut size = 1.0;
    let text = text.replace(" per ", "/").replace('*', " ");
    for (place, part) in text.split('/').enumerate() {
        let sign = if place == 0 { 1 } else { -1 };
        let mut prefix = 1;
        for word in part.split_whitespace() {
            match word {
                "square" | "sq" => prefix = 2,
                "cubic" => prefix = 3,
                _ => {
                    let (name, power) = word.split_once('^').unwrap_or((word, "1"));
                    let power: i32 = power.trim_matches(|c| c == '{' || c == '}' || c == ' ').parse().ok()?;
                    let power = power.checked_mul(prefix * sign).filter(|power| power.abs() <= 6)?;
                    prefix = 1;
                    let unit = unit(name.trim_end_matches('.'))?;
                    size *= unit.size.powi(power);
                    let parts: &[(&str, i32)] =
                        if unit.dimension == "speed" { &[("length", 1), ("time", -1)] } else { &[(unit.dimension, 1)] };
                    for (dimension, own) in parts {
                        *measure.entry(dimension).or_insert(0) += own * power;
                    }
                }
            }
        }
    }
    measure.retain(|_, power| *power != 0);
    Some((measure, size))
}
