//! `sealkit new`: creates a package with a task and a workflow.

use sealkit_program::create_package;

use crate::{arguments::New, error::CommandError, terminal};

pub(crate) fn new(args: &New) -> Result<(), CommandError> {
    let source = create_package(&args.path, args.sealkit.as_deref())?;
    let (path, source) = (args.path.display(), source.display());
    terminal::status(&format!(
        "Created the package `{path}`. Next:\n  sealkit create secret my_secret\n  sealkit run {source} main"
    ));
    Ok(())
}
