/// Cuts `text` before the earliest of `stops`; true when something was cut. Servers differ in how many stop strings
/// they take and whether they leave them in, so every answer passes through here. Empty stop strings are ignored.
pub fn cut_at_stop(text: &mut String, stops: &[String]) -> bool {
    let first = stops.iter().filter(|s| !s.is_empty()).filter_map(|s| text.find(s.as_str())).min();
    if let Some(position) = first {
        text.truncate(position);
    }
    first.is_some()
}
