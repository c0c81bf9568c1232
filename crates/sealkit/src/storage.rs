//! The files of a pod: on this machine, or objects of a store.
//!
//! A pod reads one file and writes one, each as a whole. Where they are is what Flyte says, as URIs.

#[cfg(feature = "cluster")]
mod client;
#[cfg(feature = "cluster")]
mod objects;
#[cfg(feature = "cluster")]
mod refusal;
#[cfg(feature = "cluster")]
mod settings;

use std::{
    fmt,
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::PathBuf,
};

/// The schemes of Flyte's URIs of objects, as its SDK and its official Rust worker take them.
const SCHEMES: [&str; 7] = ["s3", "s3a", "gs", "gcs", "az", "abfs", "abfss"];

/// Where a file is, or is to be.
#[derive(Clone)]
pub(crate) enum Location {
    /// On this machine.
    File(PathBuf),
    /// In an object store.
    #[cfg(feature = "cluster")]
    Object(objects::Object),
}

/// Why a file could not be read or written.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl Location {
    /// The place that a URI or a path names.
    pub(crate) fn of(uri: &str) -> Result<Self, Refusal> {
        let path = uri.strip_prefix("file://").unwrap_or(uri);
        if path.starts_with('/') {
            return Ok(Self::File(path.into()));
        }
        match uri.split_once("://") {
            Some((scheme, rest)) if SCHEMES.contains(&scheme) => Self::object(uri, scheme, rest),
            _ => {
                let hint = format!("write `file:///path`, an absolute path, or one of {}", schemes());
                let message = format!("`{}` is the URI of no file that a pod can reach", shown(uri));
                Err(Refusal { message, hint: Some(hint) })
            }
        }
    }

    #[cfg(feature = "cluster")]
    fn object(uri: &str, scheme: &str, rest: &str) -> Result<Self, Refusal> {
        let object = objects::Object::open(uri, scheme, rest, std::env::vars_os());
        object.map(Self::Object).map_err(|refusal| Refusal {
            message: format!("`{}` cannot be used: {}", shown(uri), refusal.message),
            ..refusal
        })
    }

    #[cfg(not(feature = "cluster"))]
    fn object(uri: &str, _: &str, _: &str) -> Result<Self, Refusal> {
        let hint =
            "build the program with object stores: sealkit = { version = \"…\", features = [\"cluster\"] }";
        let message = format!("`{}` is in an object store, which this program was built without", shown(uri));
        Err(Refusal { message, hint: Some(hint.to_owned()) })
    }

    /// What is called `name` in this directory.
    pub(crate) fn join(&self, name: &str) -> Self {
        match self {
            Self::File(directory) => Self::File(directory.join(name)),
            #[cfg(feature = "cluster")]
            Self::Object(object) => Self::Object(object.join(name)),
        }
    }
}

/// As people read it.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            #[cfg(feature = "cluster")]
            Self::Object(object) => f.write_str(&shown(&object.uri)),
        }
    }
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        Self { message: error.to_string(), hint: None }
    }
}

/// Reads the file as a whole, unless it has more than `most` bytes.
pub(crate) fn read(location: &Location, most: u64) -> Result<Vec<u8>, Refusal> {
    match location {
        Location::File(path) => {
            let mut bytes = Vec::new();
            let size = File::open(path)?.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
            if size as u64 > most { Err(too_large(most)) } else { Ok(bytes) }
        }
        #[cfg(feature = "cluster")]
        Location::Object(object) => objects::read(object, most),
    }
}

/// Writes the file as a whole: whoever sees it sees all of it.
pub(crate) fn write(location: &Location, content: &[u8]) -> Result<(), Refusal> {
    match location {
        Location::File(path) => {
            let directory = path.parent().unwrap_or(path);
            fs::create_dir_all(directory)?;
            let mut file = tempfile::NamedTempFile::new_in(directory)?;
            file.write_all(content)?;
            file.persist(path).map_err(|error| error.error)?;
            Ok(())
        }
        #[cfg(feature = "cluster")]
        Location::Object(object) => objects::write(object, content),
    }
}

fn too_large(most: u64) -> Refusal {
    Refusal { message: format!("there is more of it than {} MiB", most >> 20), hint: None }
}

fn schemes() -> String {
    SCHEMES.map(|scheme| format!("`{scheme}://`")).join(", ")
}

fn shown(uri: &str) -> String {
    uri.chars().take(500).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_on_this_machine() {
        for (uri, path) in [("/a/b", "/a/b"), ("file:///a b/c", "/a b/c")] {
            assert_eq!(Location::of(uri).ok().map(|location| location.to_string()).as_deref(), Some(path));
        }
        for uri in ["a/b", "file://host/a", "http://host/a", "wasb://c@a/b", "s3:/b/k", ""] {
            let message = Location::of(uri).err().map(|refusal| refusal.message).unwrap_or_default();
            assert_eq!(message, format!("`{uri}` is the URI of no file that a pod can reach"));
        }
    }

    #[test]
    fn what_is_larger_than_it_may_be_is_not_read() {
        let directory = tempfile::tempdir().unwrap();
        let file = Location::of(directory.path().to_str().unwrap()).unwrap_or_else(|_| unreachable!());
        let file = file.join("sub").join("file");
        write(&file, &vec![7; 1 << 20]).unwrap();
        assert_eq!(read(&file, 1 << 20).unwrap().len(), 1 << 20);
        write(&file, &vec![7; (1 << 20) + 1]).unwrap();
        assert_eq!(read(&file, 1 << 20).unwrap_err().message, "there is more of it than 1 MiB");
    }

    #[cfg(not(feature = "cluster"))]
    #[test]
    fn a_program_without_object_stores_names_the_feature() {
        let refusal = Location::of("s3://bucket/inputs.pb").err().unwrap();
        assert_eq!(
            refusal.message,
            "`s3://bucket/inputs.pb` is in an object store, which this program was built without"
        );
        assert!(refusal.hint.unwrap().contains("features = [\"cluster\"]"));
    }
}
