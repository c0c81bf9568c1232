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
    clash::clash,
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
    if let Err(flaw) = rules::check_request(&secret.request()) {
        panic!("{}", flaw.rule());
    }
}

/// Checks one request against those before it when the program is compiled.
///
/// # Panics
///
/// With the rule that two requests break.
#[track_caller]
#[expect(clippy::panic, reason = "it ends a compilation, never a program")]
pub const fn check_clashes(secrets: &[Secret], index: usize) {
    let mut i = 0;
    while i < index {
        if let Some(clash) = clash(&secrets[i].request(), &secrets[index].request()) {
            panic!("{}", clash.rule());
        }
        i += 1;
    }
}

/// Whether a read of `key` means one of `secrets` and can be had like this.
pub const fn is_declared(secrets: &[Secret], group: Option<&str>, key: &str, access: Access) -> bool {
    let mut i = 0;
    while i < secrets.len() {
        let request = secrets[i].request();
        if read::means(&request, group, key) && access.is_offered_by(request.mount) {
            return true;
        }
        i += 1;
    }
    false
}

/// What a read wants to have.
pub use sealkit_names::read::Access as ReadAccess;
