//! Detects the software that some tests need, so that the other tests are reported as ignored.
//!
//! With `TEST_TOOLS` in the environment every tool counts as present: a test whose tool is missing then fails.
//! A tool that is installed later is found after `touch tests/build.rs`.

use std::{
    env,
    process::{Command, Stdio},
};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for name in ["PATH", "TEST_PYTHON", "TEST_TOOLS"] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    let required = env::var_os("TEST_TOOLS").is_some();
    set("has_python", env::var_os("TEST_PYTHON").is_some());
    for shell in ["bash", "fish", "zsh"] {
        set(&format!("has_{shell}"), required || succeeds(&format!("{shell} -c true")));
    }
    let registry = ["docker-registry", "skopeo", "umoci"];
    set("has_registry", required || registry.iter().all(|tool| succeeds(&format!("{tool} --version"))));
    set("has_chromium", required || succeeds("chromium --version"));
    set("has_go", succeeds("go version"));
    set("has_bindfs", required || succeeds("bindfs --version"));
    set("has_zstd", required || succeeds("zstd --version"));
    set("has_strace", required || succeeds("strace -o /dev/null true"));
    set(
        "has_namespaces",
        required || succeeds("unshare --user --map-root-user --mount mount -t tmpfs none /mnt"),
    );
    set("is_root", is_root());
}

fn set(name: &str, value: bool) {
    println!("cargo::rustc-check-cfg=cfg({name})");
    if value {
        println!("cargo::rustc-cfg={name}");
    }
}

fn succeeds(line: &str) -> bool {
    let mut words = line.split(' ');
    let mut command = Command::new(words.next().unwrap_or_default());
    let quiet = command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

#[cfg(target_os = "linux")]
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

#[cfg(not(target_os = "linux"))]
fn is_root() -> bool {
    false
}
