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
    task_type::{CallInputs, Member, Members, NotSecret, TextDefault},
    value::{unknown_variant, variant_name},
};
use sealkit_names::{
    ConstText,
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
        let name = secret.request().name();
        panic!("{}", ConstText::of(&["secret `", name.as_str(), "`: ", error.rule()]).as_str());
    }
}

/// Checks one request against those before it at compile time.
///
/// # Panics
///
/// Panics with the rule that the two requests break.
#[track_caller]
pub const fn check_collisions(secrets: &[Secret], index: usize) {
    check_collisions_with(secrets.split_at(index).0, &secrets[index]);
}

#[track_caller]
#[expect(clippy::panic, reason = "runs at compile time only")]
const fn check_collisions_with(earlier: &[Secret], secret: &Secret) {
    let mut i = 0;
    while i < earlier.len() {
        let (first, second) = (earlier[i].request(), secret.request());
        if let Some(collision) = collision(&first, &second) {
            panic!("{}", collision.const_message(&first, &second).as_str());
        }
        i += 1;
    }
}

/// Checks the requests and the variables of an environment against the requests of a task at compile time.
///
/// # Panics
///
/// Panics with the rule that a request or a variable breaks.
#[track_caller]
#[expect(clippy::panic, reason = "runs at compile time only")]
pub const fn check_environment(environment: &Environment, own: &[Secret]) {
    let shared = environment.secret_requests();
    let mut i = 0;
    while i < environment.env.len() {
        let name = environment.env[i].0;
        if holds_secret(shared, name) || holds_secret(own, name) {
            let parts = [
                "`env` of environment `",
                environment.name(),
                "` sets `",
                name,
                "`, which holds a secret of the task: remove it, or set `env_var` of the secret",
            ];
            panic!("{}", ConstText::of(&parts).as_str());
        }
        i += 1;
    }
    let mut i = 0;
    while i < own.len() {
        check_collisions_with(shared, &own[i]);
        i += 1;
    }
}

/// Checks that a task has the output `name` at compile time. A task without an output may allow a secret in `o0`.
///
/// # Panics
///
/// Panics with the names of the outputs.
#[track_caller]
#[expect(clippy::panic, reason = "runs at compile time only")]
pub const fn check_output(variables: &[Variable], name: &str) {
    let mut message = ConstText::of(&["unknown output `", name, "`: expected "]);
    let mut i = 0;
    while i == 0 || i < variables.len() {
        let known = if variables.is_empty() { "o0" } else { variables[i].name };
        if rules::is_same(known, name) {
            return;
        }
        message = message.with("`").with(known).with("`, ");
        i += 1;
    }
    panic!("{}", message.with("or a part of an output, as in `o0.url`").as_str());
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
const fn is_declared(secrets: &[Secret], group: Option<&str>, key: &str, access: Access) -> bool {
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

/// Checks that a read of `key` matches one of `secrets` at compile time. `undeclared` is the message if it does not, and `advice` what to do
/// about it.
///
/// # Panics
///
/// Panics with the message, and with the declared key that may be meant.
#[track_caller]
#[expect(clippy::panic, reason = "runs at compile time only")]
pub const fn check_read(
    secrets: &[Secret],
    group: Option<&str>,
    key: &str,
    access: Access,
    undeclared: &str,
    advice: &str,
) {
    if is_declared(secrets, group, key, access) {
        return;
    }
    let (mut nearest, mut fewest, mut i) = (None, usize::MAX, 0);
    while i < secrets.len() {
        let request = secrets[i].request();
        let is_other = !rules::is_same(request.key, key) && read::matches(&request, group, request.key);
        if is_other
            && let Some(typos) = sealkit_names::typos(key, request.key)
            && typos < fewest
        {
            (nearest, fewest) = (Some(request), typos);
        }
        i += 1;
    }
    let Some(nearest) = nearest else {
        panic!("{}", ConstText::of(&[undeclared, ": ", advice]).as_str());
    };
    let name = match access {
        Access::Reference => nearest.name(),
        _ => ConstText::of(&[nearest.key]),
    };
    panic!("{}", ConstText::of(&[undeclared, ": did you mean `", name.as_str(), "`?"]).as_str());
}

/// The access that a read asks for.
pub use sealkit_names::read::Access as ReadAccess;
pub use sealkit_names::variables::is_value as is_variable_value;
