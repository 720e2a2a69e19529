use polars::prelude::{Column, DataType, NamedFrom, PlSmallStr, Series};

/// A column of optional values; one without any value still has its type.
pub(super) trait Values: Sized {
    fn column(name: &str, values: Vec<Option<Self>>) -> Column;
}

macro_rules! values {
    ($($kind:ty => $dtype:expr),*) => {$(
        impl Values for $kind {
            fn column(name: &str, values: Vec<Option<Self>>) -> Column {
                let name: PlSmallStr = name.into();
                if values.iter().all(Option::is_none) {
                    return Column::full_null(name, values.len(), &$dtype);
                }
                Column::from(Series::new(name, values))
            }
        }
    )*};
}

values!(String => DataType::String, u32 => DataType::UInt32, u64 => DataType::UInt64, f64 => DataType::Float64, bool => DataType::Boolean);

/// A column named `name` with the value of `of` in each row.
pub(super) fn column<R, V: Values>(name: &str, rows: &[R], of: impl Fn(&R) -> Option<V>) -> Column {
    V::column(name, rows.iter().map(of).collect())
}

/// `None` for NaN and the infinities, which mean nothing in a table.
pub(super) fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}
