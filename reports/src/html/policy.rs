use super::templates::{SCRIPT, STYLE};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The Content-Security-Policy of a page that holds its style sheet and script: those two by their hashes and nothing
/// else, from nowhere; and no text can be turned into markup by script (Trusted Types, where the browser knows them).
pub(super) fn policy() -> String {
    format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
        source_hash(STYLE),
        source_hash(SCRIPT)
    )
}

/// The hash by which a Content-Security-Policy knows an inline script or style sheet.
fn source_hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}
