//! Gives the calls their names and types.

use super::abi::{Errno, Memory};
use super::functions::Call;
use super::{Fault, Stop};
use crate::instance::Guest;
use crate::python::ZONE_CALL;
use wasmtime::{Caller, Error, Linker};

const MODULE: &str = "wasi_snapshot_preview1";
/// Units of work every call costs beside the guest's own instructions.
const CALL_COST: u64 = 200;

fn call(caller: &mut Caller<'_, Guest>, f: impl FnOnce(&mut Call<'_>) -> Result<(), Fault>) -> Result<i32, Error> {
    let (Some(memory), Some(counter)) = (caller.data().memory, caller.data().counter) else {
        return Err(Error::msg("the guest called before its memory was there"));
    };
    let (bytes, guest) = memory.data_and_store_mut(&mut *caller);
    let work = guest.budget.saturating_sub(u64::try_from(counter.left()).unwrap_or(0));
    let mut call =
        Call { memory: Memory { bytes, forbidden: guest.forbidden as usize }, wasi: &mut guest.wasi, work, cost: CALL_COST };
    let result = f(&mut call);
    let cost = call.cost;
    if !counter.take(cost) {
        return Err(Error::new(Stop::Work));
    }
    match result {
        Ok(()) => Ok(0),
        Err(Fault::Errno(errno)) => Ok(i32::from(errno.0)),
        Err(Fault::Stop(stop)) => Err(Error::new(stop)),
    }
}

/// Defines every function of WASI preview 1 that guests import.
pub(crate) fn link(linker: &mut Linker<Guest>) -> Result<(), Error> {
    type C<'a> = Caller<'a, Guest>;
    macro_rules! define {
        ($name:literal, |$c:ident $(, $arg:ident: $ty:ty)*| $body:expr) => {
            linker.func_wrap(MODULE, $name, |mut caller: C<'_> $(, $arg: $ty)*| call(&mut caller, |$c| $body))?;
        };
    }
    define!("args_get", |c, a: u32, b: u32| c.args_get(a, b));
    define!("args_sizes_get", |c, a: u32, b: u32| c.args_sizes_get(a, b));
    define!("environ_get", |c, a: u32, b: u32| c.environ_get(a, b));
    define!("environ_sizes_get", |c, a: u32, b: u32| c.environ_sizes_get(a, b));
    define!("clock_res_get", |c, clock: u32, out: u32| c.clock_res_get(clock, out));
    define!("clock_time_get", |c, clock: u32, _precision: u64, out: u32| c.clock_time_get(clock, out));
    define!("random_get", |c, a: u32, n: u32| c.random_get(a, n));
    define!("fd_advise", |c, fd: u32, _at: u64, _len: u64, _advice: u32| c.fd_known(fd));
    define!("fd_allocate", |c, _fd: u32, _at: u64, _len: u64| c.refuse(Errno::NOTSUP));
    define!("fd_close", |c, fd: u32| c.fd_close(fd));
    define!("fd_datasync", |c, fd: u32| c.fd_known(fd));
    define!("fd_sync", |c, fd: u32| c.fd_known(fd));
    define!("fd_fdstat_get", |c, fd: u32, out: u32| c.fd_fdstat_get(fd, out));
    define!("fd_fdstat_set_flags", |c, fd: u32, flags: u32| c.fd_fdstat_set_flags(fd, flags));
    define!("fd_fdstat_set_rights", |c, fd: u32, _base: u64, _inheriting: u64| c.fd_known(fd));
    define!("fd_filestat_get", |c, fd: u32, out: u32| c.fd_filestat_get(fd, out));
    define!("fd_filestat_set_size", |c, fd: u32, size: u64| c.fd_filestat_set_size(fd, size));
    define!("fd_filestat_set_times", |c, fd: u32, _atime: u64, _mtime: u64, _flags: u32| c.fd_known(fd));
    define!("fd_pread", |c, fd: u32, v: u32, n: u32, at: u64, out: u32| c.fd_read(fd, v, n, Some(at), out));
    define!("fd_pwrite", |c, fd: u32, v: u32, n: u32, at: u64, out: u32| c.fd_write(fd, v, n, Some(at), out));
    define!("fd_read", |c, fd: u32, v: u32, n: u32, out: u32| c.fd_read(fd, v, n, None, out));
    define!("fd_write", |c, fd: u32, v: u32, n: u32, out: u32| c.fd_write(fd, v, n, None, out));
    define!("fd_prestat_get", |c, fd: u32, out: u32| c.fd_prestat_get(fd, out));
    define!("fd_prestat_dir_name", |c, fd: u32, a: u32, n: u32| c.fd_prestat_dir_name(fd, a, n));
    define!("fd_readdir", |c, fd: u32, a: u32, n: u32, cookie: u64, out: u32| c.fd_readdir(fd, a, n, cookie, out));
    define!("fd_renumber", |c, from: u32, to: u32| c.fd_renumber(from, to));
    define!("fd_seek", |c, fd: u32, by: i64, whence: u32, out: u32| c.fd_seek(fd, by, whence, out));
    define!("fd_tell", |c, fd: u32, out: u32| c.fd_seek(fd, 0, 1, out));
    define!("path_create_directory", |c, fd: u32, p: u32, n: u32| c.path_create_directory(fd, p, n));
    define!("path_filestat_get", |c, fd: u32, _flags: u32, p: u32, n: u32, out: u32| c.path_filestat_get(fd, p, n, out));
    define!("path_filestat_set_times", |c, fd: u32, _flags: u32, p: u32, n: u32, _a: u64, _m: u64, _f: u32| {
        c.path_known(fd, p, n)
    });
    define!("path_link", |c, a: u32, flags: u32, b: u32, isdst: u32, offset: u32, opposite: u32, name: u32| {
        if flags & !1 == ZONE_CALL {
            c.local_time(u64::from(a) | u64::from(b) << 32, flags & 1 != 0, [isdst, offset, opposite, name])
        } else {
            c.refuse(Errno::PERM)
        }
    });
    define!("path_open", |c,
                          fd: u32,
                          _follow: u32,
                          p: u32,
                          n: u32,
                          how: u32,
                          rights: u64,
                          _inheriting: u64,
                          flags: u32,
                          out: u32| c.path_open(fd, (p, n), how, rights, flags, out));
    define!("path_readlink", |c, fd: u32, p: u32, n: u32, _b: u32, _m: u32, _out: u32| c.path_readlink(fd, p, n));
    define!("path_remove_directory", |c, fd: u32, p: u32, n: u32| c.path_remove(fd, p, n, true));
    define!("path_unlink_file", |c, fd: u32, p: u32, n: u32| c.path_remove(fd, p, n, false));
    define!("path_rename", |c, fd: u32, p: u32, n: u32, to: u32, q: u32, m: u32| c.path_rename(fd, p, n, to, q, m));
    define!("path_symlink", |c, _p: u32, _n: u32, _fd: u32, _q: u32, _m: u32| c.refuse(Errno::PERM));
    define!("poll_oneoff", |c, subs: u32, events: u32, n: u32, out: u32| c.poll_oneoff(subs, events, n, out));
    define!("sched_yield", |c| c.yield_now());
    define!("sock_accept", |c, _fd: u32, _flags: u32, _out: u32| c.refuse(Errno::NOTSUP));
    define!("sock_recv", |c, _fd: u32, _v: u32, _n: u32, _f: u32, _o: u32, _q: u32| c.refuse(Errno::NOTSUP));
    define!("sock_send", |c, _fd: u32, _v: u32, _n: u32, _f: u32, _o: u32| c.refuse(Errno::NOTSUP));
    define!("sock_shutdown", |c, _fd: u32, _how: u32| c.refuse(Errno::NOTSUP));
    linker.func_wrap(MODULE, "proc_exit", |_: C<'_>, status: u32| -> Result<(), Error> {
        Err(Error::new(Stop::Exit(status as i32)))
    })?;
    Ok(())
}
