//! Compressed files in a program without the feature `archives`.

use std::{
    fs,
    io::{self, Read as _},
};

use sealkit_guard::Guard;

use super::scan::{Positioned, Scan};

/// Notes if a file is compressed.
pub(super) fn scan(_: &Guard, file: &fs::File, scan: &mut Scan) -> io::Result<()> {
    let mut magic = [0; 4];
    let read = Positioned { file, position: 0 }.read(&mut magic)?;
    let kinds: [(&[u8], &str); 3] =
        [(b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd"), (b"PK\x03\x04", "zip")];
    if let Some((_, kind)) = kinds.iter().find(|(magic_of, _)| magic[..read].starts_with(magic_of)) {
        scan.unsearched =
            Some(format!("it is compressed ({kind}), and the program lacks the feature `archives`"));
    }
    Ok(())
}
