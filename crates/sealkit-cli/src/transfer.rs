//! `export store` and `import store`: all secrets in one file, which a passphrase encrypts.

use std::path::Path;

use sealkit_store::{ErrorKind, Store};
use zeroize::Zeroizing;

use crate::{
    arguments::{ExportStore, ImportStore},
    error::CommandError,
    prompt, secret, terminal,
};

pub(crate) fn export(args: &ExportStore) -> Result<(), CommandError> {
    let Some(store) = Store::open(&secret::store_paths()?)? else {
        return Err(CommandError::failure("there is no store to export")
            .with_hint("create a secret: sealkit create secret NAME"));
    };
    let passphrase = passphrase(args.passphrase_file.as_deref(), "export", true)?;
    let count = store.export(&args.path, &passphrase).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => CommandError::from(error).with_hint("choose another path"),
        _ => error.into(),
    })?;
    terminal::status(&format!("Exported {} to `{}`", secrets(count), args.path.display()));
    terminal::note("with this file and its passphrase, the secrets can be read");
    Ok(())
}

pub(crate) fn import(args: &ImportStore) -> Result<(), CommandError> {
    let passphrase = passphrase(args.passphrase_file.as_deref(), "import", false)?;
    let store = secret::open_or_create_store()?;
    let imported =
        store.import(&args.path, &passphrase, args.replace).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => CommandError::from(error)
                .with_hint("nothing was imported; to take the values of the file, add --replace"),
            _ => error.into(),
        })?;
    let created = imported.created + imported.replaced;
    let mut details = Vec::new();
    if imported.replaced > 0 {
        details.push(format!("{} replaced", imported.replaced));
    }
    if imported.unchanged > 0 {
        details.push(format!("{} unchanged", imported.unchanged));
    }
    let details = if details.is_empty() { String::new() } else { format!(" ({})", details.join(", ")) };
    terminal::status(&format!("Imported {} from `{}`{details}", secrets(created), args.path.display()));
    Ok(())
}

/// Returns the passphrase of the file at `path`, or prompts for it: twice if it is new.
fn passphrase(path: Option<&Path>, verb: &str, is_new: bool) -> Result<Zeroizing<String>, CommandError> {
    let passphrase = match path {
        Some(path) => sealkit_store::read_passphrase_file(path)?.unwrap_or_default(),
        None if !terminal::stdin_is_terminal() => {
            return Err(CommandError::usage("cannot ask for a passphrase: standard input is not a terminal")
                .with_hint(format!(
                    "read it from a file: sealkit {verb} store PATH --passphrase-file FILE"
                )));
        }
        None if is_new => prompt::new_passphrase("nothing was exported")?,
        None => prompt::hidden("Enter passphrase of the file: ")?,
    };
    if passphrase.is_empty() {
        return Err(CommandError::failure("the passphrase is empty"));
    }
    Ok(passphrase)
}

fn secrets(count: usize) -> String {
    format!("{count} {}", if count == 1 { "secret" } else { "secrets" })
}
