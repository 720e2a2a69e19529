//! Help with one step: idle threads take over parts of it.
//!
//! A leader cuts a piece of work into parts and works them off together with whoever helps. Parts are claimed one by
//! one, so a helper that the machine does not let run takes none, and costs nothing but the part it may hold. Which
//! thread does a part changes no result.

use std::marker::PhantomData;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering};

/// Most parts of one piece of work.
const MOST_PARTS: usize = 0xffff;
/// Rounds of waiting before a thread lets others run.
const SPINS: u32 = 4096;

struct Work<'a> {
    body: &'a (dyn Fn(usize) + Sync),
}

/// One leader's work in progress, and its helpers.
///
/// `ticket` holds the number of the work (32 bits), its parts (16) and the next unclaimed part (16). A part is claimed
/// by counting the ticket up in one exchange, so that a claim belongs to exactly one piece of work.
#[derive(Default)]
pub struct Team {
    ticket: AtomicU64,
    work: AtomicPtr<Work<'static>>,
    finished: AtomicUsize,
    helpers: AtomicUsize,
    broken: AtomicBool,
}

impl Team {
    /// Threads that share the work, the leader included.
    pub fn threads(&self) -> usize {
        self.helpers.load(Ordering::Relaxed) + 1
    }

    /// Calls `body` once for each part. Only the leader calls this, and not from within a part.
    pub fn run(&self, parts: usize, body: &(dyn Fn(usize) + Sync)) {
        if !(2..=MOST_PARTS).contains(&parts) || self.threads() == 1 {
            (0..parts).for_each(body);
            return;
        }
        let work = Work { body };
        self.finished.store(0, Ordering::Relaxed);
        self.work.store(std::ptr::from_ref(&work).cast_mut().cast(), Ordering::Relaxed);
        let number = (self.ticket.load(Ordering::Relaxed) >> 32).wrapping_add(1);
        self.ticket.store(number << 32 | (parts as u64) << 16, Ordering::Release);
        // A panic must not leave while a helper still uses what `body` borrows.
        let own = catch_unwind(AssertUnwindSafe(|| {
            while let Some(part) = self.claim() {
                let done = Done(&self.finished);
                body(part);
                drop(done);
            }
        }));
        while self.claim().is_some() {
            self.finished.fetch_add(1, Ordering::Release);
        }
        let mut spins = 0;
        while self.finished.load(Ordering::Acquire) < parts {
            pause(&mut spins);
        }
        if let Err(panic) = own {
            resume_unwind(panic);
        }
        if self.broken.swap(false, Ordering::Relaxed) {
            resume_unwind(Box::new("a helper of this step panicked"));
        }
    }

    /// Helps until `enough` says so.
    pub fn help(&self, enough: &dyn Fn() -> bool) {
        self.helpers.fetch_add(1, Ordering::Relaxed);
        let mut spins = 0;
        while !enough() {
            let Some(part) = self.claim() else {
                pause(&mut spins);
                continue;
            };
            spins = 0;
            let done = Done(&self.finished);
            // SAFETY: the part just claimed is not finished, and `run` returns, ending the life of the work and of
            // what it borrows, only when every part is. The pointer was stored before the ticket that the claim read.
            let work = unsafe { &*self.work.load(Ordering::Relaxed) };
            if catch_unwind(AssertUnwindSafe(|| (work.body)(part))).is_err() {
                self.broken.store(true, Ordering::Relaxed);
            }
            drop(done);
        }
        self.helpers.fetch_sub(1, Ordering::Relaxed);
    }

    fn claim(&self) -> Option<usize> {
        let mut ticket = self.ticket.load(Ordering::Acquire);
        loop {
            let (parts, next) = (ticket >> 16 & 0xffff, ticket & 0xffff);
            if next >= parts {
                return None;
            }
            match self.ticket.compare_exchange_weak(ticket, ticket + 1, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Some(next as usize),
                Err(now) => ticket = now,
            }
        }
    }
}

/// Counts a part as finished, also after a panic.
struct Done<'a>(&'a AtomicUsize);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Release);
    }
}

fn pause(spins: &mut u32) {
    *spins += 1;
    if *spins > SPINS {
        std::thread::yield_now();
    } else {
        std::hint::spin_loop();
    }
}

/// Numbers that several parts write to, each to places of its own.
pub(super) struct Shared<'a> {
    start: *mut f32,
    length: usize,
    life: PhantomData<&'a mut [f32]>,
}

// SAFETY: access goes through `slice` alone, whose callers promise that no two of them overlap.
unsafe impl Sync for Shared<'_> {}

impl<'a> Shared<'a> {
    pub fn new(values: &'a mut [f32]) -> Self {
        Self { start: values.as_mut_ptr(), length: values.len(), life: PhantomData }
    }

    /// The places of `range`.
    ///
    /// # Safety
    /// No other slice that overlaps this one may exist while it does.
    #[allow(clippy::mut_from_ref)]
    #[inline(always)]
    pub unsafe fn slice(&self, range: Range<usize>) -> &mut [f32] {
        assert!(range.start <= range.end && range.end <= self.length, "a part lies outside the whole");
        // SAFETY: the range lies within the slice that `new` borrowed for as long as this value lives; the caller
        // keeps slices apart.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(range.start), range.len()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU32;

    /// Runs many pieces of work with helpers that come and go; every part must be done exactly once.
    #[test]
    fn every_part_is_done_once() {
        let team = Team::default();
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        let rounds = AtomicU32::new(0);
                        team.help(&|| rounds.fetch_add(1, Ordering::Relaxed) > 500 || stop.load(Ordering::Relaxed));
                    }
                });
            }
            for round in 0..20_000usize {
                let parts = 1 + round % 7;
                let counts: Vec<AtomicU32> = (0..parts).map(|_| AtomicU32::new(0)).collect();
                let mut values = vec![0f32; parts * 3];
                let shared = Shared::new(&mut values);
                team.run(parts, &|part| {
                    counts[part].fetch_add(1, Ordering::Relaxed);
                    // SAFETY: every part has its own three places.
                    unsafe { shared.slice(part * 3..part * 3 + 3) }.fill(part as f32 + 1.0);
                });
                assert!(counts.iter().all(|count| count.load(Ordering::Relaxed) == 1));
                assert!(values.iter().enumerate().all(|(i, x)| *x == (i / 3) as f32 + 1.0));
            }
            stop.store(true, Ordering::Relaxed);
        });
    }

    #[test]
    fn a_panic_reaches_the_leader_after_every_part_ended() {
        let team = Team::default();
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| team.help(&|| stop.load(Ordering::Relaxed)));
            while team.threads() < 2 {
                std::hint::spin_loop();
            }
            for broken in 0..4 {
                let body = |part: usize| assert!(part != broken, "as planned");
                let outcome = catch_unwind(AssertUnwindSafe(|| team.run(4, &body)));
                assert!(outcome.is_err());
                team.run(4, &|_| {});
            }
            stop.store(true, Ordering::Relaxed);
        });
    }
}
