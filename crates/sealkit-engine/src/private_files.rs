//! Whether the system lets pods hide their secret files from other processes of the same user.

use std::{fs::File, io, os::fd::OwnedFd, path::Path};

use rustix::{
    io::Errno,
    process::{WaitOptions, waitpid},
};
use sealkit_names::variables;
use sealkit_program::Program;
use sealkit_protocol::query;

use crate::{pod::PodOptions, process};

/// Tries whether pods of `program` can hide files in `directory` from other processes of the same user.
///
/// The program tries it, as a process that may not be read, such as this one, cannot.
pub(crate) fn try_to_hide(program: &Program, options: &PodOptions, directory: &Path) -> io::Result<()> {
    let engine = std::process::id().to_string();
    let of_engine = [(variables::ENGINE, engine.as_ref()), (variables::MOUNTS, directory.as_os_str())];
    let of_engine = of_engine.map(|(name, value)| (name.into(), value.into())).into();
    let null = || {
        let null = OwnedFd::from(File::options().write(true).open("/dev/null")?);
        Ok([null.try_clone()?, null])
    };
    let (process, _) =
        process::start(program, &[query::COMMAND.into()], options.variables(), of_engine, null)?;
    loop {
        match waitpid(Some(process), WaitOptions::empty()) {
            Ok(Some((_, status))) => {
                return match status.exit_status() {
                    Some(0) => Ok(()),
                    Some(number) => Err(io::Error::from_raw_os_error(number)),
                    None => Err(io::Error::other(format!("{status:?}"))),
                };
            }
            Ok(None) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
