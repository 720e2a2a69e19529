//! Every environment variable proctor itself reads, declared once. The models' own variables (keys, base URLs) are
//! described in `docs/models.md`.

use proctor_data::Environment;
use proctor_data::judging_service::{ServiceAccess, ServiceError};
use std::path::PathBuf;

/// Folder for guests, models and compiled code.
pub const CACHE: &str = "PROCTOR_CACHE";
/// A table of prices.
pub const PRICES: &str = "PROCTOR_PRICES";
/// Where the store is: a path, or `postgres://USER@HOST/DATABASE`.
pub const STORE: &str = "PROCTOR_STORE";

/// Where the Hub is and what is known of the user there: `HF_ENDPOINT`, `HF_TOKEN`, `HF_TOKEN_PATH`, `HF_HOME`,
/// `HF_HUB_CACHE`, `HF_HUB_OFFLINE` as the Hub's own tools read them, and `PROCTOR_REPOSITORIES`, the base address of raw
/// files in repositories of code.
pub fn hub() -> Environment {
    let home = directories::BaseDirs::new().map(|d| d.home_dir().to_path_buf());
    Environment::from_variables(|name| std::env::var(name).ok(), home.unwrap_or_else(std::env::temp_dir))
}

/// Where CodeElo's judging service is and the token it knows the user by: `CODEELO_BASE_URL` and `CODEELO_TOKEN`, else
/// upstream's `BASE_URL` and `TOKEN`.
pub fn judging_service() -> Result<ServiceAccess, ServiceError> {
    ServiceAccess::from_variables(|name| std::env::var(name).ok())
}

/// `$PROCTOR_CACHE`, else `$XDG_CACHE_HOME/proctor`, else `~/.cache/proctor`.
pub fn cache_root() -> PathBuf {
    if let Some(path) = std::env::var_os(CACHE).filter(|p| !p.is_empty()) {
        return PathBuf::from(path);
    }
    if let Some(path) = std::env::var_os("XDG_CACHE_HOME").filter(|p| !p.is_empty()) {
        return PathBuf::from(path).join("proctor");
    }
    let home = directories::BaseDirs::new().map(|d| d.home_dir().to_path_buf());
    home.unwrap_or_else(std::env::temp_dir).join(".cache").join("proctor")
}
