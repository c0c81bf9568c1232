//! The key of a result: a digest of everything that it depends on, as far as that is known.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fmt,
    fs::{self, File, Metadata},
    hash::{BuildHasher as _, RandomState},
    io::{self, Read as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use once_cell::sync::OnceCell;
use prost::Message as _;
use sealkit_idl::{core::Literal, task::Inputs};
use sealkit_protocol::{
    Task,
    description::{Cache, Variable},
};
use sha2::{Digest as _, Sha256};

/// The version of the rules below.
const RULES: &[u8] = b"sealkit result 1";

/// The key of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key([u8; 32]);

/// What a result depends on, besides its task and its inputs.
pub(crate) struct KeyContext<'a> {
    /// The program, of which `auto` takes the digest.
    pub(crate) program: &'a ProgramDigest,
    /// The domain and the project.
    pub(crate) scope: [Option<&'a str>; 2],
    /// The environment variables of the pod.
    pub(crate) environment: BTreeMap<&'a OsStr, &'a OsStr>,
    /// The secrets that the task and the tasks that it may call request, and the revision of each. Values are no part of a key.
    pub(crate) secrets: BTreeMap<String, String>,
}

/// The digest of a program, which is computed when it is needed for the first time.
#[derive(Debug)]
pub(crate) struct ProgramDigest {
    path: PathBuf,
    digest: OnceCell<[u8; 32]>,
}

impl ProgramDigest {
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), digest: OnceCell::new() }
    }

    fn get(&self) -> io::Result<&[u8; 32]> {
        self.digest.get_or_try_init(|| digest_of_file(&self.path))
    }
}

impl Key {
    /// Returns the key of a call, and the files that it depends on.
    ///
    /// # Errors
    ///
    /// Returns an error if the program or a file among the inputs cannot be read.
    pub(super) fn new(
        task: &Task,
        cache: &Cache,
        inputs: &Inputs,
        context: &KeyContext<'_>,
    ) -> io::Result<(Self, Vec<Stamp>)> {
        let (mut parts, mut read) = (Parts::default(), Vec::new());
        parts.add(RULES);
        parts.add_all([&task.module, &task.name]);
        for scope in context.scope {
            parts.add_all(scope);
        }
        match &cache.version {
            Some(version) => {
                parts.add_all(["version", version]);
                // Another program may have a task of this name.
                parts.add(context.program.path.as_os_str().as_encoded_bytes());
            }
            None => {
                parts.add(b"auto");
                parts.add(context.program.get()?);
                parts.add(cache.salt.as_bytes());
            }
        }
        for variables in [&task.interface.inputs, &task.interface.outputs] {
            parts.add_all(
                variables.iter().flat_map(|Variable { name, r#type, .. }| [name.clone(), r#type.to_string()]),
            );
        }
        let mut inputs: Vec<_> =
            inputs.literals.iter().filter(|input| !cache.ignored_inputs.contains(&input.name)).collect();
        inputs.sort_by(|a, b| a.name.cmp(&b.name));
        for input in inputs {
            parts.add(input.name.as_bytes());
            let value = input.value.clone().unwrap_or_default();
            parts.add(&with_content(value, &mut read)?.encode_to_vec());
        }
        parts.end_list();
        for (name, value) in &context.environment {
            parts.add(name.as_encoded_bytes());
            parts.add(value.as_encoded_bytes());
        }
        parts.end_list();
        parts.add_all(context.secrets.iter().flat_map(|(name, revision)| [name, revision]));
        Ok((Self(parts.0.finalize().into()), read))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns a name that no other writer of this entry chooses.
    pub(super) fn random_name(&self) -> String {
        format!("{:016x}", RandomState::new().hash_one(self.0))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A digest of parts with their lengths, so that bytes cannot move between parts.
#[derive(Default)]
struct Parts(Sha256);

impl Parts {
    fn add(&mut self, part: &[u8]) {
        self.0.update((part.len() as u64).to_le_bytes());
        self.0.update(part);
    }

    fn add_all(&mut self, parts: impl IntoIterator<Item = impl AsRef<str>>) {
        for part in parts {
            self.add(part.as_ref().as_bytes());
        }
        self.end_list();
    }

    fn end_list(&mut self) {
        self.0.update(u64::MAX.to_le_bytes());
    }
}

/// Replaces the place of each file by its content: by its hash if it has one, and otherwise, on this machine, by the digest of its bytes.
fn with_content(mut literal: Literal, read: &mut Vec<Stamp>) -> io::Result<Literal> {
    literal.each_blob(&mut |blob, hash| {
        let hash = std::mem::take(hash);
        if !hash.is_empty() {
            blob.uri = format!("hash:{hash}");
        } else if let Some(path) = local_path(&blob.uri) {
            blob.uri = format!("content:{}", digest_of_content(&path, read)?);
        }
        io::Result::Ok(())
    })?;
    Ok(literal)
}

/// A file or directory as it was before it was read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    path: PathBuf,
    /// Its device, inode and length, and when its content and its metadata last changed.
    state: [u64; 3],
    times: [(i64, i64); 2],
}

impl Stamp {
    fn new(path: &Path, metadata: &Metadata) -> Self {
        Self {
            path: path.to_owned(),
            state: [metadata.dev(), metadata.ino(), metadata.len()],
            times: [(metadata.mtime(), metadata.mtime_nsec()), (metadata.ctime(), metadata.ctime_nsec())],
        }
    }

    /// Returns whether it is still the same.
    pub(super) fn is_current(&self) -> bool {
        fs::metadata(&self.path).is_ok_and(|metadata| Self::new(&self.path, &metadata) == *self)
    }
}

/// Returns the path of a file on this machine.
pub(super) fn local_path(uri: &str) -> Option<PathBuf> {
    let path = uri.strip_prefix("file://").unwrap_or(uri);
    path.starts_with('/').then(|| PathBuf::from(path))
}

/// Returns the digest of the content of a file, or of the names and contents below a directory. Adds what is read to `read`.
pub(super) fn digest_of_content(path: &Path, read: &mut Vec<Stamp>) -> io::Result<String> {
    let mut digest = Parts::default();
    add_content(path, &mut digest, read)?;
    Ok(Key(digest.0.finalize().into()).to_string())
}

/// Adds the content of a file, or the names and contents below a directory.
fn add_content(path: &Path, digest: &mut Parts, read: &mut Vec<Stamp>) -> io::Result<()> {
    let metadata = fs::metadata(path).map_err(|error| cannot_read(path, &error))?;
    read.push(Stamp::new(path, &metadata));
    if metadata.is_file() {
        digest.add(&digest_of_file(path)?);
        return Ok(());
    }
    if !metadata.is_dir() {
        return Err(io::Error::other(format!("`{}` is not a regular file", path.display())));
    }
    let entries = fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let mut entries = entries.map_err(|error| cannot_read(path, &error))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        digest.add(entry.file_name().as_encoded_bytes());
        add_content(&entry.path(), digest, read)?;
    }
    digest.end_list();
    Ok(())
}

fn cannot_read(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(
        error.kind(),
        format!("cannot read `{}`: {}", path.display(), sealkit_names::io_reason(error)),
    )
}

fn digest_of_file(path: &Path) -> io::Result<[u8; 32]> {
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
    let mut read = || {
        let mut file = File::open(path)?;
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(()),
                length => hash.update(&buffer[..length]),
            }
        }
    };
    read().map_err(|error| cannot_read(path, &error))?;
    Ok(hash.finalize().into())
}
