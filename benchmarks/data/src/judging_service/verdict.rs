/// What the service says of a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceStatus {
    /// A final verdict: `AC`, `WA`, `TLE`, `MLE`, `RE`, `CE`, or a rarer one of the platform's (`ILE`, `PE`, `OLE`, …). Only
    /// `AC` is success.
    Final(String),
    /// It waits or is being judged.
    Running(String),
    /// A word that is not known; nothing is concluded from it.
    Unknown(String),
}

/// Final verdicts: the canonical word and the platform's long ones.
const FINAL: [(&str, &[&str]); 13] = [
    ("WA", &["WRONG_ANSWER"]),
    ("TLE", &["TIME_LIMIT_EXCEEDED"]),
    ("MLE", &["MEMORY_LIMIT_EXCEEDED"]),
    ("RE", &["RTE", "RUNTIME_ERROR"]),
    ("CE", &["COMPILATION_ERROR", "COMPILE_ERROR"]),
    ("ILE", &["IDLENESS_LIMIT_EXCEEDED"]),
    ("OLE", &["OUTPUT_LIMIT_EXCEEDED"]),
    ("PE", &["PRESENTATION_ERROR"]),
    ("SV", &["SECURITY_VIOLATED", "SECURITY_VIOLATION"]),
    ("PARTIAL", &[]),
    ("CHALLENGED", &["HACKED"]),
    ("SKIPPED", &[]),
    ("REJECTED", &[]),
];

/// Words of what is not decided yet; an empty status is one.
const RUNNING: [&str; 13] = [
    "",
    "PENDING",
    "QUEUED",
    "QUEUEING",
    "IN_QUEUE",
    "WAITING",
    "SUBMITTED",
    "COMPILING",
    "RUNNING",
    "TESTING",
    "JUDGING",
    "PROCESSING",
    "IN_PROGRESS",
];

impl ServiceStatus {
    /// Reads `status_canonical`. Success is the exact word `AC` (spec section 4); others are read whatever their case and
    /// however their words are joined.
    pub fn parse(status: &str) -> ServiceStatus {
        if status == "AC" {
            return ServiceStatus::Final("AC".into());
        }
        let word: String =
            status.trim().chars().take(80).map(|c| if matches!(c, ' ' | '-') { '_' } else { c.to_ascii_uppercase() }).collect();
        if RUNNING.contains(&word.as_str()) {
            return ServiceStatus::Running(word);
        }
        let known = FINAL.iter().find(|(short, long)| *short == word || long.contains(&word.as_str()));
        match known {
            Some((short, _)) => ServiceStatus::Final((*short).to_owned()),
            None => ServiceStatus::Unknown(status.chars().take(80).collect()),
        }
    }

    /// The final verdict, where there is one.
    pub fn verdict(&self) -> Option<&str> {
        match self {
            ServiceStatus::Final(verdict) => Some(verdict),
            _ => None,
        }
    }

    /// The word, whatever it means.
    pub fn word(&self) -> &str {
        match self {
            ServiceStatus::Final(word) | ServiceStatus::Running(word) | ServiceStatus::Unknown(word) => word,
        }
    }
}
