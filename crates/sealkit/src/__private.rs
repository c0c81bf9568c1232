//! Items for generated code. They are private and not stable.

pub use inventory;

use crate::Secret;
pub use crate::{
    call::{Call, Output, ResultConversions, type_id_of},
    callee::Callee,
    context::in_context_of_caller,
    error_codec::{ErrorCodec, error_type, opaque},
    executor::block_on,
    invoke::InvokeError,
    metadata::Limits,
    registry::Registered,
    task_error::{AsError, ResultType, TaskError, as_error, not_visible},
    task_type::{CallInputs, Member, Members, NotSecret},
    value::{unknown_variant, variant_name},
};
use sealkit_names::{
    collision::collision,
    read::{self, Access},
    rules,
};

/// Checks the names of one request at compile time.
///
/// # Panics
///
/// Panics with the rule that a name breaks.
#[track_caller]
#[expect(clippy::panic, reason = "runs at compile time only")]
pub const fn check_names(secret: &Secret) {
    if let Err(error) = rules::check_request(&secret.request()) {
        panic!("{}", error.rule());
    }
}

/// Checks one request against those before it at compile time.
///
/// # Panics
///
/// Panics with the rule that the two requests break.
#[track_caller]
#[expect(clippy::panic, reason = "runs at compile time only")]
pub const fn check_collisions(secrets: &[Secret], index: usize) {
    let mut i = 0;
    while i < index {
        if let Some(collision) = collision(&secrets[i].request(), &secrets[index].request()) {
            panic!("{}", collision.rule());
        }
        i += 1;
    }
}

/// Whether a read of `key` matches one of `secrets`, and its mount requirement allows this access.
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

/// The access that a read asks for.
pub use sealkit_names::read::Access as ReadAccess;
