//! The environment block: the memory in which the kernel passes environment variables to a process.
//!
//! `unsafe` is needed to change variables before `main`, and to overwrite the old values.

#![expect(
    unsafe_code,
    reason = "there is no safe access to the environment block; each use has a safety comment"
)]

use std::{
    env,
    ffi::{CStr, OsStr, c_char},
    os::unix::ffi::OsStrExt as _,
};
#[cfg(target_os = "linux")]
use std::{ffi::CString, ptr};

use sealkit_names::GuardMode;
use sealkit_protocol::mounts::{MountKind, SecretVariable};
use zeroize::{Zeroize, Zeroizing};

/// The environment as POSIX defines it: pointers to `NAME=VALUE` strings, followed by a null pointer.
type Block = *const *mut c_char;

#[cfg(not(target_vendor = "apple"))]
unsafe extern "C" {
    static mut environ: Block;
}

#[cfg(not(target_vendor = "apple"))]
fn block() -> Block {
    // SAFETY: before `main`, no other thread can change the variable.
    unsafe { environ }
}

/// Libraries of Apple's systems cannot link to the variable `environ`.
#[cfg(target_vendor = "apple")]
fn block() -> Block {
    unsafe extern "C" {
        fn _NSGetEnviron() -> *const Block;
    }
    // SAFETY: the function returns the address of `environ`. Before `main`, no other thread can change the variable.
    unsafe { *_NSGetEnviron() }
}

/// Removes the variables that `is_secret` selects from the environment, and overwrites their values in the environment block.
///
/// Call this only before `main`.
pub(crate) fn take_secrets(is_secret: impl Fn(&str) -> bool) -> Vec<SecretVariable> {
    let mut secrets = Vec::new();
    for entry in entries() {
        // SAFETY: `entries` returns pointers to strings that end with a zero byte. They are in the block that the kernel created, or
        // were allocated when the variable was set, and stay allocated until it is removed. No other thread can change them, because
        // there is none before `main`.
        let text = unsafe { CStr::from_ptr(entry) }.to_bytes();
        let Some(end) = text.iter().position(|byte| *byte == b'=') else { continue };
        let Some(name) = str::from_utf8(&text[..end]).ok().filter(|name| is_secret(name)) else { continue };
        let (name, length) = (name.to_owned(), text.len());
        let value = Zeroizing::new(text[end + 1..].to_vec());
        secrets.push(SecretVariable {
            name: name.clone(),
            value,
            mount: MountKind::Memory,
            guard: GuardMode::Standard,
        });
        // SAFETY: these are the bytes after the `=` of a string of the environment, which is writable memory of this process. `text` is
        // not used any more, so no reference to the bytes exists. The zero bytes make the value empty.
        unsafe { std::slice::from_raw_parts_mut(entry.add(end + 1).cast::<u8>(), length - end - 1) }
            .zeroize();
        remove(&name);
    }
    secrets
}

/// Sets a variable. Call this only before `main`.
pub(crate) fn set(name: &str, value: &[u8]) {
    // `set_var` panics on such names and values, and no environment can hold them.
    if !name.is_empty() && !name.contains(['=', '\0']) && !value.contains(&0) {
        // SAFETY: before `main`, there is no other thread that could read or change the environment.
        unsafe { env::set_var(name, OsStr::from_bytes(value)) };
    }
}

/// Replaces the environment. Each variable is `NAME=VALUE`. Call this only before `main`.
#[cfg(target_os = "linux")]
pub(crate) fn replace(variables: Vec<Vec<u8>>) {
    // They stay allocated: other code may keep pointers to variables.
    let variables = variables.into_iter().filter_map(|variable| CString::new(variable).ok());
    let mut block: Vec<*mut c_char> = variables.map(CString::into_raw).collect();
    block.push(ptr::null_mut());
    // SAFETY: the block has the form that POSIX asks for and is never freed. If a library has started a thread before `main` that reads
    // variables now, it finds the old block or the new one, and both stay allocated.
    unsafe { environ = block.leak().as_ptr() };
}

/// Removes a variable. Call this only before `main`.
pub(crate) fn remove(name: &str) {
    // SAFETY: before `main`, there is no other thread that could read or change the environment.
    unsafe { env::remove_var(name) };
}

/// Returns pointers to all variables. They are collected first, because removing a variable moves the ones after it.
fn entries() -> Vec<*mut c_char> {
    let mut entries = Vec::new();
    let mut next = block();
    // SAFETY: the block is null or points to an array of pointers that ends with a null pointer. The loop stops there. Before
    // `main`, no other thread can change the array.
    unsafe {
        while !next.is_null() && !(*next).is_null() {
            entries.push(*next);
            next = next.add(1);
        }
    }
    entries
}
