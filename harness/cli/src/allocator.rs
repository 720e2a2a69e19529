//! How memory is had from the C library. Its defaults favour speed on many cores: eight pools of memory for each, which keep
//! what was freed in them.

/// To be called first: no more pools than cores.
pub fn limit_pools() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).clamp(2, 64);
        // SAFETY: it sets a number of the allocator's, and no other thread runs yet.
        unsafe { libc::mallopt(libc::M_ARENA_MAX, cores as libc::c_int) };
    }
}

/// To be called when much was freed and other things begin: gives back what lies free.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: it may be called at any time from any thread.
    unsafe {
        libc::malloc_trim(0)
    };
}
