//! A PostgreSQL server of the tests' own, on a socket in a temporary folder; gone with the test program, however that ends.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// How long the server may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

/// The name of the only user.
const USER: &str = "proctor";

/// A running server; it ends with this value, or with this program, however that ends.
pub struct Server {
    socket: PathBuf,
    bin: PathBuf,
    /// Ends the server when its standard input closes, which happens when this program is gone.
    _keeper: Child,
}

/// The address of a new, empty database; `None`, with the reason on standard error, where no server can be started.
#[allow(dead_code)]
pub fn database() -> Option<String> {
    static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
    static COUNT: AtomicU32 = AtomicU32::new(0);
    match SERVER.get_or_init(start) {
        Ok(server) => Some(server.database(&format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed)))),
        Err(reason) => {
            eprintln!("skipped: {reason}");
            None
        }
    }
}

impl Server {
    /// A server of its own, for tests that stop it; `None`, with the reason on standard error, where none can be started.
    #[allow(dead_code)]
    pub fn own() -> Option<Self> {
        start().inspect_err(|reason| eprintln!("skipped: {reason}")).ok()
    }

    /// The address of a new, empty database called `name`.
    pub fn database(&self, name: &str) -> String {
        let created = self.tool("createdb").arg(name).status().expect("createdb starts");
        assert!(created.success(), "createdb {name}");
        format!("postgres://{USER}:never-shown@localhost/{name}?host={}", self.socket.display())
    }

    /// Ends it like an administrator (`INT`), at once (`QUIT`), or as a host out of memory ends it and all its processes
    /// (`KILL`), is away for `pause`, and comes back.
    #[allow(dead_code)]
    pub fn restart(&self, signal: &str, pause: Duration) {
        std::fs::write(self.socket.join("pause"), pause.as_secs_f64().to_string()).expect("written");
        let pid = std::fs::read_to_string(self.socket.join("data/postmaster.pid")).expect("it runs");
        let pid = pid.lines().next().expect("a line").to_owned();
        let mut victims = vec![pid.clone()];
        if signal == "KILL" {
            let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
            victims.extend(children.split_whitespace().map(str::to_owned));
        }
        let told = Command::new("kill").arg(format!("-{signal}")).args(&victims).status().expect("kill runs");
        assert!(told.success() || signal == "KILL", "it is told");
    }

    /// Waits until it answers.
    #[allow(dead_code)]
    pub fn wait(&self) {
        let deadline = Instant::now() + PATIENCE;
        while !self.tool("pg_isready").arg("-q").status().is_ok_and(|s| s.success()) {
            assert!(Instant::now() < deadline, "the server does not come back");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(self.bin.join(name));
        command.arg("-h").arg(&self.socket).args(["-U", USER]);
        command
    }
}

fn start() -> Result<Server, String> {
    let bin = find().ok_or("PostgreSQL's server is not installed (Debian: apt-get install postgresql)")?;
    let folder = tempfile::Builder::new().prefix("proctor-postgres").tempdir().map_err(|e| e.to_string())?.keep();
    let data = folder.join("data");
    let shown = folder.display();
    // The server refuses to run as root, so root lends itself another name.
    let drop_root = if is_root() { "setpriv --reuid=nobody --regid=nogroup --clear-groups " } else { "" };
    if is_root() {
        let given = Command::new("chown").arg("nobody:nogroup").arg(&folder).status();
        if !given.is_ok_and(|s| s.success()) {
            return Err(format!("the folder {shown} cannot be given to another user"));
        }
    }
    let made = Command::new("sh")
        .arg("-c")
        .arg(format!(
            "{drop_root}'{}' -D '{}' -U {USER} -A trust --no-sync --no-locale -E UTF8",
            bin.join("initdb").display(),
            data.display()
        ))
        .current_dir(&folder)
        .output()
        .map_err(|e| e.to_string())?;
    if !made.status.success() {
        return Err(format!("initdb fails: {}", String::from_utf8_lossy(&made.stderr).trim()));
    }
    // Where there is a file `pause`, the server comes back after so many seconds.
    let keep = format!(
        "(while true; do {drop_root}'{}' -D '{}' -k '{shown}' -c listen_addresses= -c fsync=off >>'{shown}/log' 2>&1; \
         [ -s '{shown}/pause' ] || break; sleep \"$(cat '{shown}/pause')\"; rm -f '{shown}/pause'; done) & \
         keeper=$!; read -r _; rm -f '{shown}/pause'; kill -QUIT $(head -n 1 '{shown}/data/postmaster.pid'); wait $keeper; rm -rf '{shown}'",
        bin.join("postgres").display(),
        data.display()
    );
    let keeper = Command::new("sh")
        .arg("-c")
        .arg(keep)
        .current_dir(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| e.to_string())?;
    let server = Server { socket: folder.clone(), bin, _keeper: keeper };
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        let ready = server.tool("pg_isready").arg("-q").status();
        if ready.is_ok_and(|s| s.success()) {
            return Ok(server);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
    Err(format!("the server does not start: {}", log.trim()))
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout.starts_with(b"0\n"))
}

/// The folder with the server's programs: Debian keeps them out of the path.
fn find() -> Option<PathBuf> {
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = debian.map(|version| version.path().join("bin")).collect();
    folders.sort();
    folders.reverse();
    folders.extend(std::env::var_os("PATH").iter().flat_map(|path| std::env::split_paths(path).collect::<Vec<_>>()));
    folders
        .into_iter()
        .find(|folder| ["initdb", "postgres", "createdb", "pg_isready"].iter().all(|tool| folder.join(tool).is_file()))
}
