//! How the program is linked. A hundred thousand addresses in it are put right when it starts; packed, the list of them takes
//! 0.1 MB of memory instead of 5, and a start a third fewer page faults.

#![allow(clippy::print_stdout)]

use std::env::var;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let target = |name: &str| var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    let here = var("HOST").is_ok_and(|host| var("TARGET").is_ok_and(|target| host == target));
    // The linker that comes with Rust for this target knows how; the C library that is to load the program must know as well.
    if here && target("OS") == "linux" && target("ENV") == "gnu" && target("ARCH") == "x86_64" && library_knows() {
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// glibc from 2.36 on.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn library_knows() -> bool {
    unsafe extern "C" {
        safe fn gnu_get_libc_version() -> *const std::ffi::c_char;
    }
    // SAFETY: it is a string that ends with NUL and stays where it is.
    let version = unsafe { std::ffi::CStr::from_ptr(gnu_get_libc_version()) }.to_string_lossy().into_owned();
    let mut numbers = version.split('.').map(|number| number.parse().unwrap_or(0_u32));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= (2, 36)
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn library_knows() -> bool {
    false
}
