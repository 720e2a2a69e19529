//! Which pages of a copy-on-write mapping a program wrote to.
//!
//! Bringing those back by copying costs a fifth of what it costs to give them to the kernel and take page faults again.

use std::ffi::c_void;
use std::fs::File;
use std::ops::Range;
use std::os::fd::AsRawFd;
use std::sync::OnceLock;

/// `PAGEMAP_SCAN`, since Linux 6.7: `_IOWR('f', 16, struct pm_scan_arg)`.
const PAGEMAP_SCAN: libc::c_ulong = 0xc060_6610;
const PAGE_IS_FILE: u64 = 1 << 2;
const PAGE_IS_PRESENT: u64 = 1 << 3;
const PAGE_IS_SWAPPED: u64 = 1 << 4;
/// Most stretches of pages that are worth listing.
const MAX_STRETCHES: usize = 512;

#[repr(C)]
struct ScanArgument {
    size: u64,
    flags: u64,
    start: u64,
    end: u64,
    walk_end: u64,
    stretches: u64,
    stretch_count: u64,
    max_pages: u64,
    category_inverted: u64,
    category_mask: u64,
    category_anyof_mask: u64,
    return_mask: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Stretch {
    start: u64,
    end: u64,
    categories: u64,
}

/// The stretches of the `len` bytes at `base`, as offsets, that are no longer the mapped file's own pages; `None` when the
/// kernel cannot say, or when there are more than `most` pages or too many stretches.
pub(crate) fn written(base: *mut u8, len: usize, most: u64) -> Option<Vec<Range<usize>>> {
    static PAGEMAP: OnceLock<Option<File>> = OnceLock::new();
    let pagemap = PAGEMAP.get_or_init(|| File::open("/proc/self/pagemap").ok()).as_ref()?;
    let mut stretches = [Stretch::default(); MAX_STRETCHES];
    let start = base as u64;
    let mut argument = ScanArgument {
        size: size_of::<ScanArgument>() as u64,
        flags: 0,
        start,
        end: start + len as u64,
        walk_end: 0,
        stretches: stretches.as_mut_ptr() as u64,
        stretch_count: MAX_STRETCHES as u64,
        max_pages: most + 1,
        category_inverted: PAGE_IS_FILE,
        category_mask: PAGE_IS_FILE,
        category_anyof_mask: PAGE_IS_PRESENT | PAGE_IS_SWAPPED,
        return_mask: PAGE_IS_PRESENT,
    };
    // The kernel writes only into `argument` and `stretches`, whose sizes it is told.
    let found = unsafe { libc::ioctl(pagemap.as_raw_fd(), PAGEMAP_SCAN, (&raw mut argument).cast::<c_void>()) };
    let found = usize::try_from(found).ok().filter(|found| *found < MAX_STRETCHES)?;
    if argument.walk_end != argument.end {
        return None;
    }
    Some(stretches[..found].iter().map(|s| (s.start - start) as usize..(s.end - start) as usize).collect())
}
