/// The exit status of the program `proctor`; part of its public interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// Everything asked for was done.
    Success = 0,
    /// Something unforeseen went wrong.
    Failure = 1,
    /// The command line, a file or a setting is wrong; nothing was done.
    Usage = 2,
    /// Done, but infrastructure errors are left; the same command asks those again.
    InfraErrors = 3,
    /// A guest, model or tool is not installed; the message says what to type.
    NotInstalled = 4,
    /// The benchmark's own reference solutions fall short here, so the score is withheld.
    GroundTruth = 5,
    /// The store cannot be used: locked, read-only, full, or from a newer version.
    Store = 6,
    /// The model's endpoint cannot be used: address, key or name.
    Endpoint = 7,
    /// A bound on money, tokens or time was reached; everything finished is stored, and the same command with a higher
    /// bound continues.
    Budget = 8,
    /// `exec`: the program did not end with verdict `ok`.
    Verdict = 10,
    /// Stopped by Ctrl-C or SIGTERM; everything finished is stored.
    Interrupted = 130,
}
