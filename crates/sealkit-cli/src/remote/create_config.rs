//! `create config`: write the configuration file of a cluster.

use std::{
    fs::{self, Permissions},
    io::{self, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use sealkit_remote::{AuthMethod, ConfigOverrides, ErrorKind, Scope};

use super::{Cluster, current_directory};
use crate::{
    arguments::{ClusterArguments, CreateConfig},
    error::CommandError,
    prompt, terminal,
};

pub(crate) fn create_config(args: &CreateConfig) -> Result<(), CommandError> {
    let yaml = settings(args).to_yaml()?;
    let path = current_directory()?.join(&args.config);
    let display = path.display();
    if path.exists() && !args.force {
        if !terminal::stdin_is_terminal() {
            return Err(CommandError::failure(format!("`{display}` already exists"))
                .with_hint("overwrite it: --force; or write another file: --config PATH"));
        }
        if !prompt::confirm(&format!("Overwrite `{display}`?"))? {
            return Err(CommandError::failure(format!("`{display}` was not overwritten")));
        }
    }
    write(&path, &yaml).map_err(|error| {
        CommandError::failure(format!("cannot write `{display}`: {}", sealkit_names::io_reason(&error)))
    })?;
    terminal::status(&format!("Wrote the configuration to `{display}`"));
    match args.auth_type.as_deref() {
        Some("client-secret") => {
            terminal::hint("set `admin.clientId` and `admin.clientSecretLocation` in the file");
        }
        Some("external-command") => terminal::hint("set `admin.command` in the file"),
        _ if terminal::stdin_is_terminal() && terminal::stderr_is_terminal() => return offer_login(path),
        _ => {}
    }
    Ok(())
}

fn settings(args: &CreateConfig) -> ConfigOverrides {
    let devbox = |text: &str| args.devbox.then(|| text.to_owned());
    ConfigOverrides {
        endpoint: args.endpoint.clone().or_else(|| devbox("localhost:30080")),
        insecure: args.insecure || args.devbox,
        auth_type: args.auth_type.clone(),
        org: args.org.clone(),
        project: args.project.clone().or_else(|| devbox("flytesnacks")),
        domain: args.domain.clone().or_else(|| devbox("development")),
        ..ConfigOverrides::default()
    }
}

/// Writes a file atomically. It is readable for all users, as that of the official tools is.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    let mode = Permissions::from_mode(0o644);
    let mut file = tempfile::Builder::new().permissions(mode).tempfile_in(directory)?;
    file.write_all(text.as_bytes())?;
    file.persist(path).map(drop).map_err(io::Error::from)
}

/// Offers to log in, so that later commands find a token in the cache.
fn offer_login(config: PathBuf) -> Result<(), CommandError> {
    let arguments = ClusterArguments {
        config: Some(config),
        endpoint: None,
        insecure: false,
        auth_type: None,
        org: None,
    };
    let cluster = Cluster::open(&arguments)?;
    let config = cluster.client.config();
    let is_interactive = matches!(config.auth, AuthMethod::Pkce | AuthMethod::DeviceFlow);
    if !is_interactive || !prompt::confirm(&format!("Log in to {} now?", config.endpoint))? {
        return Ok(());
    }
    match cluster.wait(cluster.client.list_secrets(&Scope::default())) {
        // The server has accepted the token, but has no secrets.
        Err(error) if !matches!(error.kind(), ErrorKind::Unimplemented | ErrorKind::PermissionDenied) => {
            Err(error.into())
        }
        _ => {
            terminal::status(&format!("Logged in to {}", config.endpoint));
            Ok(())
        }
    }
}
