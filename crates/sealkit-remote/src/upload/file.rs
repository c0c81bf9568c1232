//! Uploads of the files that are inputs of a run.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _},
    path::Path,
    sync::Arc,
};

use md5::{Digest as _, Md5};
use sealkit_idl::{dataproxy::CreateUploadLocationRequest, prost_types};
use tonic::Code;

use super::{EXPIRES_IN, Subject};
use crate::{
    client::Client,
    connection::Payload,
    error::{Error, ErrorKind, Result, escape},
};

/// A file that was uploaded.
#[derive(Clone, Debug)]
pub struct UploadedFile {
    /// Its URI, such as `s3://bucket/path`.
    pub uri: String,
    /// The MD5 digest of its content in hexadecimal, which the official SDK sends as its hash.
    pub md5: String,
}

impl Client {
    /// Uploads a file. Its location has the name `name` at the end, which may have `/` in it.
    ///
    /// Files of a directory have the same random `root`; a file without one is stored at the digest of its content, as by the official
    /// SDK. `progress` is called with the numbers of bytes that are sent and that there are.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Local`] if the file cannot be read, [`ErrorKind::NotFound`] if the project does not exist, or another error if a
    /// call or the upload fails.
    pub async fn upload_file(
        &self,
        path: &Path,
        name: &str,
        root: Option<&str>,
        (project, domain): (&str, &str),
        progress: &(dyn Fn(u64, u64) + Sync),
    ) -> Result<UploadedFile> {
        let shown = escape(&path.to_string_lossy()).to_string();
        let cannot_read = |error: io::Error| {
            Error::new(ErrorKind::Local, format!("cannot read the file `{shown}`: {error}"))
        };
        let (md5, size) = fingerprint(path).map_err(cannot_read)?;
        let request = CreateUploadLocationRequest {
            project: project.to_owned(),
            domain: domain.to_owned(),
            org: self.org().to_owned(),
            filename: name.to_owned(),
            filename_root: root.unwrap_or_default().to_owned(),
            expires_in: prost_types::Duration::try_from(EXPIRES_IN).ok(),
            content_md5: md5.to_vec(),
            add_content_md5_metadata: true,
            // With its length, a server refuses a file over 100 MiB.
            content_length: 0,
        };
        let target = self.locate(&request).await.map_err(|error| match error.code() {
            Code::NotFound => Error::from(error).with_hint(
                "check that the project exists, or choose another: --project PROJECT --domain DOMAIN",
            ),
            _ => error.into(),
        })?;
        // Each attempt reads the file again.
        let payload = || {
            let file = File::open(path).map_err(cannot_read)?;
            Ok(Payload::File(Arc::new(file), size))
        };
        let subject = Subject { name: format!("the file `{shown}`"), alternative: "" };
        let progress = |sent| progress(sent, size);
        let uri = self.put_with_new_url(&request, target, &payload, &subject, &progress).await?;
        let md5 = format!("{:032x}", u128::from_be_bytes(md5));
        Ok(UploadedFile { uri, md5 })
    }
}

/// Returns the MD5 digest and the size of a file.
fn fingerprint(path: &Path) -> io::Result<([u8; 16], u64)> {
    let mut file = File::open(path)?;
    let (mut md5, mut chunk) = (Md5::new(), vec![0; 1 << 20]);
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok((md5.finalize().into(), file.stream_position()?)),
            count => md5.update(&chunk[..count]),
        }
    }
}
