#![doc = include_str!("lib.md")]
#![cfg(unix)]

mod cipher;
mod disk;
mod entry;
mod error;
#[doc = include_str!("../FORMAT.md")]
pub mod format;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod id;
mod key;
mod lock;
mod place;
mod record;
mod store;
mod value;

pub use entry::{Entry, SecretType};
pub use error::{Error, ErrorKind, Result};
pub use id::{Scope, SecretId};
pub use place::Place;
pub use store::{Damage, Store};
pub use value::{Form, Stored, Value};
