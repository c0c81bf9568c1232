//! Checks that a program runs on a cluster: a static executable for its processor.

use std::{fs::File, io::Read as _, path::Path};

use crate::{
    error::{Error, Result},
    platform::Platform,
};

/// The beginning of an executable for 64 bits in little-endian order.
const MAGIC: [u8; 6] = *b"\x7fELF\x02\x01";
/// The type of a program header that names a dynamic loader.
const INTERPRETER: u32 = 3;
/// How much of a program is read: its headers come first.
const MAX_HEADERS: u64 = 64 << 10;

/// Checks that the program at `path` is a static executable for `platform`.
///
/// # Errors
///
/// Returns an error if it is another file, a program for another platform, or needs shared libraries.
pub fn check_static(path: &Path, platform: Platform) -> Result<()> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_HEADERS).read_to_end(&mut bytes))
        .map_err(|error| Error::io(format!("cannot read `{}`", path.display()), error))?;
    let program = path.display();
    let build = "let sealkit build the program: use its source file or its cargo target as TARGET";
    let Some(headers) = Headers::parse(&bytes) else {
        return Err(Error::usage(format!("`{program}` is not a Linux program")).with_hint(build));
    };
    if headers.platform() != Some(platform) {
        return Err(Error::usage(format!("`{program}` is not a program for {platform}")).with_hint(build));
    }
    if headers.has_interpreter {
        return Err(Error::usage(format!("`{program}` is not linked statically")).with_hint(build));
    }
    Ok(())
}

/// The headers of an executable that matter here.
struct Headers {
    machine: u16,
    has_interpreter: bool,
}

impl Headers {
    fn parse(bytes: &[u8]) -> Option<Self> {
        if bytes.get(..6)? != MAGIC {
            return None;
        }
        let u16_at =
            |at: usize| Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?));
        let table = usize::try_from(u64::from_le_bytes(bytes.get(32..40)?.try_into().ok()?)).ok()?;
        let (size, count) = (usize::from(u16_at(54)?), usize::from(u16_at(56)?));
        let mut has_interpreter = false;
        for index in 0..count {
            let at = table.checked_add(index.checked_mul(size)?)?;
            let kind = bytes.get(at..at.checked_add(4)?)?;
            has_interpreter |= u32::from_le_bytes(kind.try_into().ok()?) == INTERPRETER;
        }
        Some(Self { machine: u16_at(18)?, has_interpreter })
    }

    fn platform(&self) -> Option<Platform> {
        match self.machine {
            62 => Some(Platform::LinuxAmd64),
            183 => Some(Platform::LinuxArm64),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the headers of a program with one program header.
    fn program(machine: u8, kind: u8) -> Vec<u8> {
        let mut bytes = vec![0; 120];
        bytes[..6].copy_from_slice(&MAGIC);
        (bytes[18], bytes[32], bytes[54], bytes[56], bytes[64]) = (machine, 64, 56, 1, kind);
        bytes
    }

    #[test]
    fn only_a_static_program_for_the_platform_is_accepted() {
        let directory = std::env::temp_dir().join(format!("sealkit-elf-{}", std::process::id()));
        let check = |bytes: &[u8], platform| {
            std::fs::write(&directory, bytes).unwrap();
            check_static(&directory, platform).map_err(|error| error.to_string())
        };
        assert_eq!(check(&program(62, 1), Platform::LinuxAmd64), Ok(()));
        assert_eq!(check(&program(183, 1), Platform::LinuxArm64), Ok(()));
        let fails = |bytes: &[u8], reason: &str| {
            let error = check(bytes, Platform::LinuxAmd64).unwrap_err();
            assert!(error.ends_with(reason), "{error}");
        };
        fails(&program(183, 1), "is not a program for linux/amd64");
        fails(&program(40, 1), "is not a program for linux/amd64");
        fails(&program(62, 3), "is not linked statically");
        fails(b"#!/bin/sh\n", "is not a Linux program");
        fails(b"", "is not a Linux program");
        // Truncated and inconsistent headers.
        let valid = program(62, 1);
        for length in 0..64 {
            fails(&valid[..length], "is not a Linux program");
        }
        let mut huge = valid;
        huge[32..40].fill(0xff);
        fails(&huge, "is not a Linux program");
        std::fs::remove_file(&directory).unwrap();
        assert!(check_static(Path::new("/proc/self/exe"), Platform::LinuxAmd64).is_err());
    }
}
