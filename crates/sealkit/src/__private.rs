//! Items for generated code. They are private and not stable.

pub use inventory;

use crate::{Environment, Secret, Type, Variable};
pub use crate::{
    call::{Call, Output, ResultConversions, type_id_of},
    callee::Callee,
    context::in_context_of_caller,
    environment::{Settings, check_env, check_service_account},
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

/// Checks the requests of an environment against each other and those of a task at compile time.
///
/// # Panics
///
/// Panics with the rule that a request breaks.
#[track_caller]
#[expect(clippy::panic, reason = "runs at compile time only")]
pub const fn check_environment(environment: &Environment, own: &[Secret]) {
    let shared = environment.secret_requests();
    let mut i = 0;
    while i < environment.env.len() {
        let name = environment.env[i].0;
        assert!(
            !(holds_secret(shared, name) || holds_secret(own, name)),
            "`env` of the environment sets a variable that holds a secret of the task: remove it, or set `env_var` of the secret"
        );
        i += 1;
    }
    let mut i = 0;
    while i < shared.len() {
        check_names(&shared[i]);
        check_collisions(shared, i);
        let mut j = 0;
        while j < own.len() {
            if let Some(collision) = collision(&shared[i].request(), &own[j].request()) {
                panic!("{}", collision.rule());
            }
            j += 1;
        }
        i += 1;
    }
}

/// Returns whether a task with these outputs may allow a secret in the output `name`.
pub const fn has_output(variables: &[Variable], name: &str) -> bool {
    // Without an output, nothing is allowed in it.
    if variables.is_empty() {
        return rules::is_same(name, "o0");
    }
    let mut i = 0;
    while i < variables.len() {
        if rules::is_same(variables[i].name, name) {
            return true;
        }
        i += 1;
    }
    false
}

/// Returns whether an input is a time, or an optional one.
pub const fn is_time(input: &Variable) -> bool {
    matches!(input.r#type, Type::Datetime | Type::Optional(Type::Datetime))
}

/// Returns whether one of the secrets is mounted in this environment variable.
pub const fn holds_secret(secrets: &[Secret], variable: &str) -> bool {
    let mut i = 0;
    while i < secrets.len() {
        if let Some(name) = secrets[i].variable()
            && rules::is_same(name, variable)
        {
            return true;
        }
        i += 1;
    }
    false
}

/// Returns the requests of an environment and those of a task.
pub const fn concat_requests<const N: usize>(shared: &[Secret], own: &[Secret]) -> [Secret; N] {
    let mut all = [Secret::new(""); N];
    let mut i = 0;
    while i < N {
        all[i] = if i < shared.len() { shared[i] } else { own[i - shared.len()] };
        i += 1;
    }
    all
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
pub use sealkit_names::variables::is_value as is_variable_value;
