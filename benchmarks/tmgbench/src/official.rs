//! Prompts from files of the user's. Upstream has published none; whoever holds the texts of its appendix C can use them.

use crate::mode::Mode;
use proctor_core::BenchmarkError;
use std::fs;
use std::path::Path;

/// Stands in a prompt file where the game goes.
const PLACE: &str = "{game}";

/// The prompt of one mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Official {
    text: String,
}

impl Official {
    /// Reads `da.txt`, `cot.txt`, `fotom.txt`, `sotom.txt`, `refotom.txt` or `resotom.txt`, whichever the mode is.
    pub fn read(folder: &Path, mode: Mode) -> Result<Official, BenchmarkError> {
        let path = folder.join(format!("{}.txt", mode.as_str()));
        let text = fs::read_to_string(&path).map_err(|error| {
            BenchmarkError::Input(format!(
                "{} cannot be read ({error}); upstream has published no prompt files of TMGBench, so put one there with {PLACE} \
                 where the game goes, or leave out --prompts",
                path.display()
            ))
        })?;
        match text.matches(PLACE).count() {
            1 => Ok(Official { text }),
            count => Err(BenchmarkError::Input(format!("{} holds {PLACE} {count} times instead of once", path.display()))),
        }
    }

    /// The question about an item.
    pub fn question(&self, item: &str) -> String {
        self.text.replacen(PLACE, item, 1)
    }

    /// What is hashed of it.
    pub fn text(&self) -> &str {
        &self.text
    }
}
