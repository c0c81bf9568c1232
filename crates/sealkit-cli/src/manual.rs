//! `man`: man pages from the definitions of the command line.

use std::{fs, path::Path};

use clap::Command;

use crate::{error::CommandError, terminal};

/// Writes one man page per command into `directory`.
pub(crate) fn write(command: Command, directory: &Path) -> Result<(), CommandError> {
    let display = directory.display();
    fs::create_dir_all(directory).and_then(|()| clap_mangen::generate_to(command, directory)).map_err(
        |error| {
            CommandError::failure(format!(
                "cannot write to `{display}`: {}",
                sealkit_names::io_reason(&error)
            ))
        },
    )?;
    terminal::status(&format!("Wrote the man pages to `{display}`"));
    Ok(())
}
