//! The entry point before `main`.

/// Runs the startup of a pod before `main`, with the [`Program`](crate::Program) that is the argument, a constant.
#[macro_export]
macro_rules! before_main {
    ($program:expr) => {
        // SAFETY: the dynamic loader calls each function pointer in this section once, before `main`. Most loaders pass arguments, which
        // a C function without parameters may ignore. Panics cannot unwind into the loader: `extern "C"` aborts instead.
        #[cfg(unix)]
        #[used]
        #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
        #[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
        static BEFORE_MAIN: extern "C" fn() = {
            extern "C" fn before_main() {
                static PROGRAM: $crate::Program = $program;
                $crate::before_main(&PROGRAM);
            }
            before_main
        };
    };
}
