use crate::ReportError;
use std::fs;
use std::path::Path;

/// Writes a file by way of a neighbour that is renamed, so that no half of it is ever seen. Something that is not a
/// regular file, such as a pipe, is written to directly.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), ReportError> {
    let failed = |source| ReportError::File { path: path.to_path_buf(), source };
    if fs::metadata(path).is_ok_and(|meta| !meta.is_file()) {
        return fs::write(path, bytes).map_err(failed);
    }
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let mut name = target.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".partial-{}", std::process::id()));
    let partial = target.with_file_name(name);
    let written = fs::write(&partial, bytes).and_then(|()| fs::rename(&partial, &target));
    written.map_err(|source| {
        let _ = fs::remove_file(&partial);
        failed(source)
    })
}
