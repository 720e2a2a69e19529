//! Two guests that talk: what one writes the other reads.
//!
//! Only one of them runs at a time; it goes on until it wants to read what is not there yet, or ends. So the course of a
//! conversation, and the work of both, is the same every time.

use std::cell::RefCell;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Bytes on their way to one side; more is a failure to write.
const MOST_BYTES: usize = 64 << 20;

thread_local! {
    /// Which side of which conversation the next guest of this thread is.
    static NEXT: RefCell<Option<Side>> = const { RefCell::new(None) };
}

#[derive(Default)]
struct State {
    /// Bytes on their way to each side.
    sent: [Vec<u8>; 2],
    /// Whether each side waits for bytes.
    waits: [bool; 2],
    ended: [bool; 2],
    /// Whose turn it is.
    turn: usize,
    /// Whether both waited, each for the other.
    deadlock: bool,
}

/// A conversation of two guests. The first is the one that is told when both wait.
#[derive(Default)]
struct Conversation {
    state: Mutex<State>,
    changed: Condvar,
}

/// One side of a conversation. When it is dropped the other reads to the end and writes in vain.
pub(crate) struct Side {
    conversation: Arc<Conversation>,
    index: usize,
}

/// What a side gets that wants to read.
pub(crate) enum Heard {
    /// Bytes; none when the other has ended.
    Bytes(Vec<u8>),
    /// The other waits too, and so nothing will come.
    Deadlock,
}

/// The two sides of a new conversation.
pub(crate) fn sides() -> (Side, Side) {
    let conversation = Arc::new(Conversation::default());
    (Side { conversation: conversation.clone(), index: 0 }, Side { conversation, index: 1 })
}

/// Makes the next guest that starts on this thread the given side.
pub(crate) fn join_next(side: Side) {
    NEXT.with(|next| *next.borrow_mut() = Some(side));
}

/// The side that a guest starting now on this thread is.
pub(crate) fn take_next() -> Option<Side> {
    NEXT.with(|next| next.borrow_mut().take())
}

impl Conversation {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until it is this side's turn, or the other has ended.
    fn wait<'a>(&'a self, mut state: MutexGuard<'a, State>, index: usize) -> MutexGuard<'a, State> {
        while state.turn != index && !state.ended[1 - index] {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state
    }
}

impl Side {
    /// Waits for the first turn.
    pub fn begin(&self) {
        drop(self.conversation.wait(self.conversation.lock(), self.index));
    }

    /// Up to `most` bytes that the other wrote, as soon as there are any.
    pub fn read(&self, most: usize) -> Heard {
        let (me, other) = (self.index, 1 - self.index);
        let mut state = self.conversation.lock();
        loop {
            if !state.sent[me].is_empty() {
                let taken = most.min(state.sent[me].len());
                let rest = state.sent[me].split_off(taken);
                return Heard::Bytes(std::mem::replace(&mut state.sent[me], rest));
            }
            if state.ended[other] || most == 0 {
                return Heard::Bytes(Vec::new());
            }
            if state.deadlock && me == 0 {
                return Heard::Deadlock;
            }
            if state.waits[other] && state.sent[other].is_empty() {
                state.deadlock = true;
                if me == 0 {
                    return Heard::Deadlock;
                }
            }
            state.waits[me] = true;
            state.turn = other;
            self.conversation.changed.notify_all();
            state = self.conversation.wait(state, me);
            state.waits[me] = false;
        }
    }

    /// Hands bytes over; whether the other is there to read them.
    pub fn write(&self, bytes: &[u8]) -> bool {
        let other = 1 - self.index;
        let mut state = self.conversation.lock();
        if state.ended[other] || state.sent[other].len() + bytes.len() > MOST_BYTES {
            return false;
        }
        state.sent[other].extend_from_slice(bytes);
        true
    }
}

impl Drop for Side {
    fn drop(&mut self) {
        let mut state = self.conversation.lock();
        state.ended[self.index] = true;
        state.turn = 1 - self.index;
        self.conversation.changed.notify_all();
    }
}
