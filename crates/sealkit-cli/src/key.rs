//! `update key`: the passphrase that locks the key of the store.

use sealkit_store::{Store, StorePaths};
use zeroize::Zeroizing;

use crate::{arguments::UpdateKey, fault::Fault, prompt, terminal};

pub(crate) fn update(what: &UpdateKey) -> Result<(), Fault> {
    let place = crate::secret::place()?;
    if what.remove_passphrase {
        Store::set_passphrase(&place, None)?;
        terminal::done(&format!("The key `{}` has no passphrase", place.key_file().display()));
        return Ok(());
    }
    let passphrase = match &what.passphrase_file {
        Some(path) => sealkit_store::read_passphrase_file(path)?.unwrap_or_default(),
        None if terminal::input_is_typed() => asked()?,
        None => {
            return Err(Fault::usage("no passphrase: standard input is not a terminal")
                .with_hint("name a file that holds it: sealkit update key --passphrase-file PATH"));
        }
    };
    Store::set_passphrase(&place, Some(&passphrase))?;
    done(&place);
    Ok(())
}

fn asked() -> Result<Zeroizing<String>, Fault> {
    let passphrase = prompt::line("Enter new passphrase: ")?;
    let again = prompt::line("Enter it again: ")?;
    if *passphrase != *again {
        return Err(Fault::failure("the two passphrases differ, and the key is as it was"));
    }
    Ok(passphrase)
}

fn done(place: &StorePaths) {
    terminal::done(&format!("The key `{}` is locked by the passphrase", place.key_file().display()));
    terminal::note("without the passphrase, nobody can ever read the secrets again");
}
