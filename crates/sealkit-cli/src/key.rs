//! `update key`: the passphrase of the store's key.

use sealkit_store::Store;

use crate::{arguments::UpdateKey, error::CommandError, prompt, secret, terminal};

pub(crate) fn update(args: &UpdateKey) -> Result<(), CommandError> {
    let paths = secret::store_paths()?;
    if args.remove_passphrase {
        Store::set_passphrase(&paths, None)?;
        terminal::status(&format!("Removed the passphrase of the key `{}`", paths.key_file().display()));
        return Ok(());
    }
    let passphrase = match &args.passphrase_file {
        Some(path) => sealkit_store::read_passphrase_file(path)?.unwrap_or_default(),
        None if terminal::stdin_is_terminal() => prompt::new_passphrase("the key was not changed")?,
        None => {
            return Err(CommandError::usage("cannot ask for a passphrase: standard input is not a terminal")
                .with_hint("read it from a file: sealkit update key --passphrase-file PATH"));
        }
    };
    Store::set_passphrase(&paths, Some(&passphrase))?;
    terminal::status(&format!("Set the passphrase of the key `{}`", paths.key_file().display()));
    terminal::note("without the passphrase the secrets cannot be read: store it in a safe place");
    Ok(())
}
