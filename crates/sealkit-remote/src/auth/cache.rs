//! Tokens that a person allowed, kept for the next program: one file for each server, for its user only.

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

/// How long another program may take to get the next token.
const TURN: Duration = Duration::from_secs(60);
/// How long a file may be.
const LIMIT: usize = 256 << 10;

/// The file of one server.
#[derive(Debug)]
pub(super) struct Cache {
    path: PathBuf,
}

/// What is in it.
#[derive(Deserialize, Serialize)]
struct Kept {
    access_token: Zeroizing<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<Zeroizing<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<u64>,
    header: String,
}

impl Cache {
    /// The one below the directory of states, which, unlike that of caches, nobody takes for something to be shared.
    /// `None` without a home.
    pub(super) fn of(endpoint: &Endpoint) -> Option<Self> {
        let base = etcetera::base_strategy::Xdg::new().ok()?;
        Some(Self::below(&base.state_dir()?.join("sealkit/tokens"), endpoint))
    }

    pub(super) fn below(directory: &Path, endpoint: &Endpoint) -> Self {
        let hash = Sha256::digest(endpoint.to_string().to_ascii_lowercase());
        let name = BASE64_URL_SAFE_NO_PAD.encode(hash);
        Self { path: directory.join(name + ".json") }
    }

    /// Waits until no other program has what this returns; `None` if it takes too long, or nothing can be kept anyway.
    pub(super) async fn lock(&self) -> Option<File> {
        directory(self.path.parent()?).ok()?;
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = rustix::fs::open(self.path.with_extension("lock"), flags, Mode::RUSR | Mode::WUSR).ok()?;
        let end = Instant::now() + TURN;
        while let Err(error) = flock(&file, FlockOperation::NonBlockingLockExclusive) {
            if error != rustix::io::Errno::WOULDBLOCK || Instant::now() >= end {
                return None;
            }
            sleep(Duration::from_millis(50)).await;
        }
        Some(File::from(file))
    }

    /// The token, if there is one that makes sense.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Local`] if somebody else can have read or written it.
    pub(super) fn load(&self) -> Result<Option<Token>> {
        // Opening a pipe would wait for whoever writes to it.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = match rustix::fs::open(&self.path, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => return Ok(None),
            Err(rustix::io::Errno::LOOP) => return Err(self.refused("is a link")),
            Err(error) => return Err(self.failed("read", &error.into())),
        };
        let metadata = file.metadata().map_err(|error| self.failed("read", &error))?;
        if !metadata.is_file() {
            return Err(self.refused("is no file"));
        }
        if metadata.uid() != geteuid().as_raw() {
            return Err(self.refused("belongs to another user"));
        }
        if metadata.mode() & 0o077 != 0 {
            return Err(self.refused("is open to others"));
        }
        let mut text = Zeroizing::new(Vec::with_capacity(LIMIT + 1));
        let read = file.take(LIMIT as u64 + 1).read_to_end(&mut text);
        read.map_err(|error| self.failed("read", &error))?;
        // What was written half, or by a later version, is as good as nothing.
        let Ok(kept) = serde_json::from_slice::<Kept>(&text) else { return Ok(None) };
        let Ok(header) = AsciiMetadataKey::from_bytes(kept.header.as_bytes()) else { return Ok(None) };
        let Kept { access_token: access, refresh_token: refresh, expires_at, .. } = kept;
        Ok(Some(Token { access, refresh, expires_at, header }).filter(|token| token.value().is_ok()))
    }

    /// Keeps a token in place of the one before.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Local`] if it cannot be written.
    pub(super) fn save(&self, token: &Token) -> Result<()> {
        let kept = Kept {
            access_token: token.access.clone(),
            refresh_token: token.refresh.clone(),
            expires_at: token.expires_at,
            header: token.header.as_str().to_owned(),
        };
        let mut text = Zeroizing::new(Vec::with_capacity(LIMIT));
        serde_json::to_writer(&mut *text, &kept).map_err(|error| self.failed("written", &error.into()))?;
        self.write(&text).map_err(|error| self.failed("written", &error))
    }

    fn write(&self, text: &[u8]) -> io::Result<()> {
        directory(self.path.parent().ok_or(io::ErrorKind::InvalidInput)?)?;
        // Every writer has a file of its own, and a reader sees all of one.
        let new = self.path.with_extension(format!("{:x}.new", getrandom::u64().map_err(io::Error::from)?));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        let written = file.write_all(text).and_then(|()| fs::rename(&new, &self.path));
        if written.is_err() {
            // It may not be left behind; that it was not written is what counts.
            let _ = fs::remove_file(&new);
        }
        written
    }

    /// Removes a token that is good for nothing; if that fails, it is still good for nothing.
    pub(super) fn forget(&self) {
        let _ = fs::remove_file(&self.path);
    }

    fn refused(&self, what: &str) -> Error {
        let path = self.path.display();
        Error::new(ErrorKind::Local, format!("`{path}`, the file of the token, {what}"))
            .with_hint(format!("it is not to be trusted: remove it with `rm {path}` and log in again"))
    }

    fn failed(&self, what: &str, error: &io::Error) -> Error {
        let path = self.path.display();
        Error::new(
            ErrorKind::Local,
            format!("`{path}`, the file of the token, cannot be {what}: {}", error.kind()),
        )
        .with_hint("may this user write there?")
    }
}

/// Makes the directory, if it is not there, and looks whether it is ours alone to change.
fn directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    let found = fs::symlink_metadata(path)?;
    if !found.is_dir() || found.uid() != geteuid().as_raw() || found.mode() & 0o022 != 0 {
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
    fn a_token_is_kept_for_its_user_and_its_server() {
        let dir = TempDir::new().unwrap();
        let cache = Cache::below(&dir.path().join("a/b"), &endpoint("h"));
        assert!(cache.load().unwrap().is_none());
        cache.save(&token()).unwrap();
        cache.save(&token()).unwrap();
        let found = cache.load().unwrap().unwrap();
        assert_eq!(
            (found.access, found.refresh, found.expires_at),
            (token().access, token().refresh, Some(7))
        );
        assert_eq!(found.header, "flyte-authorization");
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!((mode(&cache.path), mode(cache.path.parent().unwrap())), (0o600, 0o700));
        // Nothing else is left.
        assert_eq!(fs::read_dir(dir.path().join("a/b")).unwrap().count(), 1);
        assert!(Cache::below(&dir.path().join("a/b"), &endpoint("other")).load().unwrap().is_none());
        cache.forget();
        assert!(cache.load().unwrap().is_none());
    }

    #[test]
    fn a_file_that_others_can_have_written_is_refused() {
        let dir = TempDir::new().unwrap();
        let cache = Cache::below(dir.path(), &endpoint("h"));
        cache.save(&token()).unwrap();
        let refused = |what: &str| {
            let error = cache.load().unwrap_err();
            assert!(error.to_string().ends_with(what) && !format!("{error:?}").contains("s3cret"), "{error}");
        };
        fs::set_permissions(&cache.path, fs::Permissions::from_mode(0o640)).unwrap();
        refused("the file of the token, is open to others");
        let elsewhere = dir.path().join("elsewhere");
        fs::rename(&cache.path, &elsewhere).unwrap();
        symlink(&elsewhere, &cache.path).unwrap();
        refused("the file of the token, is a link");
        cache.forget();
        fs::create_dir(&cache.path).unwrap();
        refused("the file of the token, is no file");
        // Neither is it written where others could exchange it.
        let open = dir.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(Cache::below(&open, &endpoint("h")).save(&token()).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn one_program_at_a_time_gets_the_next_token() {
        let dir = TempDir::new().unwrap();
        let cache = Cache::below(&dir.path().join("a"), &endpoint("h"));
        let first = cache.lock().await;
        assert!(
            first.is_some() && Cache::below(&dir.path().join("a"), &endpoint("other")).lock().await.is_some()
        );
        // Whoever hangs does not keep others out for ever.
        assert!(cache.lock().await.is_none());
        drop(first);
        assert!(cache.lock().await.is_some());
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(Cache::below(&file, &endpoint("h")).lock().await.is_none());
    }

    #[test]
    fn a_file_that_makes_no_sense_is_as_good_as_none() {
        let dir = TempDir::new().unwrap();
        let cache = Cache::below(dir.path(), &endpoint("h"));
        for text in ["", "{", "{\"access_token\":3}", r#"{"access_token":"a\nb","header":"authorization"}"#] {
            cache.write(text.as_bytes()).unwrap();
            assert!(cache.load().unwrap().is_none(), "{text}");
        }
        cache.write(&vec![b' '; LIMIT * 2]).unwrap();
        assert!(cache.load().unwrap().is_none());
    }
}
