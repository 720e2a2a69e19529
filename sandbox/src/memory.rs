//! Guest memories: reservations that are mapped over an image file, copy-on-write, and used again.

use crate::{SandboxError, dirty, image::Image};
use rustix::mm::{Advice, MapFlags, MprotectFlags, ProtFlags, madvise, mmap, mmap_anonymous, mprotect, munmap};
use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::ptr::{copy_nonoverlapping, null_mut};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use wasmtime::{LinearMemory, MemoryCreator, MemoryType};

/// Most pages of a memory that stay with its reservation from program to program; beyond it all are given back.
const RESIDENT_PAGES: u64 = 2048;

/// Bytes at the beginning of a compiled program's memory that nobody may touch, so that null pointers are found.
pub(crate) const FORBIDDEN: u32 = 1 << 20;

thread_local! {
    /// Whether the beginning of the next guest memory of this thread is out of bounds.
    static FORBID: Cell<bool> = const { Cell::new(false) };
    /// The image the next guest memory of this thread starts from.
    static NEXT: RefCell<Option<Arc<Image>>> = const { RefCell::new(None) };
}

/// Makes every memory of the engine. Reservations come back here when their program ends, so that a program costs no
/// new address space.
pub(crate) struct GuestMemories {
    free: Arc<Mutex<Vec<Reservation>>>,
    keep: usize,
}

impl GuestMemories {
    /// At most `keep` reservations are kept for later programs.
    pub fn new(keep: usize) -> Arc<Self> {
        Arc::new(Self { free: Arc::default(), keep })
    }
}

/// Lets the next memory that is made on this thread start from `image`; to be called right before instantiation.
pub(crate) fn start_next_from(image: Arc<Image>) {
    NEXT.with(|next| *next.borrow_mut() = Some(image));
}

/// Lets nobody touch the beginning of the next memory that is made on this thread; to be called right before
/// instantiation.
pub(crate) fn forbid_beginning_of_next() {
    FORBID.with(|forbid| forbid.set(true));
}

/// Address space for one memory and its guard, with what is mapped at its beginning.
struct Reservation {
    base: *mut u8,
    /// Bytes reserved, the guard included.
    total: usize,
    /// Bytes that can be read and written.
    accessible: usize,
    image: Option<Arc<Image>>,
    /// Whether a program had it since it was last reset.
    used: bool,
    /// Whether the first [`FORBIDDEN`] bytes have no rights.
    forbidden: bool,
}

// The pointer is an owned mapping, not shared with anybody.
unsafe impl Send for Reservation {}
unsafe impl Sync for Reservation {}

impl Reservation {
    fn new(total: usize) -> Result<Self, rustix::io::Errno> {
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // A fresh anonymous mapping without access rights aliases nothing.
        let base = unsafe { mmap_anonymous(null_mut(), total, ProtFlags::empty(), flags)? };
        Ok(Self { base: base.cast(), total, accessible: 0, image: None, used: false, forbidden: false })
    }

    fn at(&self, offset: usize) -> *mut c_void {
        // `offset` is at most `total`, so this stays inside the mapping or one past it.
        unsafe { self.base.add(offset).cast() }
    }

    /// Takes the rights to the beginning away.
    fn forbid(&mut self) -> Result<(), rustix::io::Errno> {
        // Inside the reservation: `accessible` is more than that.
        unsafe { mprotect(self.base.cast(), FORBIDDEN as usize, MprotectFlags::empty())? };
        self.forbidden = true;
        Ok(())
    }

    /// Makes the first `len` bytes what `image` says (zero beyond it) and everything after inaccessible.
    fn reset(&mut self, image: Option<Arc<Image>>, len: usize) -> Result<(), rustix::io::Errno> {
        let same = match (&self.image, &image) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        };
        let rights = ProtFlags::READ | ProtFlags::WRITE;
        // All ranges lie inside this reservation, and no guest runs in it now.
        unsafe {
            if self.forbidden {
                mprotect(self.base.cast(), FORBIDDEN as usize, MprotectFlags::READ | MprotectFlags::WRITE)?;
                self.forbidden = false;
            }
            if same {
                if self.used {
                    self.restore()?;
                }
            } else {
                let flags = MapFlags::PRIVATE | MapFlags::FIXED | MapFlags::NORESERVE;
                mmap_anonymous(self.base.cast(), self.accessible.max(1), ProtFlags::empty(), flags)?;
                self.accessible = 0;
                if let Some(image) = &image {
                    mmap(self.base.cast(), image.len(), rights, flags, image.file(), 0)?;
                    self.accessible = image.len();
                }
            }
            if self.accessible > len {
                mprotect(self.at(len), self.accessible - len, MprotectFlags::empty())?;
            }
            let kept = image.as_ref().map_or(0, |i| i.len()).min(len);
            if len > kept {
                mprotect(self.at(kept), len - kept, MprotectFlags::READ | MprotectFlags::WRITE)?;
            }
        }
        self.accessible = len;
        self.image = image;
        self.used = false;
        Ok(())
    }

    /// Makes the accessible bytes those of the image again, and zero beyond it.
    fn restore(&mut self) -> Result<(), rustix::io::Errno> {
        let kept = self.image.as_ref().map_or(0, |i| i.len()).min(self.accessible);
        let written = self.image.as_ref().and_then(|image| Some((image, dirty::written(self.base, kept, RESIDENT_PAGES)?)));
        // All ranges lie inside this reservation, and no guest runs in it now. Of an image's pages those that were not
        // written to are the file's own.
        unsafe {
            match written {
                Some((image, stretches)) => {
                    for stretch in stretches {
                        let Some(bytes) = image.bytes().get(stretch.clone()) else { return Err(rustix::io::Errno::FAULT) };
                        copy_nonoverlapping(bytes.as_ptr(), self.base.add(stretch.start), bytes.len());
                    }
                }
                None if kept > 0 => madvise(self.base.cast(), kept, Advice::LinuxDontNeed)?,
                None => {}
            }
            if self.accessible > kept {
                madvise(self.at(kept), self.accessible - kept, Advice::LinuxDontNeed)?;
            }
        }
        Ok(())
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        // The mapping is ours, and nobody holds a pointer into it any more. There is nothing to do about a failure.
        let _ = unsafe { munmap(self.base.cast(), self.total) };
    }
}

struct GuestMemory {
    /// `None` only while being dropped.
    reservation: Option<Reservation>,
    base: *mut u8,
    len: usize,
    capacity: usize,
    home: Weak<Mutex<Vec<Reservation>>>,
    keep: usize,
}

// As for `Reservation`.
unsafe impl Send for GuestMemory {}
unsafe impl Sync for GuestMemory {}

unsafe impl LinearMemory for GuestMemory {
    fn byte_size(&self) -> usize {
        self.len
    }

    fn byte_capacity(&self) -> usize {
        self.capacity
    }

    fn grow_to(&mut self, new_size: usize) -> wasmtime::Result<()> {
        let Some(reservation) = self.reservation.as_mut().filter(|_| new_size <= self.capacity) else {
            return Err(wasmtime::Error::msg("the guest's address space is full"));
        };
        if new_size > self.len {
            let rights = MprotectFlags::READ | MprotectFlags::WRITE;
            // Inside the reservation: `new_size` is at most `capacity`.
            unsafe { mprotect(reservation.at(self.len), new_size - self.len, rights) }
                .map_err(|e| wasmtime::Error::msg(format!("memory cannot grow: {e}")))?;
            self.len = new_size;
            reservation.accessible = new_size;
        }
        Ok(())
    }

    fn as_ptr(&self) -> *mut u8 {
        self.base
    }
}

impl Drop for GuestMemory {
    fn drop(&mut self) {
        let Some(mut reservation) = self.reservation.take() else { return };
        let Some(home) = self.home.upgrade() else { return };
        // Give pages back now, not when the next program comes.
        let image = reservation.image.clone();
        let len = image.as_ref().map_or(0, |i| i.len());
        if reservation.reset(image, len).is_ok() {
            let mut free = home.lock().unwrap_or_else(PoisonError::into_inner);
            if free.len() < self.keep {
                free.push(reservation);
            }
        }
    }
}

unsafe impl MemoryCreator for GuestMemories {
    fn new_memory(
        &self,
        _ty: MemoryType,
        minimum: usize,
        _maximum: Option<usize>,
        reserved: Option<usize>,
        guard: usize,
    ) -> Result<Box<dyn LinearMemory>, String> {
        // The heap of WebAssembly exceptions is a memory too; it is told apart by its size and starts empty.
        let image = NEXT.with(|next| next.borrow_mut().take_if(|image| image.minimum() == minimum));
        let capacity = reserved.unwrap_or(1 << 32).max(minimum);
        let total = capacity + guard;
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let fitting = free
            .iter()
            .position(|r| r.total == total && r.image.as_ref().map(Arc::as_ptr) == image.as_ref().map(Arc::as_ptr))
            .or_else(|| free.iter().position(|r| r.total == total));
        let found = fitting.map(|i| free.swap_remove(i));
        drop(free);
        let len = image.as_ref().map_or(minimum, |i| i.len());
        let fail = |e| format!("no memory for a guest: {e}");
        let mut reservation = match found {
            Some(reservation) => reservation,
            None => Reservation::new(total).map_err(fail)?,
        };
        reservation.reset(image, len).map_err(fail)?;
        // The heap of exceptions is smaller than what is forbidden.
        if len > FORBIDDEN as usize && FORBID.with(|forbid| forbid.replace(false)) {
            reservation.forbid().map_err(fail)?;
        }
        reservation.used = true;
        let base = reservation.base;
        let home = Arc::downgrade(&self.free);
        Ok(Box::new(GuestMemory { reservation: Some(reservation), base, len, capacity, home, keep: self.keep }))
    }
}

impl From<rustix::io::Errno> for SandboxError {
    fn from(error: rustix::io::Errno) -> Self {
        SandboxError::Engine(format!("the operating system refused: {error}"))
    }
}
