//! The entry point before `main`.

#![expect(unsafe_code, reason = "a function can only run before `main` through a linker section")]

// SAFETY: the dynamic loader calls each function pointer in this section once, before `main`. Most loaders pass arguments, which
// a C function without parameters may ignore. Panics cannot unwind into the loader: `extern "C"` aborts instead.
#[used]
#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
#[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
static BEFORE_MAIN: extern "C" fn() = {
    extern "C" fn before_main() {
        crate::startup::before_main();
    }
    before_main
};
