/// What the Hub keeps in a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shelf {
    /// Data sets.
    Data,
    /// Models.
    Models,
}

impl Shelf {
    /// The word in addresses of the Hub's interface, and in the names of the cache's folders.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Shelf::Data => "datasets",
            Shelf::Models => "models",
        }
    }

    /// What stands before a repository's name in addresses of files.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Shelf::Data => "datasets/",
            Shelf::Models => "",
        }
    }
}
