//! Native stacks of guests, which are used again: a fresh one costs every program a mapping, its end, and the page faults
//! of its first use, all of which threads wait for one another.

use rustix::mm::{Advice, MapFlags, MprotectFlags, ProtFlags, madvise, mmap_anonymous, mprotect, munmap};
use std::ops::Range;
use std::ptr::null_mut;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use wasmtime::{Error, StackCreator, StackMemory};

/// Bytes below a stack that have no rights.
const GUARD: usize = 64 << 10;
/// Bytes at a stack's beginning whose pages stay with it.
const RESIDENT: usize = 256 << 10;

/// Makes the stacks of one engine.
pub(crate) struct Stacks {
    free: Arc<Mutex<Vec<Mapping>>>,
    keep: usize,
}

impl Stacks {
    /// At most `keep` stacks are kept for later programs.
    pub fn new(keep: usize) -> Arc<Self> {
        Arc::new(Self { free: Arc::default(), keep })
    }
}

struct Mapping {
    /// Where the guard begins; the stack follows it.
    base: *mut u8,
    /// Bytes of the stack.
    size: usize,
}

// An owned mapping, not shared with anybody.
unsafe impl Send for Mapping {}
unsafe impl Sync for Mapping {}

impl Mapping {
    fn new(size: usize) -> Result<Self, rustix::io::Errno> {
        let rights = ProtFlags::READ | ProtFlags::WRITE;
        // A fresh mapping aliases nothing; the guard is its beginning.
        unsafe {
            let base = mmap_anonymous(null_mut(), size + GUARD, rights, MapFlags::PRIVATE | MapFlags::NORESERVE)?;
            let mapping = Self { base: base.cast(), size };
            mprotect(base, GUARD, MprotectFlags::empty())?;
            Ok(mapping)
        }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // Ours alone; there is nothing to do about a failure.
        let _ = unsafe { munmap(self.base.cast(), self.size + GUARD) };
    }
}

struct Stack {
    /// `None` only while being dropped.
    mapping: Option<Mapping>,
    base: *mut u8,
    size: usize,
    home: Weak<Mutex<Vec<Mapping>>>,
    keep: usize,
}

// As for `Mapping`.
unsafe impl Send for Stack {}
unsafe impl Sync for Stack {}

impl Drop for Stack {
    fn drop(&mut self) {
        let (Some(mapping), Some(home)) = (self.mapping.take(), self.home.upgrade()) else { return };
        let deep = self.size.saturating_sub(RESIDENT);
        // Inside the mapping, above its guard; no guest runs on it any more.
        let given_back = unsafe { madvise(mapping.base.add(GUARD).cast(), deep, Advice::LinuxDontNeed) };
        let mut free = home.lock().unwrap_or_else(PoisonError::into_inner);
        if given_back.is_ok() && free.len() < self.keep {
            free.push(mapping);
        }
    }
}

// The range is mapped with its guard below, page-aligned, for as long as the stack lives.
unsafe impl StackMemory for Stack {
    fn top(&self) -> *mut u8 {
        // One past the end of the mapping.
        unsafe { self.base.add(GUARD + self.size) }
    }

    fn range(&self) -> Range<usize> {
        let start = self.base as usize + GUARD;
        start..start + self.size
    }

    fn guard_range(&self) -> Range<*mut u8> {
        // Both inside the mapping.
        self.base..unsafe { self.base.add(GUARD) }
    }
}

// See `StackMemory`. Stacks are not zeroed when they are used again, which the engine does not ask for: a guest cannot
// read its native stack.
unsafe impl StackCreator for Stacks {
    fn new_stack(&self, size: usize, zeroed: bool) -> Result<Box<dyn StackMemory>, Error> {
        let size = size.next_multiple_of(GUARD);
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let found = free.iter().position(|mapping| mapping.size == size && !zeroed).map(|at| free.swap_remove(at));
        drop(free);
        let mapping = match found {
            Some(mapping) => mapping,
            None => Mapping::new(size).map_err(|e| Error::msg(format!("no stack for a guest: {e}")))?,
        };
        let base = mapping.base;
        Ok(Box::new(Stack { mapping: Some(mapping), base, size, home: Arc::downgrade(&self.free), keep: self.keep }))
    }
}
