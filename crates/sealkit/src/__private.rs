//! What generated code uses; not for anyone else, and not stable.

pub use inventory;

use crate::Secret;
pub use crate::{
    call::{Call, Failure, Output, type_id_of},
    executor::block_on,
    metadata::{Kind, Limits},
    registry::Registered,
    task_type::{Member, Members},
    value::{not_one_of, word},
};
use sealkit_names::{
    collision::collision,
    read::{self, Access},
    rules,
};

/// Checks the names of one request when the program is compiled.
///
/// # Panics
///
/// With the rule that a name breaks.
#[track_caller]
#[expect(clippy::panic, reason = "it ends a compilation, never a program")]
pub const fn check_names(secret: &Secret) {
    if let Err(error) = rules::check_request(&secret.request()) {
        panic!("{}", error.rule());
    }
}

/// Checks one request against those before it when the program is compiled.
///
/// # Panics
///
/// With the rule that two requests break.
#[track_caller]
#[expect(clippy::panic, reason = "it ends a compilation, never a program")]
pub const fn check_collisions(secrets: &[Secret], index: usize) {
    let mut i = 0;
    while i < index {
        if let Some(collision) = collision(&secrets[i].request(), &secrets[index].request()) {
            panic!("{}", collision.rule());
        }
        i += 1;
    }
}

/// Whether a read of `key` means one of `secrets` and can be had like this.
pub const fn is_declared(secrets: &[Secret], group: Option<&str>, key: &str, access: Access) -> bool {
    let mut i = 0;
    while i < secrets.len() {
        let request = secrets[i].request();
        if read::matches(&request, group, key) && access.supports(request.mount) {
            return true;
        }
        i += 1;
    }
    false
}

/// How a read accesses a secret.
pub use sealkit_names::read::Access as ReadAccess;
