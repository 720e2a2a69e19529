//! Subject files and the subjects they count as (spec sections 1.2 and 5).

/// A subject as tables name it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Subject {
    /// The unified name, e.g. `Maths` for the files `math`, `maths` and `Mathematics`.
    pub name: String,
    /// Whether it is one of the seven that the headline figure is over.
    pub core: bool,
}

/// The core seven, in the order of tables.
pub const CORE: [&str; 7] = ["Biology", "Chemistry", "Geography", "History", "Maths", "Native language & literature", "Physics"];

/// The subject of a file, by its stem in lower case. Files that upstream does not have keep their own name and are not
/// core.
pub fn unify(stem: &str) -> Subject {
    let lower = stem.trim().to_lowercase();
    let name = match lower.as_str() {
        "biology" => "Biology",
        "chemistry" => "Chemistry",
        "geography" => "Geography",
        "history" | "history of russia" | "history-of-kazakhstan" => "History",
        "math" | "maths" | "mathematics" => "Maths",
        "language" | "kazakh" => "Native language & literature",
        "physics" | "phsyics" => "Physics",
        "world-history" => "World history",
        "logic" => "Logic",
        "philosophy" => "Philosophy",
        "religion_and_ethics" => "Religion & ethics",
        "human & society" => "Human & society",
        "computer science" => "Computer science",
        other if other.contains("literature") => "Native language & literature",
        _ => stem.trim(),
    };
    Subject { name: name.to_owned(), core: CORE.contains(&name) }
}

/// A file stem as part of a sample's id: lower case, with one `-` for each run of anything but letters and digits.
pub fn slug(stem: &str) -> String {
    let mut slug = String::with_capacity(stem.len());
    for word in stem.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.extend(word.chars().flat_map(char::to_lowercase));
    }
    slug
}
