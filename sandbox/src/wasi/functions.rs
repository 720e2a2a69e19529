//! The calls of WASI preview 1, one method each.

use super::Fault;
use super::abi::*;
use super::descriptors::{Descriptor, Wasi};
use super::zone::Zone;
use rand_chacha::rand_core::RngCore;

/// One call: the guest's memory, its system, and what the call costs.
pub(super) struct Call<'a> {
    pub memory: Memory<'a>,
    pub wasi: &'a mut Wasi,
    /// Units of work used so far.
    pub work: u64,
    /// Units of work this call costs beside its instructions.
    pub cost: u64,
}

type Done = Result<(), Fault>;

const CLOCK_REALTIME: u32 = 0;
/// Bytes handed over by one `random_get`.
const MAX_RANDOM: u32 = 1 << 20;
/// Bytes handed over by one read or write; a guest that wants more comes again.
const MAX_BYTES: u32 = 64 << 20;
/// Longest description of a time zone.
const MAX_ZONE: u32 = 64 << 10;

impl Call<'_> {
    fn strings(&mut self, list: &[Vec<u8>], pointers: u32, buffer: u32) -> Done {
        let (mut pointer, mut at) = (pointers, buffer);
        for text in list {
            self.memory.put_u32(pointer, at)?;
            self.memory.put(at, text)?;
            let end = at.checked_add(text.len() as u32).ok_or(Errno::FAULT)?;
            self.memory.put(end, &[0])?;
            at = end.checked_add(1).ok_or(Errno::FAULT)?;
            pointer = pointer.checked_add(4).ok_or(Errno::FAULT)?;
        }
        Ok(())
    }

    fn sizes(&mut self, list: &[Vec<u8>], count: u32, size: u32) -> Done {
        self.memory.put_u32(count, list.len() as u32)?;
        Ok(self.memory.put_u32(size, list.iter().map(|t| t.len() as u32 + 1).sum())?)
    }

    pub fn args_get(&mut self, pointers: u32, buffer: u32) -> Done {
        let list = self.wasi.arguments.clone();
        self.strings(&list, pointers, buffer)
    }

    pub fn args_sizes_get(&mut self, count: u32, size: u32) -> Done {
        let list = self.wasi.arguments.clone();
        self.sizes(&list, count, size)
    }

    pub fn environ_get(&mut self, pointers: u32, buffer: u32) -> Done {
        let list = self.wasi.environment.clone();
        self.strings(&list, pointers, buffer)
    }

    pub fn environ_sizes_get(&mut self, count: u32, size: u32) -> Done {
        let list = self.wasi.environment.clone();
        self.sizes(&list, count, size)
    }

    pub fn clock_res_get(&mut self, clock: u32, out: u32) -> Done {
        if clock > 3 {
            return Err(Errno::INVAL.into());
        }
        Ok(self.memory.put_u64(out, 1)?)
    }

    pub fn clock_time_get(&mut self, clock: u32, out: u32) -> Done {
        let now = self.wasi.now(self.work);
        let value = match clock {
            CLOCK_REALTIME => now,
            1..=3 => Wasi::since_start(now),
            _ => return Err(Errno::INVAL.into()),
        };
        Ok(self.memory.put_u64(out, value)?)
    }

    pub fn random_get(&mut self, buffer: u32, len: u32) -> Done {
        if len > MAX_RANDOM {
            return Err(Errno::INVAL.into());
        }
        self.cost += u64::from(len);
        let bytes = self.memory.bytes_mut(buffer, len)?;
        self.wasi.random.fill_bytes(bytes);
        Ok(())
    }

    pub fn fd_close(&mut self, fd: u32) -> Done {
        Ok(self.wasi.close(fd)?)
    }

    pub fn fd_known(&mut self, fd: u32) -> Done {
        self.wasi.descriptor(fd)?;
        Ok(())
    }

    pub fn fd_fdstat_get(&mut self, fd: u32, out: u32) -> Done {
        let stat = self.wasi.fdstat(fd)?;
        Ok(self.memory.put(out, &stat)?)
    }

    pub fn fd_fdstat_set_flags(&mut self, fd: u32, new: u32) -> Done {
        if let Descriptor::File { flags, .. } = self.wasi.descriptor_mut(fd)? {
            *flags = new;
        }
        Ok(())
    }

    pub fn fd_filestat_get(&mut self, fd: u32, out: u32) -> Done {
        let stat = self.wasi.stat(fd)?.encode();
        Ok(self.memory.put(out, &stat)?)
    }

    pub fn fd_filestat_set_size(&mut self, fd: u32, size: u64) -> Done {
        let now = self.wasi.time(self.work);
        match self.wasi.descriptor(fd)? {
            Descriptor::File { node, writable: true, .. } => {
                let node = *node;
                self.wasi.files.resize(node, size, now)?;
                self.cost += size / 16;
                Ok(())
            }
            Descriptor::Folder { .. } => Err(Errno::ISDIR.into()),
            _ => Err(Errno::INVAL.into()),
        }
    }

    pub fn fd_prestat_get(&mut self, fd: u32, out: u32) -> Done {
        let Descriptor::Folder { preopen: Some(path), .. } = self.wasi.descriptor(fd)? else {
            return Err(Errno::BADF.into());
        };
        let len = path.len() as u32;
        self.memory.put_u32(out, 0)?;
        Ok(self.memory.put_u32(out.checked_add(4).ok_or(Errno::FAULT)?, len)?)
    }

    pub fn fd_prestat_dir_name(&mut self, fd: u32, buffer: u32, len: u32) -> Done {
        let Descriptor::Folder { preopen: Some(path), .. } = self.wasi.descriptor(fd)? else {
            return Err(Errno::BADF.into());
        };
        if path.len() > len as usize {
            return Err(Errno::NAMETOOLONG.into());
        }
        Ok(self.memory.put(buffer, path.as_bytes())?)
    }

    pub fn fd_read(&mut self, fd: u32, vectors: u32, count: u32, at: Option<u64>, out: u32) -> Done {
        let mut total = 0u32;
        for (base, len) in self.memory.vectors(vectors, count)? {
            let from = at.map(|at| at.saturating_add(u64::from(total)));
            let bytes = self.wasi.read(fd, len, from)?;
            self.memory.put(base, &bytes)?;
            total = total.saturating_add(bytes.len() as u32);
            if bytes.len() < len as usize || total >= MAX_BYTES {
                break;
            }
        }
        self.cost += u64::from(total) / 4;
        Ok(self.memory.put_u32(out, total)?)
    }

    pub fn fd_write(&mut self, fd: u32, vectors: u32, count: u32, at: Option<u64>, out: u32) -> Done {
        let now = self.wasi.time(self.work);
        let mut total = 0u32;
        for (base, len) in self.memory.vectors(vectors, count)? {
            let from = at.map(|at| at.saturating_add(u64::from(total)));
            self.wasi.write(fd, self.memory.bytes(base, len)?, from, now)?;
            total = total.saturating_add(len);
            if total >= MAX_BYTES {
                break;
            }
        }
        self.cost += u64::from(total) / 4;
        Ok(self.memory.put_u32(out, total)?)
    }

    pub fn fd_seek(&mut self, fd: u32, by: i64, whence: u32, out: u32) -> Done {
        let end = match self.wasi.descriptor(fd)? {
            Descriptor::File { node, .. } => self.wasi.files.bytes(*node)?.len() as i64,
            Descriptor::Folder { .. } => return Err(Errno::ISDIR.into()),
            _ => return Err(Errno::SPIPE.into()),
        };
        let Descriptor::File { offset, .. } = self.wasi.descriptor_mut(fd)? else { return Err(Errno::BADF.into()) };
        let base = match whence {
            0 => 0,
            1 => *offset as i64,
            2 => end,
            _ => return Err(Errno::INVAL.into()),
        };
        let to = base.checked_add(by).and_then(|to| u64::try_from(to).ok()).ok_or(Errno::INVAL)?;
        *offset = to;
        Ok(self.memory.put_u64(out, to)?)
    }

    pub fn fd_readdir(&mut self, fd: u32, buffer: u32, len: u32, cookie: u64, out: u32) -> Done {
        let node = self.wasi.folder(fd)?;
        let own = |name: &str| (name.to_string(), node);
        let listed = self.wasi.files.list(node)?.into_iter().map(|(name, child)| (name.to_string(), child));
        let entries: Vec<_> = [own("."), own("..")].into_iter().chain(listed).collect();
        let mut used = 0u32;
        for (index, (name, child)) in entries.iter().enumerate().skip(usize::try_from(cookie).unwrap_or(usize::MAX)) {
            let stat = self.wasi.files.stat(*child);
            let mut entry = Vec::with_capacity(24 + name.len());
            entry.extend_from_slice(&(index as u64 + 1).to_le_bytes());
            entry.extend_from_slice(&stat.inode.to_le_bytes());
            entry.extend_from_slice(&(name.len() as u32).to_le_bytes());
            entry.extend_from_slice(&[stat.kind, 0, 0, 0]);
            entry.extend_from_slice(name.as_bytes());
            // A cut entry fills the buffer, which tells the guest to come again.
            entry.truncate((len - used) as usize);
            self.memory.put(buffer.checked_add(used).ok_or(Errno::FAULT)?, &entry)?;
            used += entry.len() as u32;
            if used == len {
                break;
            }
        }
        self.cost += 100 * entries.len() as u64;
        Ok(self.memory.put_u32(out, used)?)
    }

    pub fn fd_renumber(&mut self, from: u32, to: u32) -> Done {
        self.wasi.descriptor(to)?;
        self.wasi.descriptor(from)?;
        if from != to {
            let moved = self.wasi.open.get_mut(from as usize).and_then(Option::take);
            self.wasi.close(to)?;
            if let Some(slot) = self.wasi.open.get_mut(to as usize) {
                *slot = moved;
            }
        }
        Ok(())
    }

    pub fn path_create_directory(&mut self, fd: u32, path: u32, len: u32) -> Done {
        let now = self.wasi.time(self.work);
        let folder = self.wasi.folder(fd)?;
        self.wasi.files.make_folder(folder, self.memory.path(path, len)?, now)?;
        Ok(())
    }

    pub fn path_filestat_get(&mut self, fd: u32, path: u32, len: u32, out: u32) -> Done {
        let folder = self.wasi.folder(fd)?;
        let node = self.wasi.files.find(folder, self.memory.path(path, len)?)?;
        let stat = self.wasi.files.stat(node).encode();
        Ok(self.memory.put(out, &stat)?)
    }

    pub fn path_known(&mut self, fd: u32, path: u32, len: u32) -> Done {
        let folder = self.wasi.folder(fd)?;
        self.wasi.files.find(folder, self.memory.path(path, len)?)?;
        Ok(())
    }

    /// There are no links, so whatever is there is none.
    pub fn path_readlink(&mut self, fd: u32, path: u32, len: u32) -> Done {
        self.path_known(fd, path, len)?;
        Err(Errno::INVAL.into())
    }

    pub fn path_open(&mut self, fd: u32, (path, len): (u32, u32), how: u32, rights: u64, flags: u32, out: u32) -> Done {
        let now = self.wasi.time(self.work);
        let folder = self.wasi.folder(fd)?;
        let path = self.memory.path(path, len)?;
        if folder == super::files::ROOT
            && let Some(device) = Descriptor::device(path)
        {
            let fd = self.wasi.insert(device)?;
            return Ok(self.memory.put_u32(out, fd)?);
        }
        let (readable, writable) = (rights & RIGHT_READ != 0, rights & RIGHT_WRITE != 0);
        let node = match self.wasi.files.find(folder, path) {
            Ok(_) if how & O_CREAT != 0 && how & O_EXCL != 0 => return Err(Errno::EXIST.into()),
            Ok(node) => node,
            Err(Errno::NOENT) if how & O_CREAT != 0 && how & O_DIRECTORY == 0 => self.wasi.files.make_file(folder, path, now)?,
            Err(errno) => return Err(errno.into()),
        };
        let descriptor = if self.wasi.files.is_folder(node) {
            if writable && how & (O_CREAT | O_TRUNC) != 0 {
                return Err(Errno::ISDIR.into());
            }
            Descriptor::Folder { node, preopen: None }
        } else {
            if how & O_DIRECTORY != 0 {
                return Err(Errno::NOTDIR.into());
            }
            if matches!(node, super::files::Node::Lent(_)) && (writable || how & O_TRUNC != 0) {
                return Err(Errno::ROFS.into());
            }
            if how & O_TRUNC != 0 {
                self.wasi.files.resize(node, 0, now)?;
            }
            Descriptor::File { node, offset: 0, flags, readable, writable }
        };
        let fd = self.wasi.insert(descriptor)?;
        Ok(self.memory.put_u32(out, fd)?)
    }

    pub fn path_remove(&mut self, fd: u32, path: u32, len: u32, folder_wanted: bool) -> Done {
        let now = self.wasi.time(self.work);
        let folder = self.wasi.folder(fd)?;
        let node = self.wasi.files.remove(folder, self.memory.path(path, len)?, folder_wanted, now)?;
        self.wasi.released(node);
        Ok(())
    }

    pub fn path_rename(&mut self, fd: u32, path: u32, len: u32, to_fd: u32, to: u32, to_len: u32) -> Done {
        let now = self.wasi.time(self.work);
        let (folder, to_folder) = (self.wasi.folder(fd)?, self.wasi.folder(to_fd)?);
        let (from, to) = (self.memory.path(path, len)?, self.memory.path(to, to_len)?);
        if let Some(replaced) = self.wasi.files.rename(folder, from, to_folder, to, now)? {
            self.wasi.released(replaced);
        }
        Ok(())
    }

    /// Waits: sleeping costs work and takes no time, and every stream is always ready.
    pub fn poll_oneoff(&mut self, subscriptions: u32, events: u32, count: u32, out: u32) -> Done {
        if count == 0 || count > 64 {
            return Err(Errno::INVAL.into());
        }
        let now = self.wasi.now(self.work);
        let mut ready = Vec::new();
        let mut sleep: Option<(u64, u64)> = None;
        for i in 0..count {
            let at = subscriptions.checked_add(i * 48).ok_or(Errno::FAULT)?;
            let entry = self.memory.bytes(at, 48)?;
            let tag = entry[8];
            let user = self.memory.u64(at)?;
            match tag {
                0 => {
                    let timeout = self.memory.u64(at + 24)?;
                    let absolute = self.memory.u32(at + 40)? & 1 != 0;
                    let clock = self.memory.u32(at + 16)?;
                    let reading = if clock == CLOCK_REALTIME { now } else { Wasi::since_start(now) };
                    let wait = if absolute { timeout.saturating_sub(reading) } else { timeout };
                    if sleep.is_none_or(|(shortest, _)| wait < shortest) {
                        sleep = Some((wait, user));
                    }
                }
                1 | 2 => ready.push((user, tag)),
                _ => return Err(Errno::INVAL.into()),
            }
        }
        if ready.is_empty()
            && let Some((wait, user)) = sleep
        {
            self.cost = self.cost.saturating_add(self.wasi.sleep(wait));
            ready.push((user, 0));
        }
        for (i, (user, tag)) in ready.iter().enumerate() {
            let mut event = [0; 32];
            event[0..8].copy_from_slice(&user.to_le_bytes());
            event[10] = *tag;
            event[16..24].copy_from_slice(&u64::from(*tag != 0).to_le_bytes());
            self.memory.put(events.checked_add(i as u32 * 32).ok_or(Errno::FAULT)?, &event)?;
        }
        Ok(self.memory.put_u32(out, ready.len() as u32)?)
    }

    /// What the guest's C library asks about a moment; the guest's zone is the TZif file whose address and length
    /// stand in the cell that its driver named.
    pub fn local_time(&mut self, time: u64, local: bool, out: [u32; 4]) -> Done {
        let cell = self.wasi.zone_cell.ok_or(Errno::NOENT)?;
        let (at, len) = (self.memory.u32(cell)?, self.memory.u32(cell.checked_add(4).ok_or(Errno::FAULT)?)?);
        if len > MAX_ZONE {
            return Err(Errno::INVAL.into());
        }
        self.cost += 1000;
        let zone = Zone::read(self.memory.bytes(at, len)?).ok_or(Errno::NOENT)?;
        let found = zone.at(time as i64, local).ok_or(Errno::NOENT)?;
        let name = at.checked_add(found.name_at as u32).ok_or(Errno::FAULT)?;
        let values = [u32::from(found.daylight), found.offset as u32, found.opposite as u32, name];
        for (pointer, value) in out.into_iter().zip(values) {
            if pointer != 0 {
                self.memory.put_u32(pointer, value)?;
            }
        }
        Ok(())
    }

    pub fn refuse(&mut self, errno: Errno) -> Done {
        Err(errno.into())
    }

    pub fn yield_now(&mut self) -> Done {
        Ok(())
    }
}
