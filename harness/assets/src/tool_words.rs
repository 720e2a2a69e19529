//! What pip and npm say when they fail, and what it means.

/// Characters of a tool's words shown to the user.
const LONGEST: usize = 300;

/// Why a tool failed, as far as its words tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The disk is full.
    DiskFull,
    /// The index answered and does not have it.
    NotInIndex,
    /// The index was not reached, or something unknown.
    Network,
}

/// The cause and the line that tells it, from everything a tool wrote.
pub fn understand(log: &str) -> (Cause, String) {
    let lines: Vec<&str> = log.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    let lower = log.to_lowercase();
    let said = |words: &[&str]| words.iter().any(|w| lower.contains(w));
    // pip retries, then says that no version exists; the retries tell why.
    let broken = lines.iter().rev().find_map(|l| l.split_once("connection broken by '")).map(|(_, rest)| rest);
    if let Some(broken) = broken {
        let reason = broken.rsplit_once(">: ").map_or(broken, |(_, reason)| reason);
        let reason = reason.rsplit_once("': ").map_or(reason, |(reason, _)| reason);
        let reason = without_closing(reason);
        return (Cause::Network, shorten(reason));
    }
    let cause = if said(&["no space left", "enospc", "disk quota"]) {
        Cause::DiskFull
    } else if said(&["(from versions: none)"]) {
        Cause::Network // An index that cannot be reached looks to pip like one without any version.
    } else if said(&["no matching distribution", "code e404", "code etarget", "enoversions"]) {
        Cause::NotInIndex
    } else {
        Cause::Network
    };
    let npm = lines.iter().filter_map(|l| l.strip_prefix("npm error ").or(l.strip_prefix("npm ERR! "))).map(str::trim);
    let npm =
        npm.filter(|l| !["code ", "errno ", "syscall ", "type ", "path ", "A complete log"].iter().any(|w| l.starts_with(w)));
    if let Some(line) = npm.into_iter().find(|l| l.split(' ').count() > 2) {
        return (cause, shorten(line.strip_prefix("notarget ").unwrap_or(line)));
    }
    let telling = lines.iter().rev().find(|l| l.to_lowercase().starts_with("error")).or(lines.last());
    (cause, shorten(telling.map_or("", |l| l.trim_start_matches("ERROR:"))))
}

/// A message without the quote and brackets that close the exceptions around it.
fn without_closing(message: &str) -> &str {
    let mut rest = message;
    while let Some(shorter) = rest.strip_suffix(')') {
        if let Some(bare) = shorter.strip_suffix(['\'', '"']) {
            return bare;
        }
        rest = shorter;
    }
    message
}

fn shorten(line: &str) -> String {
    line.trim().chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::{Cause, understand};

    fn check(log: &str, cause: Cause, line: &str) {
        assert_eq!(understand(log), (cause, line.to_string()), "{log}");
    }

    #[test]
    fn the_telling_line_is_found() {
        check("", Cause::Network, "");
        check(
            "Looking in indexes: http://a/simple\n\
             WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by 'NewConnectionError('<x.HTTPConnection \
             object at 0x7f>: Failed to establish a new connection: [Errno 111] Connection refused')': /simple/x/\n\
             ERROR: Could not find a version that satisfies the requirement x==1 (from versions: none)\n\
             ERROR: No matching distribution found for x==1\n",
            Cause::Network,
            "Failed to establish a new connection: [Errno 111] Connection refused",
        );
        check(
            "WARNING: Retrying (Retry(total=0)) after connection broken by 'ProxyError('Cannot connect to proxy.', \
             NewConnectionError(\"<x at 0x7f>: Failed to resolve 'a.b' ([Errno -2] Name or service not known)\"))': /simple/x/\n",
            Cause::Network,
            "Failed to resolve 'a.b' ([Errno -2] Name or service not known)",
        );
        check(
            "ERROR: Could not find a version that satisfies the requirement x==9 (from versions: 0.1)\n\
             ERROR: No matching distribution found for x==9",
            Cause::NotInIndex,
            "No matching distribution found for x==9",
        );
        check(
            "ERROR: Could not find a version that satisfies the requirement x==1 (from versions: none)\n\
             ERROR: No matching distribution found for x==1",
            Cause::Network,
            "No matching distribution found for x==1",
        );
        check(
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n",
            Cause::DiskFull,
            "Could not install packages due to an OSError: [Errno 28] No space left on device",
        );
        check(
            "npm error code ECONNREFUSED\nnpm error syscall connect\nnpm error errno ECONNREFUSED\n\
             npm error FetchError: request to http://a/x failed, reason: connect ECONNREFUSED a\nnpm error     at b (c.js:1:2)\n\
             npm error A complete log of this run can be found in: /x/y.log",
            Cause::Network,
            "FetchError: request to http://a/x failed, reason: connect ECONNREFUSED a",
        );
        check(
            "npm error code ETARGET\nnpm error notarget No matching version found for @a/b@9.\nnpm error notarget In most cases",
            Cause::NotInIndex,
            "No matching version found for @a/b@9.",
        );
        check("npm ERR! code E404\nnpm ERR! 404 Not Found - GET http://a/b", Cause::NotInIndex, "404 Not Found - GET http://a/b");
        check("first\nSegmentation fault\n", Cause::Network, "Segmentation fault");
    }
}
