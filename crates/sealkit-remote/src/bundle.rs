//! Code bundles: archives with a program, which the entry point of the official SDK downloads and unpacks in a pod.

use std::{
    fmt, fs, io,
    os::unix::{ffi::OsStrExt as _, fs::MetadataExt as _},
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use etcetera::BaseStrategy as _;
use flate2::{Compression, write::GzEncoder};
use hyper::body::Bytes;
use md5::{Digest as _, Md5};
use once_cell::unsync::OnceCell;
use tar::{EntryType, Header};

use crate::{
    digest::digest,
    error::{Error, ErrorKind, Result},
};

/// The resolver, which replaces the entry point by the program.
const RESOLVER: (&str, &str) = ("sealkit_resolver.py", include_str!("bundle/sealkit_resolver.py"));
/// Another version may make another archive of the same program.
const FORMAT: &[u8] = env!("CARGO_PKG_VERSION").as_bytes();

/// A code bundle: a program, and the resolver that starts it. It contains nothing else, such as configuration.
pub struct Bundle {
    path: PathBuf,
    name: String,
    /// Changes with the program: a digest of its path, size and times.
    key: String,
    archive: OnceCell<Bytes>,
}

impl Bundle {
    /// Creates the bundle of the program at `path`.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Local`] if there is no such program.
    pub fn new(path: &Path) -> Result<Self> {
        let metadata = fs::metadata(path).map_err(|error| cannot_read(path, &error))?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let numbers = [
            metadata.dev(),
            metadata.ino(),
            metadata.size(),
            metadata.ctime().cast_unsigned(),
            metadata.ctime_nsec().cast_unsigned(),
        ];
        let numbers: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        let key = digest(&[FORMAT, path.as_os_str().as_bytes(), &numbers]);
        Ok(Self { path: path.to_owned(), name, key, archive: OnceCell::new() })
    }

    /// Returns the name of the program in the bundle.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the cached fingerprint of the archive, so that an unchanged program is not compressed again, or makes the archive.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Local`] if the program cannot be read.
    pub(crate) fn fingerprint(&self) -> Result<Fingerprint> {
        let text = self.cache_file().and_then(|path| fs::read_to_string(path).ok());
        match text.and_then(|text| Fingerprint::parse(text.strip_prefix(&self.key)?)) {
            Some(cached) => Ok(cached),
            None => self.new_fingerprint(),
        }
    }

    /// Makes the archive, and caches its fingerprint.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Local`] if the program cannot be read.
    pub(crate) fn new_fingerprint(&self) -> Result<Fingerprint> {
        let archive = self.archive()?;
        let fingerprint = Fingerprint { md5: Md5::digest(&archive).into(), size: archive.len() as u64 };
        if let Some(path) = self.cache_file() {
            // Without the cache, the next command compresses the program again.
            let _ = path.parent().map_or(Ok(()), fs::create_dir_all);
            let _ = fs::write(path, format!("{}{fingerprint}", self.key));
        }
        Ok(fingerprint)
    }

    /// Returns the cache of this program, which holds the key and the fingerprint of its latest version.
    fn cache_file(&self) -> Option<PathBuf> {
        let base = etcetera::base_strategy::Xdg::new().ok()?;
        Some(base.cache_dir().join("sealkit/bundles").join(digest(&[self.path.as_os_str().as_bytes()])))
    }

    /// Returns the archive: a compressed tar file that depends only on the content.
    pub(crate) fn archive(&self) -> Result<Bytes> {
        let archive = self.archive.get_or_try_init(|| self.write_archive().map(Bytes::from));
        archive.cloned().map_err(|error| cannot_read(&self.path, &error))
    }

    fn write_archive(&self) -> io::Result<Vec<u8>> {
        let program = fs::read(&self.path)?;
        let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
        let files = [(self.name.as_str(), &*program, 0o755), (RESOLVER.0, RESOLVER.1.as_bytes(), 0o644)];
        for (name, content, mode) in files {
            let mut header = Header::new_gnu();
            header.set_entry_type(EntryType::Regular);
            header.set_mode(mode);
            header.set_uid(0);
            header.set_gid(0);
            header.set_mtime(0);
            header.set_size(content.len() as u64);
            archive.append_data(&mut header, name, content)?;
        }
        archive.into_inner()?.finish()
    }
}

fn cannot_read(path: &Path, error: &io::Error) -> Error {
    let reason = sealkit_names::io_reason(error);
    Error::new(ErrorKind::Local, format!("cannot read `{}`: {reason}", path.display()))
}

impl fmt::Debug for Bundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bundle").field("path", &self.path).finish_non_exhaustive()
    }
}

/// The digest and the size of an archive; as text ` MD5 SIZE` and a line break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    pub(crate) md5: [u8; 16],
    /// The number of bytes.
    pub(crate) size: u64,
}

impl Fingerprint {
    fn parse(text: &str) -> Option<Self> {
        let (md5, size) = text.strip_prefix(' ')?.strip_suffix('\n')?.split_once(' ')?;
        let md5 = BASE64_STANDARD.decode(md5).ok()?.try_into().ok()?;
        Some(Self { md5, size: size.parse().ok()? })
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, " {} {}", BASE64_STANDARD.encode(self.md5), self.size)
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, io::Read as _};

    use super::*;

    #[test]
    fn a_bundle_has_the_program_and_the_resolver_only_and_depends_on_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("app");
        fs::write(&path, "program").unwrap();
        fs::write(directory.path().join("config.yaml"), "").unwrap();
        let bundle = Bundle::new(&path).unwrap();
        let archive = bundle.archive().unwrap();
        let mut entries = tar::Archive::new(flate2::read::GzDecoder::new(&*archive));
        let mut files = BTreeMap::new();
        for entry in entries.entries().unwrap() {
            let mut entry = entry.unwrap();
            let mut content = String::new();
            entry.read_to_string(&mut content).unwrap();
            let header = entry.header();
            let metadata = (header.mode().unwrap(), header.mtime().unwrap(), header.uid().unwrap());
            files.insert(entry.path().unwrap().display().to_string(), (metadata, content));
        }
        let expected =
            [("app", ((0o755, 0, 0), "program")), ("sealkit_resolver.py", ((0o644, 0, 0), RESOLVER.1))];
        let expected =
            expected.map(|(name, (metadata, text))| (name.to_owned(), (metadata, text.to_owned())));
        assert_eq!(files, BTreeMap::from(expected));

        // The same content makes the same archive at another time and in another place.
        let other = directory.path().join("other");
        fs::create_dir(&other).unwrap();
        fs::write(other.join("app"), "program").unwrap();
        assert_eq!(Bundle::new(&other.join("app")).unwrap().archive().unwrap(), archive);
        assert_eq!(Bundle::new(&path).unwrap().key, bundle.key);
        fs::write(&path, "changed").unwrap();
        assert_ne!(Bundle::new(&path).unwrap().key, bundle.key);
        let fingerprint = Fingerprint { md5: *b"0123456789abcdef", size: 7 };
        assert_eq!(Fingerprint::parse(&fingerprint.to_string()), Some(fingerprint));
        assert_eq!(
            ["", " x 7\n", " MDEyMw== 7\n", " MDEyMzQ1Njc4OWFiY2RlZg== 7"].map(Fingerprint::parse),
            [None; 4]
        );
        fs::remove_file(&path).unwrap();
        assert!(Bundle::new(&path).unwrap_err().to_string().contains("cannot read"));
    }
}
