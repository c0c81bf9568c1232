//! The files of a cached result. The files of a run are removed with it, and others may change, so the cache has copies.
//!
//! In the entry, the place of a file is `cache:NUMBER/DIGEST/NAME`: the copy is the file `NUMBER/NAME` in the directory of the entry.

use std::{
    collections::BTreeMap,
    fs::{self, File, Metadata, OpenOptions},
    io::{self, Read as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use rustix::fs::OFlags;
use sealkit_guard::{Guard, StreamSearch};
use sealkit_idl::task::Outputs;
use sealkit_protocol::call::Success;

use super::key::{digest_of_content, local_path};

const SCHEME: &str = "cache:";

/// Copies the files of a result that are on this machine to `to`: those of the run are removed with it, and others may change. Returns the
/// result with the places of the copies; it is unchanged, and `to` is not created, if there are none.
///
/// # Errors
///
/// Returns an error if a file cannot be copied.
pub(super) fn store(success: &Success, to: &Path) -> io::Result<Success> {
    let mut number = 0;
    with_uris(success, &mut |uri| {
        let Some(path) = local_path(uri) else { return Ok(None) };
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| io::Error::other("a file has no name"))?;
        let directory = to.join(number.to_string());
        fs::create_dir_all(&directory)?;
        copy(&path, &directory.join(name))?;
        let stored =
            format!("{SCHEME}{number}/{}/{name}", digest_of_content(&directory.join(name), &mut Vec::new())?);
        number += 1;
        Ok(Some(stored))
    })
}

/// Returns whether a file below `directory`, or the name of one, contains a secret. Compressed files are not decompressed.
///
/// # Errors
///
/// Returns an error if a file cannot be read.
pub(super) fn have_secret(directory: &Path, guard: &Guard) -> io::Result<bool> {
    for entry in fs::read_dir(directory)? {
        let (path, name) = {
            let entry = entry?;
            (entry.path(), entry.file_name())
        };
        let found = if path.is_dir() {
            have_secret(&path, guard)?
        } else {
            let (mut file, mut search) = (File::open(&path)?, StreamSearch::new(guard));
            while !search.read(&mut file)?.is_empty() {}
            !search.finish().is_empty()
        };
        if found || !guard.check(name.as_encoded_bytes()).is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Copies the files of a cached result from its directory `from` to new places below `to`. Returns the result with the places.
///
/// # Errors
///
/// Returns an error if a copy is missing or damaged.
pub(super) fn fetch(success: &Success, from: &Path, to: &Path) -> io::Result<Success> {
    with_uris(success, &mut |uri| {
        let Some(stored) = uri.strip_prefix(SCHEME) else { return Ok(None) };
        let mut parts = stored.splitn(3, '/');
        let (Some(number), Some(digest), Some(name)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        let directory = to.join(number);
        fs::create_dir_all(&directory)?;
        let copied = directory.join(name);
        copy(&from.join(number).join(name), &copied)?;
        if digest_of_content(&copied, &mut Vec::new())? != digest {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let path = copied.into_os_string().into_string();
        path.map(Some).map_err(|_| io::Error::other("the directory of the run is not UTF-8 text"))
    })
}

/// Returns the result with other URIs of files: `change` returns the new one, or `None` to keep it.
fn with_uris(
    success: &Success,
    change: &mut impl FnMut(&str) -> io::Result<Option<String>>,
) -> io::Result<Success> {
    let mut changed: BTreeMap<String, String> = BTreeMap::new();
    let mut outputs: Outputs = success.outputs.clone();
    for literal in outputs.literals.iter_mut().filter_map(|output| output.value.as_mut()) {
        literal.each_blob(&mut |blob, _| {
            // A file that is in several outputs is one file.
            if !changed.contains_key(&blob.uri)
                && let Some(new) = change(&blob.uri)?
            {
                changed.insert(blob.uri.clone(), new);
            }
            if let Some(new) = changed.get(&blob.uri) {
                blob.uri.clone_from(new);
            }
            io::Result::Ok(())
        })?;
    }
    let mut json = success.json.clone();
    for (old, new) in changed {
        let [old, new] = [old, new].map(|uri| serde_json::Value::from(uri).to_string());
        json = json.replace(&old, &new);
    }
    Ok(Success { outputs, json })
}

/// A pipe must not block.
pub(super) const NONBLOCKING: i32 = OFlags::NONBLOCK.bits().cast_signed();

/// Opens a regular file.
fn open(path: &Path) -> io::Result<(File, Metadata)> {
    let file = OpenOptions::new().read(true).custom_flags(NONBLOCKING).open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_file() {
        return Ok((file, metadata));
    }
    Err(io::Error::other(format!("`{}` is not a regular file", path.display())))
}

/// Reads a regular file.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.0.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Copies a file, or a directory with everything in it. Links are followed, as for the key. Pipes and devices are refused.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if !fs::metadata(from)?.is_dir() {
        let (mut file, metadata) = open(from)?;
        let mut copy = File::create(to)?;
        io::copy(&mut file, &mut copy)?;
        return copy.set_permissions(metadata.permissions());
    }
    if to.starts_with(fs::canonicalize(from)?) {
        return Err(io::Error::other(format!("`{}` contains the cache", from.display())));
    }
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}
