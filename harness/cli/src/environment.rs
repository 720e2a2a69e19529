//! Every environment variable proctor itself reads, declared once. The models' own variables (keys, base URLs) are
//! described in `docs/models.md`.

use std::path::PathBuf;

/// Folder for guests, models and compiled code.
pub const CACHE: &str = "PROCTOR_CACHE";
/// Path of the store.
pub const STORE: &str = "PROCTOR_STORE";

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
