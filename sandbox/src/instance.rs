//! One guest at work: started from an image, driven through its exports, measured, and gone.

use crate::counter::{Counter, Net};
use crate::wasi::{Stop, Wasi};
use crate::wasm::{START, WORK_MEMORY};
use crate::{SandboxError, compile::Compiled, conversation, image::Image, memory};
use std::future::Future;
use std::pin::pin;
use std::ptr::NonNull;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;
use wasmtime::{
    Engine, Error, Instance, InstancePre, Linker, Memory, Module, ResourceLimiter, Store, ThrownException, Trap, Val, WasmParams,
    WasmResults,
};

/// Most elements of a table; guests need fewer than 100,000.
const TABLE_ELEMENTS: usize = 1 << 20;

/// The words for an exception of the guest's own that left it.
pub(crate) const THROWN: &str = "an exception left the program";

/// What a store holds for its guest.
pub(crate) struct Guest {
    /// Its operating system.
    pub wasi: Wasi,
    /// Its memory, once it is instantiated.
    pub memory: Option<Memory>,
    /// Bytes at the beginning of its memory that nobody may touch.
    pub forbidden: u32,
    /// Counts its work, once it is instantiated.
    pub counter: Option<Counter>,
    /// Units of work it was given.
    pub budget: u64,
    caps: Caps,
}

/// Caps on memory, and what was made of them.
struct Caps {
    memory_bytes: usize,
    peak_bytes: usize,
    refused: bool,
}

impl ResourceLimiter for Caps {
    fn memory_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool, Error> {
        if desired > self.memory_bytes {
            self.refused = true;
            return Ok(false);
        }
        self.peak_bytes = self.peak_bytes.max(desired);
        Ok(true)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool, Error> {
        Ok(desired <= TABLE_ELEMENTS)
    }
}

/// How a call into a guest ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending<R> {
    /// It returned.
    Returned(R),
    /// It asked to exit with this status.
    Exited(i32),
    /// Its work is used up.
    Work,
    /// The wall-clock net caught it.
    Wall,
    /// It wrote more than it may.
    Output,
    /// It trapped, in the engine's words.
    Trapped(String),
}

/// Everything needed to start instances of one guest.
pub(crate) struct Starter {
    engine: Engine,
    pre: InstancePre<Guest>,
}

/// A running guest.
pub(crate) struct Running {
    /// Dropped first, as it holds on to the store's memory.
    net: Net,
    counter: Counter,
    store: Store<Guest>,
    instance: Instance,
    deadline: Instant,
    /// Work the program itself used, once it has ended.
    pub program_work: Option<u64>,
}

impl Starter {
    pub fn new(engine: &Engine, linker: &Linker<Guest>, compiled: &Compiled) -> Result<Self, SandboxError> {
        Self::of_module(engine, linker, &compiled.module)
    }

    /// A starter of a module that needs no image.
    pub fn of_module(engine: &Engine, linker: &Linker<Guest>, module: &Module) -> Result<Self, SandboxError> {
        let pre = linker
            .instantiate_pre(module)
            .map_err(|e| SandboxError::engine("the guest wants something the sandbox does not have", format!("{e:#}")))?;
        Ok(Self { engine: engine.clone(), pre })
    }

    /// Starts a guest from `image` with `budget` units of work, `memory_bytes` of memory, and the wall-clock net at
    /// `deadline`.
    pub fn start(
        &self,
        image: &Arc<Image>,
        wasi: Wasi,
        budget: u64,
        memory_bytes: u64,
        deadline: Instant,
    ) -> Result<Running, SandboxError> {
        memory::start_next_from(image.clone());
        self.begin(wasi, budget, (memory_bytes, image.len(), 0), deadline)
    }

    /// Starts a compiled program, whose module itself holds what its memory begins with, and whose first
    /// [`memory::FORBIDDEN`] bytes of memory must not be touched.
    pub fn start_bare(&self, wasi: Wasi, budget: u64, memory_bytes: u64, deadline: Instant) -> Result<Running, SandboxError> {
        memory::forbid_beginning_of_next();
        self.begin(wasi, budget, (memory_bytes, 0, memory::FORBIDDEN), deadline)
    }

    /// Starts a module that somebody else compiled; all of its memory is its own.
    pub fn start_module(&self, wasi: Wasi, budget: u64, memory_bytes: u64, deadline: Instant) -> Result<Running, SandboxError> {
        self.begin(wasi, budget, (memory_bytes, 0, 0), deadline)
    }

    fn begin(
        &self,
        mut wasi: Wasi,
        budget: u64,
        (memory_bytes, peak_bytes, forbidden): (u64, usize, u32),
        deadline: Instant,
    ) -> Result<Running, SandboxError> {
        let memory_bytes = usize::try_from(memory_bytes).unwrap_or(usize::MAX);
        if let Some(side) = conversation::take_next() {
            wasi.join(side);
        }
        let caps = Caps { memory_bytes, peak_bytes, refused: false };
        let guest = Guest { wasi, memory: None, counter: None, forbidden, budget: 0, caps };
        let mut store = Store::new(&self.engine, guest);
        store.limiter(|guest| &mut guest.caps);
        let fail = |e: Error| SandboxError::engine("a guest does not start", format!("{e:#}"));
        let instance = match drive(self.pre.instantiate_async(&mut store), deadline) {
            Some(result) => result.map_err(fail)?,
            None => return Err(SandboxError::Engine("a guest took too long to start".to_string())),
        };
        store.data_mut().memory = instance.get_memory(&mut store, "memory");
        let work = instance.get_memory(&mut store, WORK_MEMORY).and_then(|memory| NonNull::new(memory.data_ptr(&store)));
        let counter = Counter::at(work.ok_or_else(|| SandboxError::Engine("a guest does not count its work".to_string()))?);
        store.data_mut().counter = Some(counter);
        store.data_mut().budget = counter.set(budget);
        let net = Net::over(counter, deadline);
        Ok(Running { net, counter, store, instance, deadline, program_work: None })
    }
}

impl Running {
    /// Calls the module's start function, where it has one; the engine does not.
    pub fn call_start(&mut self) -> Result<Ending<()>, SandboxError> {
        match self.instance.get_func(&mut self.store, START) {
            Some(_) => self.call(START, ()),
            None => Ok(Ending::Returned(())),
        }
    }

    /// Calls the export `name`.
    pub fn call<P: WasmParams + Sync, R: WasmResults + Sync>(
        &mut self,
        name: &str,
        params: P,
    ) -> Result<Ending<R>, SandboxError> {
        let function = self
            .instance
            .get_typed_func::<P, R>(&mut self.store, name)
            .map_err(|e| SandboxError::engine(&format!("the guest has no usable `{name}`"), e))?;
        let Some(result) = drive(function.call_async(&mut self.store, params), self.deadline) else {
            return Ok(Ending::Wall);
        };
        Ok(match result {
            Ok(value) => Ending::Returned(value),
            Err(error) => match (error.downcast_ref::<Stop>(), error.downcast_ref::<Trap>()) {
                (Some(Stop::Exit(status)), _) => Ending::Exited(*status),
                (Some(Stop::Output), _) => Ending::Output,
                (Some(Stop::Work), _) => self.used_up(),
                (_, Some(Trap::UnreachableCodeReached)) if self.counter.left() < 0 => self.used_up(),
                (_, Some(trap)) => Ending::Trapped(trap.to_string()),
                _ if error.is::<ThrownException>() => Ending::Trapped(THROWN.to_string()),
                _ => Ending::Trapped(format!("{error:#}")),
            },
        })
    }

    /// What a C++ exception that left the guest says of itself; empty where nothing can be learned.
    pub fn thrown(&mut self) -> String {
        self.told().unwrap_or_default()
    }

    fn told(&mut self) -> Option<String> {
        let exception = self.store.take_pending_exception()?;
        let Val::I32(thrown) = exception.field(&mut self.store, 0).ok()? else { return None };
        self.refill(10_000_000);
        let Ok(Ending::Returned(at)) = self.call::<i32, u32>("__proctor_thrown", thrown) else { return None };
        let (at, forbidden) = (at as usize, self.store.data().forbidden as usize);
        let bytes = self.memory().get(at.max(forbidden)..)?;
        let text = bytes.iter().take(1024).take_while(|byte| **byte != 0).copied().collect::<Vec<u8>>();
        Some(String::from_utf8_lossy(&text).into_owned())
    }

    fn used_up<R>(&self) -> Ending<R> {
        if self.net.caught().is_some() { Ending::Wall } else { Ending::Work }
    }

    /// The guest's operating system.
    pub fn wasi(&mut self) -> &mut Wasi {
        &mut self.store.data_mut().wasi
    }

    /// Units of work used so far.
    pub fn work(&self) -> u64 {
        let left = self.net.caught().unwrap_or_else(|| self.counter.left());
        self.store.data().budget.saturating_sub(u64::try_from(left).unwrap_or(0))
    }

    /// Gives the guest `budget` units of work from now on.
    pub fn refill(&mut self, budget: u64) {
        let used = self.work();
        let given = self.counter.set(budget);
        self.store.data_mut().budget = used.saturating_add(given);
    }

    /// Most bytes of memory so far.
    pub fn peak_memory_bytes(&self) -> u64 {
        self.store.data().caps.peak_bytes as u64
    }

    /// Raises the cap on memory.
    pub fn allow_more_memory(&mut self, bytes: u64) {
        let caps = &mut self.store.data_mut().caps;
        caps.memory_bytes = caps.memory_bytes.saturating_add(usize::try_from(bytes).unwrap_or(usize::MAX));
    }

    /// Whether the guest was refused memory.
    pub fn memory_refused(&self) -> bool {
        self.store.data().caps.refused
    }

    /// The guest's memory as it stands.
    pub fn memory(&self) -> &[u8] {
        self.store.data().memory.map_or(&[], |m| m.data(&self.store))
    }

    /// Puts `bytes` into the guest's memory.
    pub fn put(&mut self, at: u32, bytes: &[u8]) -> Result<(), SandboxError> {
        let memory = self.store.data().memory.ok_or_else(|| SandboxError::Engine("the guest has no memory".to_string()))?;
        memory
            .write(&mut self.store, at as usize, bytes)
            .map_err(|_| SandboxError::Engine("the guest gave an address outside its memory".to_string()))
    }
}

/// Drives a future; `None` when it waits for something and the deadline passes first.
fn drive<F: Future>(future: F, deadline: Instant) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return Some(output),
            Poll::Pending if Instant::now() >= deadline => return None,
            Poll::Pending => std::thread::yield_now(),
        }
    }
}

/// Defines `host.call`, the door through which the guest's makers let programs call their host. Here it is walled up.
pub(crate) fn link_host(linker: &mut Linker<Guest>) -> Result<(), Error> {
    const NO_HOST: i32 = -1;
    linker.func_wrap("host", "call", |_: u32, _: u32, _: u32, _: u32| -> i32 { NO_HOST })?;
    Ok(())
}
