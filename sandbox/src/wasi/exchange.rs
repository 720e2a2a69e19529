//! Files that are put before a guest and taken from it.

use super::descriptors::Wasi;
use super::files::ROOT;

impl Wasi {
    /// Adds a file below the root before the guest starts, with the folders on its way. False where there is no room.
    pub fn place_below(&mut self, path: &str, bytes: &[u8]) -> bool {
        let path = path.trim_start_matches('/');
        for (at, _) in path.match_indices('/') {
            // It may be there already; where it cannot be made, the file cannot be either.
            let _ = self.files.make_folder(ROOT, &path[..at], 0);
        }
        self.place(path, bytes)
    }

    /// The content of the guest's own file at `path`.
    pub fn take(&mut self, path: &str) -> Option<Vec<u8>> {
        let node = self.files.find(ROOT, path.trim_start_matches('/')).ok()?;
        self.files.bytes(node).ok().map(<[u8]>::to_vec)
    }
}
