use super::abi::{ALL_RIGHTS, DIRECTORY, Errno, FD_APPEND, PIPE, REGULAR_FILE, RIGHT_READ, RIGHT_WRITE, Stat};
use super::files::{Files, Node, ROOT};
use super::mounts::Mounts;
use super::{Fault, Stop};
use crate::conversation::{Heard, Side};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use std::sync::Arc;

/// Most descriptors open at once.
const MAX_DESCRIPTORS: usize = 256;
/// What the guest's clock says when its program starts: 2025-01-01 12:00 UTC, in nanoseconds since 1970.
const CLOCK_START_NS: u64 = 1_735_732_800_000_000_000;
/// How far the clock moves whenever it is read, so that two readings differ.
const CLOCK_STEP_NS: u64 = 1_000;

/// What a guest is started with.
pub(crate) struct Settings {
    /// Program name and arguments.
    pub arguments: Vec<Vec<u8>>,
    /// Variables, as `NAME=value`.
    pub environment: Vec<Vec<u8>>,
    /// Standard input.
    pub stdin: Vec<u8>,
    /// Bytes of standard output and of standard error.
    pub output_bytes: u64,
    /// Bytes of files.
    pub file_bytes: u64,
    /// Seed of the random numbers.
    pub seed: u64,
    /// Units of work one second stands for: the clock runs by work, and sleeping costs it.
    pub work_per_second: u64,
}

/// Bytes a guest wrote, up to a cap.
#[derive(Default)]
pub(crate) struct Stream {
    pub bytes: Vec<u8>,
    limit: u64,
    /// Nothing is kept and nothing is counted.
    pub discard: bool,
}

impl Stream {
    fn write(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        if self.discard {
            return Ok(());
        }
        let room = usize::try_from(self.limit).unwrap_or(usize::MAX).saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
        if bytes.len() > room { Err(Stop::Output) } else { Ok(()) }
    }
}

pub(super) enum Descriptor {
    Stdin,
    Stdout,
    Stderr,
    /// Is empty and swallows.
    Null,
    File {
        node: Node,
        offset: u64,
        flags: u32,
        readable: bool,
        writable: bool,
    },
    Folder {
        node: Node,
        preopen: Option<String>,
    },
}

impl Descriptor {
    /// The device at `path`, which is relative to the root.
    pub(super) fn device(path: &str) -> Option<Self> {
        Some(match path.trim_start_matches('/').strip_prefix("dev/")? {
            "stdin" | "fd/0" => Descriptor::Stdin,
            "stdout" | "fd/1" => Descriptor::Stdout,
            "stderr" | "fd/2" => Descriptor::Stderr,
            "null" => Descriptor::Null,
            _ => return None,
        })
    }
}

/// Everything a guest can reach of its operating system.
pub(crate) struct Wasi {
    pub(super) files: Files,
    pub(super) open: Vec<Option<Descriptor>>,
    pub(super) arguments: Vec<Vec<u8>>,
    pub(super) environment: Vec<Vec<u8>>,
    pub(super) random: ChaCha8Rng,
    stdin: Vec<u8>,
    stdin_at: usize,
    /// The other guest, whose output is this one's input and the other way round.
    side: Option<Side>,
    /// Where in the guest's memory the address and length of its time zone stand.
    pub zone_cell: Option<u32>,
    /// Standard output.
    pub stdout: Stream,
    /// Standard error.
    pub stderr: Stream,
    /// Nanoseconds the clock was moved by being read and by sleeping.
    moved_ns: i128,
    work_per_second: u64,
}

impl Wasi {
    pub fn new(lent: Arc<Mounts>, settings: Settings) -> Self {
        let mut open = vec![Some(Descriptor::Stdin), Some(Descriptor::Stdout), Some(Descriptor::Stderr)];
        for (path, entry) in lent.preopens() {
            open.push(Some(Descriptor::Folder { node: Node::Lent(*entry), preopen: Some(path.clone()) }));
        }
        open.push(Some(Descriptor::Folder { node: ROOT, preopen: Some("/".to_string()) }));
        let mut files = Files::new(lent, settings.file_bytes);
        for folder in ["tmp", "program"] {
            // An empty file system has room for two folders whenever a program may have files at all.
            let _ = files.make_folder(ROOT, folder, CLOCK_START_NS);
        }
        let stream = || Stream { bytes: Vec::new(), limit: settings.output_bytes, discard: false };
        Self {
            files,
            open,
            arguments: settings.arguments,
            environment: settings.environment,
            random: ChaCha8Rng::seed_from_u64(settings.seed),
            stdin: settings.stdin,
            stdin_at: 0,
            side: None,
            zone_cell: None,
            stdout: stream(),
            stderr: stream(),
            moved_ns: 0,
            work_per_second: settings.work_per_second.max(1),
        }
    }

    /// Makes the guest a side of a conversation, and waits for its first turn.
    pub fn join(&mut self, side: Side) {
        side.begin();
        self.side = Some(side);
    }

    /// Adds a file below the program's own root before the guest starts.
    pub fn place(&mut self, path: &str, bytes: &[u8]) -> bool {
        match self.files.make_file(ROOT, path, CLOCK_START_NS) {
            Ok(node) => self.files.write(node, 0, bytes, CLOCK_START_NS).is_ok(),
            Err(_) => false,
        }
    }

    /// The time, in nanoseconds since 1970, after so much work; it moves a little with every reading.
    pub(super) fn now(&mut self, work: u64) -> u64 {
        self.moved_ns += i128::from(CLOCK_STEP_NS);
        self.time(work)
    }

    /// The same without moving.
    pub(super) fn time(&self, work: u64) -> u64 {
        let worked = u128::from(work) * 1_000_000_000 / u128::from(self.work_per_second);
        let passed = i128::try_from(worked).unwrap_or(i128::MAX).saturating_add(self.moved_ns);
        CLOCK_START_NS.saturating_add(u64::try_from(passed.max(0)).unwrap_or(u64::MAX))
    }

    /// What the monotonic clock says at `time`.
    pub(super) fn since_start(time: u64) -> u64 {
        time.saturating_sub(CLOCK_START_NS).saturating_add(1_000_000_000)
    }

    /// The work that sleeping so long costs: as much of a limit made by `work_for_seconds` as of the seconds it was made
    /// from. The clock runs by work, so what is too much of it for the clock is taken back.
    pub(super) fn sleep(&mut self, nanoseconds: u64) -> u64 {
        let work = u128::from(nanoseconds) * u128::from(crate::work_for_seconds(1)) / 1_000_000_000;
        let work = u64::try_from(work).unwrap_or(u64::MAX);
        let shown = u128::from(work) * 1_000_000_000 / u128::from(self.work_per_second);
        self.moved_ns += i128::from(nanoseconds) - i128::try_from(shown).unwrap_or(i128::MAX);
        work
    }

    pub(super) fn descriptor(&self, fd: u32) -> Result<&Descriptor, Errno> {
        self.open.get(fd as usize).and_then(Option::as_ref).ok_or(Errno::BADF)
    }

    pub(super) fn descriptor_mut(&mut self, fd: u32) -> Result<&mut Descriptor, Errno> {
        self.open.get_mut(fd as usize).and_then(Option::as_mut).ok_or(Errno::BADF)
    }

    /// The folder `fd` names, for path calls.
    pub(super) fn folder(&self, fd: u32) -> Result<Node, Errno> {
        match self.descriptor(fd)? {
            Descriptor::Folder { node, .. } => Ok(*node),
            _ => Err(Errno::NOTDIR),
        }
    }

    /// The lowest free descriptor, filled.
    pub(super) fn insert(&mut self, descriptor: Descriptor) -> Result<u32, Errno> {
        if let Some(free) = self.open.iter().position(Option::is_none) {
            self.open[free] = Some(descriptor);
            return Ok(free as u32);
        }
        if self.open.len() >= MAX_DESCRIPTORS {
            return Err(Errno::MFILE);
        }
        self.open.push(Some(descriptor));
        Ok((self.open.len() - 1) as u32)
    }

    pub(super) fn close(&mut self, fd: u32) -> Result<(), Errno> {
        let slot = self.open.get_mut(fd as usize).ok_or(Errno::BADF)?;
        if let Descriptor::File { node, .. } = slot.take().ok_or(Errno::BADF)? {
            self.released(node);
        }
        Ok(())
    }

    /// Gives back the content of a removed file that nobody has open any more.
    pub(super) fn released(&mut self, node: Node) {
        let still = self.open.iter().flatten().any(|d| matches!(d, Descriptor::File { node: n, .. } if *n == node));
        if !still {
            self.files.closed(node);
        }
    }

    pub(super) fn stat(&self, fd: u32) -> Result<Stat, Errno> {
        Ok(match self.descriptor(fd)? {
            Descriptor::File { node, .. } | Descriptor::Folder { node, .. } => self.files.stat(*node),
            // As where it is a file: programs ask for its size to read it at once.
            Descriptor::Stdin => Stat { inode: 0, kind: PIPE, size: self.stdin.len() as u64, modified_ns: 0 },
            _ => Stat { inode: 0, kind: PIPE, size: 0, modified_ns: 0 },
        })
    }

    /// The 24 bytes of an `fdstat`.
    pub(super) fn fdstat(&self, fd: u32) -> Result<[u8; 24], Errno> {
        let (kind, flags, rights) = match self.descriptor(fd)? {
            Descriptor::Stdin => (PIPE, 0, RIGHT_READ),
            Descriptor::Stdout | Descriptor::Stderr => (PIPE, FD_APPEND, RIGHT_WRITE),
            Descriptor::Null => (PIPE, 0, RIGHT_READ | RIGHT_WRITE),
            Descriptor::Folder { .. } => (DIRECTORY, 0, ALL_RIGHTS),
            Descriptor::File { flags, readable, writable, .. } => {
                let without = (if *readable { 0 } else { RIGHT_READ }) | (if *writable { 0 } else { RIGHT_WRITE });
                (REGULAR_FILE, *flags, ALL_RIGHTS & !without)
            }
        };
        let mut out = [0; 24];
        out[0] = kind;
        out[2..4].copy_from_slice(&(flags as u16).to_le_bytes());
        out[8..16].copy_from_slice(&rights.to_le_bytes());
        out[16..24].copy_from_slice(&ALL_RIGHTS.to_le_bytes());
        Ok(out)
    }

    /// Up to `len` bytes from a descriptor; `at` is where for a positioned read.
    pub(super) fn read(&mut self, fd: u32, len: u32, at: Option<u64>) -> Result<Vec<u8>, Fault> {
        let take = |bytes: &[u8], from: u64| {
            let from = usize::try_from(from).unwrap_or(usize::MAX).min(bytes.len());
            bytes[from..bytes.len().min(from.saturating_add(len as usize))].to_vec()
        };
        match self.descriptor(fd)? {
            Descriptor::Stdin => {
                if at.is_some() {
                    return Err(Errno::SPIPE.into());
                }
                if let Some(side) = &self.side {
                    return match side.read(len as usize) {
                        Heard::Bytes(bytes) => Ok(bytes),
                        Heard::Deadlock => Err(Fault::Stop(Stop::Deadlock)),
                    };
                }
                let read = take(&self.stdin, self.stdin_at as u64);
                self.stdin_at += read.len();
                Ok(read)
            }
            Descriptor::Null => Ok(Vec::new()),
            Descriptor::File { node, offset, readable: true, .. } => {
                let read = take(self.files.bytes(*node)?, at.unwrap_or(*offset));
                if at.is_none()
                    && let Descriptor::File { offset, .. } = self.descriptor_mut(fd)?
                {
                    *offset += read.len() as u64;
                }
                Ok(read)
            }
            Descriptor::Folder { .. } => Err(Errno::ISDIR.into()),
            _ => Err(Errno::BADF.into()),
        }
    }

    /// Writes all of `bytes`; `at` is where for a positioned write.
    pub(super) fn write(&mut self, fd: u32, bytes: &[u8], at: Option<u64>, now: u64) -> Result<(), Fault> {
        match self.descriptor(fd)? {
            Descriptor::Stdout => {
                self.stdout.write(bytes).map_err(Fault::Stop)?;
                match &self.side {
                    Some(side) if !side.write(bytes) => Err(Errno::PIPE.into()),
                    _ => Ok(()),
                }
            }
            Descriptor::Stderr => self.stderr.write(bytes).map_err(Fault::Stop),
            Descriptor::Null => Ok(()),
            Descriptor::File { node, offset, flags, writable: true, .. } => {
                let (node, end) = (*node, self.files.bytes(*node)?.len() as u64);
                let from = at.unwrap_or(if flags & FD_APPEND != 0 { end } else { *offset });
                self.files.write(node, from, bytes, now)?;
                if at.is_none()
                    && let Descriptor::File { offset, .. } = self.descriptor_mut(fd)?
                {
                    *offset = from + bytes.len() as u64;
                }
                Ok(())
            }
            Descriptor::Folder { .. } => Err(Errno::ISDIR.into()),
            _ => Err(Errno::BADF.into()),
        }
    }
}
