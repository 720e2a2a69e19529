//! Numbers and structures of WASI preview 1 that the host functions use.

/// An error number, as the guest sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Errno(pub u16);

#[allow(missing_docs)]
impl Errno {
    pub const BADF: Errno = Errno(8);
    pub const EXIST: Errno = Errno(20);
    pub const FAULT: Errno = Errno(21);
    pub const INVAL: Errno = Errno(28);
    pub const ISDIR: Errno = Errno(31);
    pub const MFILE: Errno = Errno(33);
    pub const NAMETOOLONG: Errno = Errno(37);
    pub const NOENT: Errno = Errno(44);
    pub const NOSPC: Errno = Errno(51);
    pub const NOTDIR: Errno = Errno(54);
    pub const NOTEMPTY: Errno = Errno(55);
    pub const NOTSUP: Errno = Errno(58);
    pub const PERM: Errno = Errno(63);
    pub const PIPE: Errno = Errno(64);
    pub const ROFS: Errno = Errno(69);
    pub const SPIPE: Errno = Errno(70);
}

/// Kind of file: unknown, which is what pipes are; never a terminal.
pub(crate) const PIPE: u8 = 0;
/// A directory.
pub(crate) const DIRECTORY: u8 = 3;
/// A regular file.
pub(crate) const REGULAR_FILE: u8 = 4;

/// `path_open`: make the file.
pub(crate) const O_CREAT: u32 = 1;
/// `path_open`: it must be a directory.
pub(crate) const O_DIRECTORY: u32 = 2;
/// `path_open`: it must not be there yet.
pub(crate) const O_EXCL: u32 = 4;
/// `path_open`: empty it.
pub(crate) const O_TRUNC: u32 = 8;
/// Descriptor flag: writes go to the end.
pub(crate) const FD_APPEND: u32 = 1;

/// The right to read.
pub(crate) const RIGHT_READ: u64 = 1 << 1;
/// The right to write.
pub(crate) const RIGHT_WRITE: u64 = 1 << 6;
/// Every right there is.
pub(crate) const ALL_RIGHTS: u64 = (1 << 30) - 1;

/// A guest's memory, every access checked.
pub(crate) struct Memory<'a> {
    pub bytes: &'a mut [u8],
    /// Bytes at the beginning that must not be touched.
    pub forbidden: usize,
}

impl Memory<'_> {
    fn range(&self, at: u32, len: u32) -> Result<std::ops::Range<usize>, Errno> {
        let start = at as usize;
        let end = start.checked_add(len as usize).ok_or(Errno::FAULT)?;
        if end > self.bytes.len() || (start < self.forbidden && len > 0) { Err(Errno::FAULT) } else { Ok(start..end) }
    }

    pub fn bytes(&self, at: u32, len: u32) -> Result<&[u8], Errno> {
        Ok(&self.bytes[self.range(at, len)?])
    }

    pub fn bytes_mut(&mut self, at: u32, len: u32) -> Result<&mut [u8], Errno> {
        let range = self.range(at, len)?;
        Ok(&mut self.bytes[range])
    }

    pub fn put(&mut self, at: u32, bytes: &[u8]) -> Result<(), Errno> {
        let len = u32::try_from(bytes.len()).map_err(|_| Errno::FAULT)?;
        self.bytes_mut(at, len)?.copy_from_slice(bytes);
        Ok(())
    }

    pub fn put_u32(&mut self, at: u32, value: u32) -> Result<(), Errno> {
        self.put(at, &value.to_le_bytes())
    }

    pub fn put_u64(&mut self, at: u32, value: u64) -> Result<(), Errno> {
        self.put(at, &value.to_le_bytes())
    }

    pub fn u32(&self, at: u32) -> Result<u32, Errno> {
        let bytes = self.bytes(at, 4)?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    pub fn u64(&self, at: u32) -> Result<u64, Errno> {
        Ok(u64::from(self.u32(at)?) | u64::from(self.u32(at.checked_add(4).ok_or(Errno::FAULT)?)?) << 32)
    }

    /// The buffers of a scattered read or write, at most 1024 of them.
    pub fn vectors(&self, at: u32, count: u32) -> Result<Vec<(u32, u32)>, Errno> {
        if count > 1024 {
            return Err(Errno::INVAL);
        }
        (0..count)
            .map(|i| {
                let entry = at.checked_add(i * 8).ok_or(Errno::FAULT)?;
                let (base, len) = (self.u32(entry)?, self.u32(entry.checked_add(4).ok_or(Errno::FAULT)?)?);
                self.range(base, len)?;
                Ok((base, len))
            })
            .collect()
    }

    /// A path, which must be UTF-8 without NUL and at most 4096 bytes.
    pub fn path(&self, at: u32, len: u32) -> Result<&str, Errno> {
        if len > 4096 {
            return Err(Errno::NAMETOOLONG);
        }
        let path = std::str::from_utf8(self.bytes(at, len)?).map_err(|_| Errno::INVAL)?;
        if path.contains('\0') { Err(Errno::INVAL) } else { Ok(path) }
    }
}

/// What is known about a file.
pub(crate) struct Stat {
    pub inode: u64,
    pub kind: u8,
    pub size: u64,
    pub modified_ns: u64,
}

impl Stat {
    /// The 64 bytes of a `filestat`.
    pub fn encode(&self) -> [u8; 64] {
        let mut out = [0; 64];
        out[0..8].copy_from_slice(&1u64.to_le_bytes());
        out[8..16].copy_from_slice(&self.inode.to_le_bytes());
        out[16] = self.kind;
        out[24..32].copy_from_slice(&1u64.to_le_bytes());
        out[32..40].copy_from_slice(&self.size.to_le_bytes());
        for field in [40, 48, 56] {
            out[field..field + 8].copy_from_slice(&self.modified_ns.to_le_bytes());
        }
        out
    }
}
