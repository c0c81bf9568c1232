//! The token cache: tokens from interactive logins, in one private file per server.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use etcetera::BaseStrategy;
use rustix::{
    fs::{FlockOperation, Mode, OFlags, flock},
    process::geteuid,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep};
use tonic::metadata::AsciiMetadataKey;
use zeroize::Zeroizing;

use super::token::Token;
use crate::{
    endpoint::Endpoint,
    error::{Error, ErrorKind, Result},
};

/// How long to wait for another program that renews the token.
const LOCK_TIMEOUT: Duration = Duration::from_secs(60);
/// The largest file to read.
const MAX_FILE_SIZE: usize = 256 << 10;

/// The cache file of one server.
#[derive(Debug)]
pub(super) struct TokenCache {
    path: PathBuf,
}

/// The content of a cache file.
#[derive(Deserialize, Serialize)]
struct CachedToken {
    access_token: Zeroizing<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<Zeroizing<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<u64>,
    header: String,
}

impl TokenCache {
    /// Returns the cache for a server, or `None` if there is no home directory.
    ///
    /// The file is in the state directory, because users share cache directories more freely.
    pub(super) fn for_endpoint(endpoint: &Endpoint) -> Option<Self> {
        let base = etcetera::base_strategy::Xdg::new().ok()?;
        Some(Self::in_directory(&base.state_dir()?.join("sealkit/tokens"), endpoint))
    }

    pub(super) fn in_directory(directory: &Path, endpoint: &Endpoint) -> Self {
        let hash = Sha256::digest(endpoint.to_string().to_ascii_lowercase());
        let name = BASE64_URL_SAFE_NO_PAD.encode(hash);
        Self { path: directory.join(name + ".json") }
    }

    /// Waits for the lock of the cache, and returns it. Returns `None` on a timeout, or if the lock file cannot be created.
    pub(super) async fn lock(&self) -> Option<File> {
        create_private_directory(self.path.parent()?).ok()?;
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = rustix::fs::open(self.path.with_extension("lock"), flags, Mode::RUSR | Mode::WUSR).ok()?;
        let end = Instant::now() + LOCK_TIMEOUT;
        while let Err(error) = flock(&file, FlockOperation::NonBlockingLockExclusive) {
            if error != rustix::io::Errno::WOULDBLOCK || Instant::now() >= end {
                return None;
            }
            sleep(Duration::from_millis(50)).await;
        }
        Some(File::from(file))
    }

    /// Loads the token. Returns `None` if there is no file or its content is invalid.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Local`] if another user may have read or written the file.
    pub(super) fn load(&self) -> Result<Option<Token>> {
        // `NONBLOCK` keeps a named pipe from blocking the open.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = match rustix::fs::open(&self.path, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => return Ok(None),
            Err(rustix::io::Errno::LOOP) => return Err(self.insecure_file("it is a symbolic link")),
            Err(error) => return Err(self.io_error("read", &error.into())),
        };
        let metadata = file.metadata().map_err(|error| self.io_error("read", &error))?;
        if !metadata.is_file() {
            return Err(self.insecure_file("it is not a regular file"));
        }
        if metadata.uid() != geteuid().as_raw() {
            return Err(self.insecure_file("it belongs to another user"));
        }
        if metadata.mode() & 0o077 != 0 {
            return Err(self.insecure_file("it is accessible to other users"));
        }
        let mut text = Zeroizing::new(Vec::with_capacity(MAX_FILE_SIZE + 1));
        let read = file.take(MAX_FILE_SIZE as u64 + 1).read_to_end(&mut text);
        read.map_err(|error| self.io_error("read", &error))?;
        // The file may be incomplete or written by a later version.
        let Ok(cached) = serde_json::from_slice::<CachedToken>(&text) else { return Ok(None) };
        let Ok(header) = AsciiMetadataKey::from_bytes(cached.header.as_bytes()) else { return Ok(None) };
        let CachedToken { access_token: access, refresh_token: refresh, expires_at, .. } = cached;
        Ok(Some(Token { access, refresh, expires_at, header }).filter(|token| token.header_value().is_ok()))
    }

    /// Replaces the cached token.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Local`] if the file cannot be written.
    pub(super) fn save(&self, token: &Token) -> Result<()> {
        let cached = CachedToken {
            access_token: token.access.clone(),
            refresh_token: token.refresh.clone(),
            expires_at: token.expires_at,
            header: token.header.as_str().to_owned(),
        };
        let mut text = Zeroizing::new(Vec::with_capacity(MAX_FILE_SIZE));
        serde_json::to_writer(&mut *text, &cached).map_err(|error| self.io_error("write", &error.into()))?;
        self.write(&text).map_err(|error| self.io_error("write", &error))
    }

    fn write(&self, text: &[u8]) -> io::Result<()> {
        create_private_directory(self.path.parent().ok_or(io::ErrorKind::InvalidInput)?)?;
        // Each writer renames a file of its own, so that readers never see a partial file.
        let new = self.path.with_extension(format!("{:x}.new", getrandom::u64().map_err(io::Error::from)?));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        let written = file.write_all(text).and_then(|()| fs::rename(&new, &self.path));
        if written.is_err() {
            // The write error matters more than an error of the cleanup.
            let _ = fs::remove_file(&new);
        }
        written
    }

    /// Removes a token that the server rejects. An error is ignored: the token is useless anyway.
    pub(super) fn remove(&self) {
        let _ = fs::remove_file(&self.path);
    }

    fn insecure_file(&self, problem: &str) -> Error {
        let path = self.path.display();
        Error::new(ErrorKind::Local, format!("cannot use token cache `{path}`: {problem}"))
            .with_hint(format!("remove it and log in again: rm {path}"))
    }

    fn io_error(&self, action: &str, error: &io::Error) -> Error {
        let path = self.path.display();
        let message = format!("cannot {action} token cache `{path}`: {}", error.kind());
        Error::new(ErrorKind::Local, message).with_hint("check the permissions of the file and its directory")
    }
}

/// Creates a directory unless it exists, and checks that no other user can write to it.
fn create_private_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    let metadata = fs::symlink_metadata(path)?;
    if !metadata.is_dir() || metadata.uid() != geteuid().as_raw() || metadata.mode() & 0o022 != 0 {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use tempfile::TempDir;

    use super::*;

    fn endpoint(host: &str) -> Endpoint {
        Endpoint { insecure: false, host: host.into(), port: 443 }
    }

    fn token() -> Token {
        Token {
            access: "s3cret-a".to_owned().into(),
            refresh: Some("s3cret-r".to_owned().into()),
            expires_at: Some(7),
            header: AsciiMetadataKey::from_static("flyte-authorization"),
        }
    }

    #[test]
    fn a_token_is_cached_per_server_in_a_private_file() {
        let dir = TempDir::new().unwrap();
        let cache = TokenCache::in_directory(&dir.path().join("a/b"), &endpoint("h"));
        assert!(cache.load().unwrap().is_none());
        cache.save(&token()).unwrap();
        cache.save(&token()).unwrap();
        let loaded = cache.load().unwrap().unwrap();
        assert_eq!(
            (loaded.access, loaded.refresh, loaded.expires_at),
            (token().access, token().refresh, Some(7))
        );
        assert_eq!(loaded.header, "flyte-authorization");
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!((mode(&cache.path), mode(cache.path.parent().unwrap())), (0o600, 0o700));
        // No temporary file is left.
        assert_eq!(fs::read_dir(dir.path().join("a/b")).unwrap().count(), 1);
        assert!(
            TokenCache::in_directory(&dir.path().join("a/b"), &endpoint("other")).load().unwrap().is_none()
        );
        cache.remove();
        assert!(cache.load().unwrap().is_none());
    }

    #[test]
    fn a_file_with_insecure_permissions_is_rejected() {
        let dir = TempDir::new().unwrap();
        let cache = TokenCache::in_directory(dir.path(), &endpoint("h"));
        cache.save(&token()).unwrap();
        let assert_rejected = |problem: &str| {
            let error = cache.load().unwrap_err();
            assert!(
                error.to_string().ends_with(problem) && !format!("{error:?}").contains("s3cret"),
                "{error}"
            );
        };
        fs::set_permissions(&cache.path, fs::Permissions::from_mode(0o640)).unwrap();
        assert_rejected("it is accessible to other users");
        let target = dir.path().join("target");
        fs::rename(&cache.path, &target).unwrap();
        symlink(&target, &cache.path).unwrap();
        assert_rejected("it is a symbolic link");
        cache.remove();
        fs::create_dir(&cache.path).unwrap();
        assert_rejected("it is not a regular file");
        // A token is not written to a directory where other users could replace it.
        let open = dir.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(TokenCache::in_directory(&open, &endpoint("h")).save(&token()).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn only_one_program_at_a_time_holds_the_lock() {
        let dir = TempDir::new().unwrap();
        let cache = TokenCache::in_directory(&dir.path().join("a"), &endpoint("h"));
        let first = cache.lock().await;
        assert!(
            first.is_some()
                && TokenCache::in_directory(&dir.path().join("a"), &endpoint("other")).lock().await.is_some()
        );
        // Waiting for the lock times out.
        assert!(cache.lock().await.is_none());
        drop(first);
        assert!(cache.lock().await.is_some());
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(TokenCache::in_directory(&file, &endpoint("h")).lock().await.is_none());
    }

    #[test]
    fn an_invalid_file_is_ignored() {
        let dir = TempDir::new().unwrap();
        let cache = TokenCache::in_directory(dir.path(), &endpoint("h"));
        for text in ["", "{", "{\"access_token\":3}", r#"{"access_token":"a\nb","header":"authorization"}"#] {
            cache.write(text.as_bytes()).unwrap();
            assert!(cache.load().unwrap().is_none(), "{text}");
        }
        cache.write(&vec![b' '; MAX_FILE_SIZE * 2]).unwrap();
        assert!(cache.load().unwrap().is_none());
    }
}
