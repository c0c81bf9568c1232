//! The key of a result: a digest of everything that it depends on, as far as that is known.

use std::{
    collections::BTreeMap,
    fmt,
    fs::{self, File},
    hash::{BuildHasher as _, RandomState},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use once_cell::sync::OnceCell;
use prost::Message as _;
use sealkit_idl::{
    core::{Literal, LiteralValue, ScalarValue},
    task::Inputs,
};
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
    pub(crate) environment: BTreeMap<String, Vec<u8>>,
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
    /// Returns the key of a call.
    ///
    /// # Errors
    ///
    /// Returns an error if the program or a file among the inputs cannot be read.
    pub(crate) fn new(
        task: &Task,
        cache: &Cache,
        inputs: &Inputs,
        context: &KeyContext<'_>,
    ) -> io::Result<Self> {
        let mut parts = Parts::default();
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
            parts.add(&with_content(value)?.encode_to_vec());
        }
        parts.end_list();
        for (name, value) in &context.environment {
            parts.add(name.as_bytes());
            parts.add(value);
        }
        parts.end_list();
        parts.add_all(context.secrets.iter().flat_map(|(name, revision)| [name, revision]));
        Ok(Self(parts.0.finalize().into()))
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
fn with_content(mut literal: Literal) -> io::Result<Literal> {
    let hash = std::mem::take(&mut literal.hash);
    match &mut literal.value {
        Some(LiteralValue::Scalar(scalar)) => match &mut scalar.value {
            Some(ScalarValue::Blob(blob)) => {
                if !hash.is_empty() {
                    blob.uri = format!("hash:{hash}");
                } else if let Some(path) = local_path(&blob.uri) {
                    blob.uri = format!("content:{}", digest_of_content(&path)?);
                }
            }
            Some(ScalarValue::Union(union)) => {
                union.value = union.value.take().map(with_content).transpose()?;
            }
            _ => {}
        },
        Some(LiteralValue::Collection(list)) => {
            let literals = std::mem::take(&mut list.literals);
            list.literals = literals.into_iter().map(with_content).collect::<io::Result<_>>()?;
        }
        Some(LiteralValue::Map(map)) => {
            let literals = std::mem::take(&mut map.literals);
            let entry = |(name, value)| Ok((name, with_content(value)?));
            map.literals = literals.into_iter().map(entry).collect::<io::Result<_>>()?;
        }
        _ => {}
    }
    Ok(literal)
}

/// Returns the path of a file on this machine.
fn local_path(uri: &str) -> Option<PathBuf> {
    let path = uri.strip_prefix("file://").unwrap_or(uri);
    path.starts_with('/').then(|| PathBuf::from(path))
}

/// Returns the digest of the content of a file, or of the names and contents below a directory.
pub(super) fn digest_of_content(path: &Path) -> io::Result<String> {
    let mut digest = Parts::default();
    add_content(path, &mut digest)?;
    Ok(Key(digest.0.finalize().into()).to_string())
}

/// Adds the content of a file, or the names and contents below a directory.
fn add_content(path: &Path, digest: &mut Parts) -> io::Result<()> {
    let kind = fs::metadata(path)?;
    if !kind.is_dir() && !kind.is_file() {
        return Err(io::Error::other(format!("`{}` is not a regular file", path.display())));
    }
    if kind.is_file() {
        digest.add(&digest_of_file(path)?);
        return Ok(());
    }
    let mut entries = fs::read_dir(path)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        digest.add(entry.file_name().as_encoded_bytes());
        add_content(&entry.path(), digest)?;
    }
    digest.end_list();
    Ok(())
}

fn digest_of_file(path: &Path) -> io::Result<[u8; 32]> {
    let mut file = File::open(path)?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hash.finalize().into()),
            length => hash.update(&buffer[..length]),
        }
    }
}
