//! The files of this machine that are inputs of a run on a cluster.

use std::{fs, path::Path};

use sealkit_idl::core::{BlobDimensionality, Literal};
use sealkit_program::Inputs;
use sealkit_remote::RunId;

use super::Cluster;
use crate::{
    error::CommandError,
    terminal,
    upload::{UploadProgress, mebibytes},
};

/// Uploads the files and directories among the inputs, and replaces their paths by URIs.
pub(super) fn upload(
    cluster: &Cluster,
    inputs: &mut Inputs,
    scope: (&str, &str),
) -> Result<(), CommandError> {
    let uploader = Uploader { cluster, scope };
    inputs
        .literals
        .iter_mut()
        .filter_map(|input| input.value.as_mut())
        .try_for_each(|value| uploader.literal(value))
}

struct Uploader<'c> {
    cluster: &'c Cluster,
    scope: (&'c str, &'c str),
}

impl Uploader<'_> {
    fn literal(&self, literal: &mut Literal) -> Result<(), CommandError> {
        literal.each_blob(&mut |blob, hash| {
            let path = blob.uri.strip_prefix("file://").unwrap_or(&blob.uri).to_owned();
            if !path.starts_with('/') {
                return Ok(());
            }
            let r#type = blob.metadata.as_ref().and_then(|metadata| metadata.r#type.as_ref());
            if r#type.is_some_and(|of| of.dimensionality() == BlobDimensionality::Multipart) {
                blob.uri = self.directory(Path::new(&path))?;
            } else {
                // The hash of the official SDK.
                (blob.uri, *hash) = self.file(Path::new(&path), &file_name(&path), None)?;
            }
            Ok(())
        })
    }

    /// Uploads a file. Returns its URI and its digest.
    fn file(&self, path: &Path, name: &str, root: Option<&str>) -> Result<(String, String), CommandError> {
        let progress = UploadProgress::new("Uploading a file");
        let report = |sent, size| progress.print(sent, size);
        let client = &self.cluster.client;
        let uploaded = self.cluster.wait(client.upload_file(path, name, root, self.scope, &report));
        progress.reset();
        let uploaded = uploaded?;
        if root.is_none() {
            let size = fs::metadata(path).map_or(0, |metadata| metadata.len());
            terminal::status(&format!("Uploaded `{}` ({})", path.display(), mebibytes(size)));
        }
        Ok((uploaded.uri, uploaded.md5))
    }

    /// Uploads a directory below a random name, and returns its URI.
    fn directory(&self, path: &Path) -> Result<String, CommandError> {
        let shown = path.display();
        let mut files = Vec::new();
        list(path, "", &mut files)?;
        if files.is_empty() {
            return Err(CommandError::usage(format!("the directory `{shown}` has no files to upload")));
        }
        let root = RunId::random(self.scope.0, self.scope.1)?.name;
        let mut directory = String::new();
        for name in &files {
            let (uri, _) = self.file(&path.join(name), name, Some(&root))?;
            // The URI has the name at its end, in an encoding of the cluster.
            let parent = uri.rsplitn(name.split('/').count() + 1, '/').last();
            parent.unwrap_or(&uri).clone_into(&mut directory);
        }
        terminal::status(&format!("Uploaded `{shown}` ({} files)", files.len()));
        Ok(directory)
    }
}

/// Adds the paths of all files below a directory, with `/` between names.
fn list(directory: &Path, prefix: &str, files: &mut Vec<String>) -> Result<(), CommandError> {
    let cannot = |path: &Path, reason: &str| {
        let path = sealkit_names::escape(&path.to_string_lossy());
        CommandError::usage(format!("cannot upload `{path}`: {reason}"))
    };
    let io = |error| cannot(directory, &sealkit_names::io_reason(&error));
    for entry in fs::read_dir(directory).map_err(io)? {
        let entry = entry.map_err(io)?;
        let name = entry.file_name();
        let is_usable = |name: &&str| !name.chars().any(char::is_control);
        let Some(name) = name.to_str().filter(is_usable) else {
            return Err(cannot(&entry.path(), "its name is not UTF-8 or has control characters"));
        };
        let path = format!("{prefix}{name}");
        let kind = entry.file_type().map_err(io)?;
        if kind.is_dir() {
            list(&entry.path(), &format!("{path}/"), files)?;
        } else if kind.is_file() {
            files.push(path);
        } else {
            return Err(cannot(&entry.path(), "it is a symbolic link or a device"));
        }
    }
    Ok(())
}

fn file_name(path: &str) -> String {
    path.rsplit('/').next().unwrap_or_default().to_owned()
}
