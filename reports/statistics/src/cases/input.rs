use serde_json::{Map, Value};

/// Why a case has no figures.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaseError {
    /// A statistic nobody knows.
    #[error("unknown statistic `{0}`; `proctor statistics` lists them")]
    UnknownKind(String),
    /// An input is missing.
    #[error("the input `{0}` is missing")]
    Missing(&'static str),
    /// An input is not what it should be.
    #[error("the input `{name}` must be {wanted}")]
    Wrong {
        /// The input.
        name: &'static str,
        /// What it should be.
        wanted: &'static str,
    },
}

/// The inputs of a case.
#[derive(Clone, Copy)]
pub(super) struct Inputs<'a>(pub &'a Map<String, Value>);

impl<'a> Inputs<'a> {
    pub fn get(self, name: &'static str) -> Result<&'a Value, CaseError> {
        self.0.get(name).filter(|value| !value.is_null()).ok_or(CaseError::Missing(name))
    }

    pub fn optional(self, name: &'static str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A count, at most 2⁵³.
    pub fn count(self, name: &'static str) -> Result<u64, CaseError> {
        whole(self.get(name)?).ok_or(CaseError::Wrong { name, wanted: "a whole number that is not negative" })
    }

    pub fn number(self, name: &'static str) -> Result<f64, CaseError> {
        self.get(name)?.as_f64().ok_or(CaseError::Wrong { name, wanted: "a number" })
    }

    pub fn number_or(self, name: &'static str, default: f64) -> Result<f64, CaseError> {
        self.optional(name).map_or(Ok(default), |_| self.number(name))
    }

    pub fn list(self, name: &'static str) -> Result<&'a [Value], CaseError> {
        self.get(name)?.as_array().map(Vec::as_slice).ok_or(CaseError::Wrong { name, wanted: "a list" })
    }

    pub fn numbers(self, name: &'static str) -> Result<Vec<f64>, CaseError> {
        let number = |value: &Value| value.as_f64().or(value.as_bool().map(|yes| f64::from(u8::from(yes))));
        let numbers: Option<Vec<f64>> = self.list(name)?.iter().map(number).collect();
        numbers.ok_or(CaseError::Wrong { name, wanted: "a list of numbers" })
    }

    /// A list of lists of equal length.
    pub fn table(self, name: &'static str) -> Result<Vec<&'a [Value]>, CaseError> {
        let wrong = CaseError::Wrong { name, wanted: "a list of lists of equal length" };
        let rows: Option<Vec<&[Value]>> = self.list(name)?.iter().map(|row| row.as_array().map(Vec::as_slice)).collect();
        let rows = rows.ok_or(wrong.clone())?;
        match rows.iter().all(|row| row.len() == rows[0].len()) {
            true => Ok(rows),
            false => Err(wrong),
        }
    }
}

/// A whole number that is not negative, however it is written.
pub(super) fn whole(value: &Value) -> Option<u64> {
    let float = || value.as_f64().filter(|v| v.fract() == 0.0 && (0.0..9.1e15).contains(v)).map(|v| v as u64);
    value.as_u64().or_else(float)
}

/// What a value is called as a cluster or category.
pub(super) fn label(value: &Value) -> String {
    match value.as_f64() {
        // 1 and 1.0 are the same.
        Some(number) => number.to_string(),
        None => value.to_string(),
    }
}
