//! Man pages from the definitions of the command line.

use std::{fs, path::Path};

use clap::Command;

use crate::{fault::Fault, terminal};

/// Writes one page for each command into `directory`.
pub(crate) fn write(command: Command, directory: &Path) -> Result<(), Fault> {
    fs::create_dir_all(directory)
        .and_then(|()| clap_mangen::generate_to(command, directory))
        .map_err(|error| Fault::failure(format!("`{}` cannot be written: {error}", directory.display())))?;
    terminal::done(&format!("Wrote the man pages into `{}`", directory.display()));
    Ok(())
}
