#![doc = include_str!("lib.md")]
#![cfg(unix)]

mod argon2id;
mod cipher;
mod disk;
mod entry;
mod error;
mod export;
mod file_system;
#[doc = include_str!("../FORMAT.md")]
pub mod format;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod id;
mod key;
mod lock;
mod passphrase;
mod paths;
mod record;
mod store;
mod value;

pub use entry::{Entry, SecretType};
pub use error::{Error, ErrorKind, Result};
pub use export::Imported;
pub use id::{Scope, SecretId};
pub use passphrase::read_passphrase_file;
pub use paths::StorePaths;
pub use store::{CorruptFile, Store};
pub use value::{StoredSecret, Value, ValueKind};
