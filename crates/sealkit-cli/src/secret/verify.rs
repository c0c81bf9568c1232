//! `verify store`: corrupt files, and versions with two values.

use sealkit_store::Store;

use super::store_paths;
use crate::{error::CommandError, terminal};

pub(crate) fn verify() -> Result<(), CommandError> {
    let paths = store_paths()?;
    let Some(store) = Store::open(&paths)? else {
        terminal::status("There is no store yet");
        return Ok(());
    };
    let corrupt = store.verify()?;
    for file in &corrupt {
        terminal::error(&format!("`{}`: {}", file.path.display(), file.error));
        if let Some(hint) = file.error.hint() {
            terminal::hint(hint);
        }
    }
    match corrupt.len() {
        0 => terminal::status(&format!("The store `{}` is intact", paths.directory().display())),
        1 => return Err(CommandError::failure("1 file cannot be used")),
        count => return Err(CommandError::failure(format!("{count} files cannot be used"))),
    }
    Ok(())
}
