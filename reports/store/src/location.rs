use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

/// Where a store is: a file, or a PostgreSQL database by its address. Neither `Display` nor `Debug` shows a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Location(Place);

#[derive(Clone, PartialEq, Eq)]
enum Place {
    File(PathBuf),
    Postgres(String),
}

/// How the address of a PostgreSQL database begins.
const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];

impl Location {
    /// What the user wrote: an address that begins with `postgres://` or `postgresql://`, else a path.
    pub fn parse(text: impl AsRef<OsStr>) -> Self {
        let text = text.as_ref();
        match text.to_str().filter(|t| SCHEMES.iter().any(|scheme| t.starts_with(scheme))) {
            Some(address) => Self(Place::Postgres(address.to_owned())),
            None => Self(Place::File(text.into())),
        }
    }

    /// The file; `None` for a database that is reached by an address.
    pub fn path(&self) -> Option<&Path> {
        match &self.0 {
            Place::File(path) => Some(path),
            Place::Postgres(_) => None,
        }
    }

    /// The address of the database, password included: for connecting, never for showing.
    pub fn address(&self) -> Option<&str> {
        match &self.0 {
            Place::File(_) => None,
            Place::Postgres(address) => Some(address),
        }
    }

    /// Whether this may be a store that is there: a file that exists, or a database, which only connecting can tell.
    pub fn may_exist(&self) -> bool {
        self.path().is_none_or(Path::is_file)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::File(path) => path.display().fmt(f),
            Place::Postgres(address) => f.write_str(&without_secrets(address)),
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Location({self})")
    }
}

/// The address without parameters and without what stands between the user's name and the host. A password may hold any
/// character, an unescaped `@` or `/` too, so everything from the first colon to the last `@` goes.
fn without_secrets(address: &str) -> String {
    let (scheme, rest) = address.split_once("://").unwrap_or(("postgres", address));
    let (user, rest) = match rest.rsplit_once('@') {
        Some((user, rest)) => (user.split(':').next().unwrap_or_default(), rest),
        None => ("", rest),
    };
    let host = rest.split(['?', '#']).next().unwrap_or_default();
    let at = if user.is_empty() { "" } else { "@" };
    format!("{scheme}://{user}{at}{host}")
}

impl From<&Location> for Location {
    fn from(location: &Location) -> Self {
        location.clone()
    }
}

impl From<&Path> for Location {
    fn from(path: &Path) -> Self {
        Self::parse(path)
    }
}

impl From<PathBuf> for Location {
    fn from(path: PathBuf) -> Self {
        Self::parse(path)
    }
}

impl From<&PathBuf> for Location {
    fn from(path: &PathBuf) -> Self {
        Self::parse(path)
    }
}

impl From<&str> for Location {
    fn from(text: &str) -> Self {
        Self::parse(text)
    }
}

impl std::str::FromStr for Location {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::parse(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let check = |address: &str, shown: &str| {
            let location = Location::parse(address);
            assert_eq!(location.to_string(), shown);
            assert_eq!(format!("{location:?}"), format!("Location({shown})"));
            assert_eq!(location.address(), Some(address));
        };
        check("postgres://me:secret@db.example:5432/runs", "postgres://me@db.example:5432/runs");
        check("postgresql://me:se@cr/et:x@db/runs?sslmode=require", "postgresql://me@db/runs");
        check("postgres://db/runs?user=me&password=secret", "postgres://db/runs");
        check("postgres://:secret@db/runs", "postgres://db/runs");
        check("postgres://me@%2Frun%2Fpostgresql/runs", "postgres://me@%2Frun%2Fpostgresql/runs");
        check("postgres://", "postgres://");
    }

    #[test]
    fn anything_else_is_a_path() {
        for text in ["proctor.db", "./postgres:/x", "postgres", "sqlite://x"] {
            assert_eq!(Location::parse(text).path(), Some(Path::new(text)));
        }
    }
}
