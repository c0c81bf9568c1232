//! Platforms of clusters, and the toolchains that build static programs for them.

use std::{
    env, fmt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    str::FromStr,
};

use crate::error::{Error, Result};

/// The option of the compiler that links the C library of GNU statically.
const STATIC: &str = "target-feature=+crt-static";

/// A platform of a cluster. Programs for it are linked statically, so that they run in every image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Platform {
    /// `linux/amd64`.
    LinuxAmd64,
    /// `linux/arm64`.
    LinuxArm64,
}

impl Platform {
    /// All platforms.
    pub const ALL: [Self; 2] = [Self::LinuxAmd64, Self::LinuxArm64];

    /// Returns the platform with the processor of this machine, if it is one of [`ALL`](Self::ALL).
    pub fn of_this_machine() -> Option<Self> {
        Self::ALL.into_iter().find(|platform| platform.architecture() == env::consts::ARCH)
    }

    /// Returns its name, as in OCI images: `linux/amd64` or `linux/arm64`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LinuxAmd64 => "linux/amd64",
            Self::LinuxArm64 => "linux/arm64",
        }
    }

    /// Returns the name of the processor architecture, as Rust's targets have it.
    pub(crate) const fn architecture(self) -> &'static str {
        match self {
            Self::LinuxAmd64 => "x86_64",
            Self::LinuxArm64 => "aarch64",
        }
    }

    /// Returns whether programs for this platform run on this machine.
    pub fn is_native(self) -> bool {
        cfg!(target_os = "linux") && self.architecture() == env::consts::ARCH
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Platform {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|platform| platform.as_str() == text).ok_or_else(|| {
            Error::usage(format!("unknown platform `{}`", sealkit_names::escape(text)))
                .with_hint("the platforms: linux/amd64, linux/arm64")
        })
    }
}

/// A toolchain that builds static programs for a platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Toolchain {
    /// The target of the compiler.
    target: String,
    /// The subcommand of cargo that builds.
    subcommand: &'static str,
    /// Whether the compiler needs a flag to link the C library statically.
    needs_flags: bool,
    /// Environment variables of cargo.
    variables: Vec<(String, String)>,
}

impl Toolchain {
    /// Finds a toolchain for `platform` on this machine, as the configuration of `directory` selects the compiler.
    ///
    /// # Errors
    ///
    /// Returns an error with the command that installs one.
    pub(crate) fn find(platform: Platform, directory: &Path) -> Result<Self> {
        let architecture = platform.architecture();
        let [musl, gnu] = ["musl", "gnu"].map(|libc| format!("{architecture}-unknown-linux-{libc}"));
        let installed = installed_targets(directory);
        let has_target = |target: &str| installed.join(target).is_dir();
        let has_musl = has_target(&musl);
        let compiler = |libc: &str| format!("{architecture}-linux-{libc}-gcc");
        if has_musl {
            // A linker that the user has configured is the user's choice.
            if env::var_os(variable("CARGO_TARGET", &musl, "_LINKER")).is_some() {
                return Ok(Self::new(musl, "build"));
            }
            if platform.is_native() && in_path("musl-gcc") {
                return Ok(Self::new(musl, "build"));
            }
            if in_path(&compiler("musl")) {
                return Ok(Self::new(musl, "build").with_compiler(&compiler("musl")));
            }
            if in_path("cargo-zigbuild") {
                return Ok(Self::new(musl, "zigbuild"));
            }
        }
        if has_target(&gnu) {
            if platform.is_native() {
                return Ok(Self { needs_flags: true, ..Self::new(gnu, "build") });
            }
            if in_path(&compiler("gnu")) {
                let toolchain = Self::new(gnu, "build").with_compiler(&compiler("gnu"));
                return Ok(Self { needs_flags: true, ..toolchain });
            }
        }
        Err(no_toolchain(platform, &musl, has_musl))
    }

    fn new(target: String, subcommand: &'static str) -> Self {
        Self { target, subcommand, needs_flags: false, variables: Vec::new() }
    }

    /// Links and compiles C with `compiler` in place of the default.
    fn with_compiler(mut self, compiler: &str) -> Self {
        self.variables = vec![
            (variable("CARGO_TARGET", &self.target, "_LINKER"), compiler.to_owned()),
            (format!("CC_{}", self.target.replace('-', "_")), compiler.to_owned()),
        ];
        self
    }

    /// Adds the subcommand and the target to a command of cargo.
    pub(crate) fn apply_to(&self, command: &mut Command) {
        command.args([self.subcommand, "--target", &self.target]);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        // Debug information would be most of an upload.
        command.env("CARGO_PROFILE_DEV_STRIP", "debuginfo").env("CARGO_PROFILE_RELEASE_STRIP", "debuginfo");
        if self.needs_flags {
            // Cargo ignores flags in its configuration if this variable is set.
            match env::var("RUSTFLAGS") {
                Ok(flags) => command.env("RUSTFLAGS", format!("{flags} -C {STATIC}")),
                Err(_) => {
                    let flags = format!("target.{}.rustflags=[\"-C\", \"{STATIC}\"]", self.target);
                    command.args(["--config", &flags])
                }
            };
        }
    }
}

/// Returns the name of an environment variable for a target, such as `CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_LINKER`.
fn variable(prefix: &str, target: &str, suffix: &str) -> String {
    format!("{prefix}_{}{suffix}", target.replace('-', "_").to_uppercase())
}

/// Returns the directory with the standard libraries of all installed targets, for the compiler that builds in `directory`.
fn installed_targets(directory: &Path) -> PathBuf {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args(["--print", "sysroot"])
        .current_dir(directory)
        .stderr(Stdio::null())
        .output();
    let sysroot = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    Path::new(&sysroot.unwrap_or_default()).join("lib/rustlib")
}

/// Returns whether a program is in one of the directories of `PATH`.
fn in_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

fn no_toolchain(platform: Platform, musl: &str, has_musl: bool) -> Error {
    let add_target = if has_musl { String::new() } else { format!("rustup target add {musl} && ") };
    Error::new(format!("cannot build a static program for {platform}: no toolchain for it is installed"))
        .with_hint(format!("install one: {add_target}pip install cargo-zigbuild"))
}
