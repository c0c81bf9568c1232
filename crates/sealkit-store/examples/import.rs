//! Imports lines of the form `NAME=VALUE` from standard input into the current user's store:
//!
//! ```console
//! cargo run -p sealkit-store --example import <.env
//! ```

use std::{error::Error, io};

use sealkit_store::{Scope, SecretId, SecretType, Store, StorePaths, Value};

fn main() -> Result<(), Box<dyn Error>> {
    let store = Store::open_or_create(&StorePaths::for_user()?)?;
    for (number, line) in io::stdin().lines().enumerate() {
        let line = line?;
        let Some((name, value)) = line.split_once('=') else {
            return Err(
                format!("line {} is not `NAME=VALUE`; the lines before it are stored", number + 1).into()
            );
        };
        let id = SecretId::new(Scope::Global, None, name)?;
        store.create(&id, SecretType::Generic, Value::text(value)?)?;
    }
    Ok(())
}
