/// Where whoever fetches or makes something says what it is doing. The command line draws bars; tests keep a list.
pub trait Progress: Sync {
    /// A line worth keeping.
    fn note(&self, text: &str);

    /// Begins a step that takes a while. `total` is in bytes, where known.
    fn step(&self, title: &str, total: Option<u64>) -> Box<dyn Step + '_>;
}

/// A step under way. Dropping it without `finish` takes it off the screen.
pub trait Step: Send + Sync {
    /// Bytes done so far.
    fn reach(&self, bytes: u64);

    /// The step is done; `summary` is the line that stays.
    fn finish(&self, summary: &str);
}
