//! The counter of a guest's work, and the net that is cast over it by the clock.

use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// Most work a counter is given; far from where numbers end.
const MOST: i64 = i64::MAX / 4;
/// What a counter is set to when the clock ends its guest.
const ENDED: i64 = -MOST;
/// How often the clock is looked at while guests run.
const LOOK: Duration = Duration::from_millis(20);
/// Looks without a guest after which looking stops until one comes.
const IDLE_LOOKS: u32 = 50;

/// Units of work a guest has left, as a number in one of its memories that only the code it was given for that names.
///
/// It points into memory that lives as long as the guest's store; whoever holds one sees to that.
#[derive(Clone, Copy)]
pub(crate) struct Counter(NonNull<AtomicI64>);

// The number is only ever touched as an atomic one.
unsafe impl Send for Counter {}
unsafe impl Sync for Counter {}

impl Counter {
    /// The counter at the beginning of a memory.
    pub fn at(memory: NonNull<u8>) -> Self {
        Self(memory.cast())
    }

    fn number(&self) -> &AtomicI64 {
        // Memories begin at a page and have at least one; see the type for how long.
        unsafe { self.0.as_ref() }
    }

    /// Units left; below zero when there are none.
    pub fn left(self) -> i64 {
        self.number().load(Ordering::Relaxed)
    }

    /// Gives it so many units, and says how many these are when it is too many to count.
    pub fn set(self, units: u64) -> u64 {
        let units = i64::try_from(units).unwrap_or(MOST).min(MOST);
        self.number().store(units, Ordering::Relaxed);
        units as u64
    }

    /// Takes units away; whether there were that many.
    pub fn take(self, units: u64) -> bool {
        let units = i64::try_from(units).unwrap_or(MOST).min(MOST);
        let less = |left: i64| Some(left.saturating_sub(units).max(ENDED));
        let before = self.number().fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        before.unwrap_or(ENDED) >= units
    }
}

struct Watched {
    number: u64,
    counter: Counter,
    deadline: Instant,
    caught: Arc<Caught>,
}

/// Whether the clock ended a guest, and what its counter showed then.
#[derive(Default)]
struct Caught {
    caught: AtomicBool,
    left: AtomicI64,
}

#[derive(Default)]
struct State {
    guests: Vec<Watched>,
    next: u64,
    asleep: bool,
}

struct Clock {
    state: Mutex<State>,
    woken: Condvar,
}

/// Ends a guest when its time is over, until it is dropped.
///
/// Code that counts subtracts by a load and a store, so one setting of the counter may be lost between the two. It is set
/// again at every look, for as long as the guest is watched.
pub(crate) struct Net {
    number: u64,
    caught: Arc<Caught>,
}

impl Net {
    /// Watches a guest's counter. The net must be dropped before the guest's store.
    pub fn over(counter: Counter, deadline: Instant) -> Self {
        let clock = clock();
        let caught = Arc::new(Caught::default());
        let mut state = clock.state.lock().unwrap_or_else(PoisonError::into_inner);
        let number = state.next;
        state.next += 1;
        state.guests.push(Watched { number, counter, deadline, caught: caught.clone() });
        if state.asleep {
            clock.woken.notify_one();
        }
        Net { number, caught }
    }

    /// What the counter showed when the clock ended the guest, if it did.
    pub fn caught(&self) -> Option<i64> {
        self.caught.caught.load(Ordering::Acquire).then(|| self.caught.left.load(Ordering::Relaxed))
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        let mut state = clock().state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = state.guests.iter().position(|guest| guest.number == self.number) {
            state.guests.swap_remove(at);
        }
    }
}

fn clock() -> &'static Clock {
    static CLOCK: OnceLock<Clock> = OnceLock::new();
    static STARTED: OnceLock<bool> = OnceLock::new();
    let clock = CLOCK.get_or_init(|| Clock { state: Mutex::default(), woken: Condvar::new() });
    // Without the thread there is no net, but the work limit holds all the same.
    STARTED.get_or_init(|| std::thread::Builder::new().name("sandbox clock".to_string()).spawn(|| look(clock)).is_ok());
    clock
}

/// What the clock's thread does.
fn look(clock: &Clock) {
    let mut idle = 0;
    let mut state = clock.state.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        if idle > IDLE_LOOKS && state.guests.is_empty() {
            state.asleep = true;
            state = clock.woken.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.asleep = false;
            idle = 0;
        }
        drop(state);
        std::thread::sleep(LOOK);
        state = clock.state.lock().unwrap_or_else(PoisonError::into_inner);
        idle = if state.guests.is_empty() { idle + 1 } else { 0 };
        let now = Instant::now();
        for guest in state.guests.iter().filter(|guest| guest.deadline <= now) {
            // The guest's store lives: its net is dropped first, which takes the lock that is held here.
            let left = guest.counter.left();
            if !guest.caught.caught.load(Ordering::Relaxed) {
                guest.caught.left.store(left, Ordering::Relaxed);
                guest.caught.caught.store(true, Ordering::Release);
            }
            guest.counter.set_ended();
        }
    }
}

impl Counter {
    fn set_ended(self) {
        self.number().store(ENDED, Ordering::Relaxed);
    }
}
