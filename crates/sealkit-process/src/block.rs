//! The environment block: the memory in which the system hands a process its variables.
//!
//! `unsafe` is needed here to be called before `main`, to set and remove variables there, and to overwrite what they were.

#![expect(unsafe_code, reason = "nothing safe reaches the environment block; each use says why it is sound")]

use std::{
    env,
    ffi::{CStr, OsStr, c_char},
    os::unix::ffi::OsStrExt as _,
};

use zeroize::{Zeroize, Zeroizing};

use crate::variables::{Form, Variable};

// SAFETY: the loader calls what this section lists, once, before `main`; a function without arguments may ignore the three it is
// given on Linux. It does not unwind: `extern "C"` aborts instead.
#[used]
#[unsafe(link_section = ".init_array")]
static AT_START: extern "C" fn() = {
    extern "C" fn at_start() {
        crate::start::at_start();
    }
    at_start
};

unsafe extern "C" {
    /// The variables, as POSIX has it: pointers to `NAME=VALUE`, and a null pointer after the last one.
    static environ: *const *mut c_char;
}

/// Takes the variables with these names out of the environment, and leaves nothing of their values there.
///
/// Only for the time before `main`.
pub(crate) fn take(is_secret: impl Fn(&str) -> bool) -> Vec<Variable> {
    let mut taken = Vec::new();
    for entry in entries() {
        // SAFETY: `entries` gives pointers to strings that end with a zero byte. They are in the block that the system made, which
        // stays where it is until the process ends, and there is no other thread that could change it.
        let text = unsafe { CStr::from_ptr(entry) }.to_bytes();
        let Some(end) = text.iter().position(|byte| *byte == b'=') else { continue };
        let Some(name) = str::from_utf8(&text[..end]).ok().filter(|name| is_secret(name)) else { continue };
        let (name, length) = (name.to_owned(), text.len());
        let value = Zeroizing::new(text[end + 1..].to_vec());
        taken.push(Variable { name: name.clone(), value, form: Form::Hidden });
        remove(&name);
        // SAFETY: these are the bytes after the `=` of a string in the block, which belongs to the process and may be written. No
        // reference to them is left, and the environment does not point there any more.
        unsafe { std::slice::from_raw_parts_mut(entry.add(end + 1).cast::<u8>(), length - end - 1) }
            .zeroize();
    }
    taken
}

/// Sets a variable. Only for the time before `main`.
pub(crate) fn set(name: &str, value: &[u8]) {
    // Neither the system nor `set_var` knows such a variable.
    if !name.is_empty() && !name.contains(['=', '\0']) && !value.contains(&0) {
        // SAFETY: before `main` there is no other thread that could read or change the environment.
        unsafe { env::set_var(name, OsStr::from_bytes(value)) };
    }
}

/// Removes a variable. Only for the time before `main`.
pub(crate) fn remove(name: &str) {
    // SAFETY: before `main` there is no other thread that could read or change the environment.
    unsafe { env::remove_var(name) };
}

/// Pointers to all variables. They are collected first, because removing one moves the others.
fn entries() -> Vec<*mut c_char> {
    let mut entries = Vec::new();
    // SAFETY: `environ` is null or points to pointers that end with a null pointer, and before `main` nobody changes it.
    unsafe {
        let mut next = environ;
        while !next.is_null() && !(*next).is_null() {
            entries.push(*next);
            next = next.add(1);
        }
    }
    entries
}
