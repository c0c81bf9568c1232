//! Reads one secret with every method, for a request in JSON on standard input.
//!
//! Each request runs in its own process, because the environment is a part of the request.

use std::{any::TypeId, fs, io, os::unix::ffi::OsStrExt};

use sealkit::{
    __private::{
        Call, InvokeError, Limits, Members, Output, ResultConversions, TaskError, not_visible, opaque,
    },
    LocalStore, MountType, Secret, Session, TaskKind, TaskMetadata, TaskType, Value, ValueError,
    current_context,
};
use serde::Deserialize;
use serde_json::json;
use support::hex;

#[derive(Deserialize)]
struct Question {
    key: String,
    group: Option<String>,
    group_version: Option<String>,
    env_var: Option<String>,
    mount: Option<String>,
    /// The key to read, if it is not the declared one.
    read: Option<String>,
    /// The scope of the local store that takes precedence over the global one.
    domain: Option<String>,
    project: Option<String>,
}

const OUTPUT: Output<sealkit::Result<()>> = Output {
    variables: &[],
    result: &ResultConversions {
        output: TaskType::__MEMBER,
        error: TaskError::CONVERSIONS,
        as_error: not_visible,
        codec: opaque,
    },
};

fn main() -> io::Result<()> {
    let question: Question = serde_json::from_reader(io::stdin())?;
    let read = question.read.clone().unwrap_or_else(|| question.key.clone());
    let session = match &question.domain {
        Some(domain) => {
            let store = LocalStore::scoped(domain, question.project.as_deref()).map_err(io::Error::other)?;
            Session::new().provider(store)
        }
        None => Session::new(),
    };
    let task: &'static TaskMetadata = Box::leak(Box::new(task(question)));
    let read = || {
        let secrets = current_context().secrets();
        json!({
            "text": answer(secrets.get(&read), |value| hex(value.expose().as_bytes())),
            "bytes": answer(secrets.get_bytes(&read), |value| hex(value.expose())),
            "file": answer(secrets.get_secrets_file(&read), |path| {
                let content = fs::read(&path).map(|content| hex(&content)).unwrap_or_default();
                json!([hex(path.as_os_str().as_bytes()), content])
            }),
            "variable": answer(secrets.get_secrets_env_var(&read), |name| name),
        })
    };
    // Printed directly: the output of a task must not contain a secret.
    let mut told = None;
    let body = || {
        told = Some(read());
        Ok(())
    };
    session.run(|| Call::new(task, &OUTPUT, |_| {}).run(body, |_| Ok(Ok(())))).map_err(io::Error::other)?;
    println!("{}", told.unwrap_or_default());
    Ok(())
}

/// Returns `{"ok": …}`, or the kind and the message of the error.
fn answer<T, J: serde::Serialize>(
    result: sealkit::Result<T>,
    show: impl FnOnce(T) -> J,
) -> serde_json::Value {
    match result {
        Ok(value) => json!({ "ok": show(value) }),
        Err(error) => {
            json!({ "error": error.kind().as_str(), "all": format!("{error} {error:?} {error:#?}") })
        }
    }
}

/// Returns the metadata of a task whose names are known at run time only.
fn task(question: Question) -> TaskMetadata {
    fn invoke(_: Members) -> Result<Option<Value>, InvokeError> {
        Err(InvokeError::Input(ValueError::new("the probe is not run by name")))
    }
    let keep = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
    let mut secret = Secret::new(keep(question.key));
    if let Some(group) = question.group {
        secret = secret.group(keep(group));
    }
    if let Some(version) = question.group_version {
        secret = secret.group_version(keep(version));
    }
    if let Some(name) = question.env_var {
        secret = secret.env_var(keep(name));
    }
    secret = match question.mount.as_deref() {
        Some("FILE") => secret.mount(MountType::File),
        Some("ENV_VAR") => secret.mount(MountType::EnvVar),
        _ => secret,
    };
    let requests = Box::leak(Box::new([secret]));
    TaskMetadata::__new(
        "probe",
        module_path!(),
        TaskKind::Task,
        "",
        requests,
        &[],
        &[],
        &[],
        Limits::NONE,
        TypeId::of::<()>,
        invoke,
    )
}
