//! Uploads: the control plane names a location in the object store, and signs a URL for it.

mod file;

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use hyper::{
    Method as HttpMethod, Request, Response, StatusCode,
    header::{CONTENT_LENGTH, HeaderName, HeaderValue},
};
use sealkit_idl::{
    cluster::{Operation, Resource},
    common::ProjectIdentifier,
    dataproxy::{CreateUploadLocationRequest, CreateUploadLocationResponse},
    prost_types, service,
};
use tokio::time::sleep;
use tonic::Code;
use zeroize::Zeroizing;

use crate::{
    bundle::{Bundle, Fingerprint},
    client::{Client, backoff},
    connection::{MAX_RETRY_AFTER, Payload, retry_after},
    digest::digest,
    error::{Error, ErrorKind, Result, escape},
    method::Method,
    rpc_error::RpcError,
};

pub use self::file::UploadedFile;

/// How long a signed URL is valid, as in the official SDK.
const EXPIRES_IN: Duration = Duration::from_secs(900);
/// How long an upload may take, as in the official SDK.
const TIMEOUT: Duration = Duration::from_secs(600);
/// How often an upload is retried, as in the official SDK.
const MAX_RETRIES: u32 = 3;
/// The name of every bundle: its directory is named after its digest.
const FILE_NAME: &str = "bundle.tar.gz";
/// The header that Azure requires.
const BLOB_TYPE: HeaderName = HeaderName::from_static("x-ms-blob-type");

const LOCATE: Method =
    Method { service: service::DATA_PROXY, name: "CreateUploadLocation", is_idempotent: true };

/// The result of an upload.
#[derive(Clone, Debug)]
pub struct Upload {
    /// The URI of the bundle, such as `s3://bucket/path`.
    pub uri: String,
    /// The number of bytes sent. `None` if the cluster had the bundle already.
    pub sent: Option<u64>,
}

/// What is uploaded, for errors.
struct Subject {
    name: String,
    /// What else the user can do.
    alternative: &'static str,
}

impl Subject {
    fn program() -> Self {
        Self { name: "the program".to_owned(), alternative: ", or use an image: --image REGISTRY/NAME:TAG" }
    }
}

/// Why an object store did not accept an upload.
enum PutError {
    /// The signature of the URL has expired.
    Expired,
    Other(Error),
}

impl Client {
    /// Uploads a code bundle, unless the object store of the cluster has it.
    ///
    /// `progress` is called with the numbers of bytes that are sent and that there are.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::InvalidArgument`] if the bundle is larger than the cluster allows, [`ErrorKind::NotFound`] if the project does not
    /// exist, or another error if a call or the upload fails.
    pub async fn upload_bundle(
        &self,
        bundle: &Bundle,
        project: &str,
        domain: &str,
        progress: &(dyn Fn(u64, u64) + Sync),
    ) -> Result<Upload> {
        let mut fingerprint = bundle.fingerprint()?;
        let mut location = CreateUploadLocationRequest {
            project: project.to_owned(),
            domain: domain.to_owned(),
            org: self.org().to_owned(),
            filename: FILE_NAME.to_owned(),
            filename_root: digest(&[&fingerprint.md5]),
            expires_in: prost_types::Duration::try_from(EXPIRES_IN).ok(),
            // The digest of no file. The server refuses it if the location has a file.
            content_md5: vec![0; 16],
            ..CreateUploadLocationRequest::default()
        };
        let exists = self.locate(&location).await.is_err_and(|error| error.code() == Code::AlreadyExists);
        if !exists {
            // The cached fingerprint may be that of another version of the compressor.
            fingerprint = bundle.new_fingerprint()?;
            location.filename_root = digest(&[&fingerprint.md5]);
        }
        let Fingerprint { md5, size } = fingerprint;
        let mut upload = CreateUploadLocationRequest {
            content_md5: md5.to_vec(),
            content_length: i64::try_from(size).unwrap_or(i64::MAX),
            add_content_md5_metadata: true,
            ..location
        };
        let target = match self.locate(&upload).await {
            // The store does not know the digest of the file. Locations without a root are not checked.
            Err(error) if error.code() == Code::AlreadyExists => {
                upload.filename_root.clear();
                self.locate(&upload).await
            }
            Ok(target) if exists => return Ok(Upload { uri: target.native_url, sent: None }),
            result => result,
        };
        let target = target.map_err(|error| upload_error(error, size))?;
        let archive = bundle.archive()?;
        let payload = || Ok(Payload::Bytes(archive.clone()));
        let progress = |sent| progress(sent, size);
        let uri = self.put_with_new_url(&upload, target, &payload, &Subject::program(), &progress).await?;
        Ok(Upload { uri, sent: Some(size) })
    }

    /// Sends a payload to `target`, or to a new URL if that of `target` has expired. Returns the URI of the object.
    async fn put_with_new_url(
        &self,
        request: &CreateUploadLocationRequest,
        target: CreateUploadLocationResponse,
        payload: &(dyn Fn() -> Result<Payload> + Sync),
        subject: &Subject,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<String> {
        let md5 = &request.content_md5;
        match self.put(&target, payload, md5, subject, progress).await {
            Ok(()) => Ok(target.native_url),
            Err(PutError::Other(error)) => Err(error),
            Err(PutError::Expired) => {
                let target = self.locate(request).await?;
                self.put(&target, payload, md5, subject, progress).await.map_err(|error| match error {
                    PutError::Other(error) => error,
                    PutError::Expired => expired(&target, subject),
                })?;
                Ok(target.native_url)
            }
        }
    }

    async fn locate(
        &self,
        request: &CreateUploadLocationRequest,
    ) -> Result<CreateUploadLocationResponse, RpcError> {
        let project = ProjectIdentifier {
            organization: request.org.clone(),
            domain: request.domain.clone(),
            name: request.project.clone(),
        };
        let route = self.route(Operation::CreateUploadLocation, Resource::ProjectId(project)).await?;
        route.call(LOCATE, request).await
    }

    /// Sends a payload to the object store, with retries.
    async fn put(
        &self,
        target: &CreateUploadLocationResponse,
        payload: &(dyn Fn() -> Result<Payload> + Sync),
        md5: &[u8],
        subject: &Subject,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<(), PutError> {
        let mut retries = 0;
        loop {
            let request = put_request(target, payload, md5).map_err(PutError::Other)?;
            let outcome = self.connection().send(request, TIMEOUT, progress).await;
            let (error, delay) = match outcome {
                Ok(response) if response.status().is_success() => return Ok(()),
                Ok(response) if has_expired(&response) => return Err(PutError::Expired),
                Ok(response) => (rejected(target, &response, subject), retry_delay(&response, retries)),
                Err(error) => {
                    let delay = (error.kind() == ErrorKind::Unreachable).then(|| backoff(retries));
                    (unreachable(error, subject), delay)
                }
            };
            match delay {
                Some(delay) if retries < MAX_RETRIES => sleep(delay).await,
                _ => return Err(PutError::Other(error)),
            }
            retries += 1;
        }
    }
}

/// Returns the request that uploads `payload` to the signed URL, with the headers that are part of the signature.
fn put_request(
    target: &CreateUploadLocationResponse,
    payload: &dyn Fn() -> Result<Payload>,
    md5: &[u8],
) -> Result<Request<Payload>> {
    let invalid = || {
        let message =
            format!("the cluster named an invalid upload location for `{}`", escape(&target.native_url));
        Error::new(ErrorKind::Server, message)
    };
    let mut request = Request::builder().method(HttpMethod::PUT).uri(&target.signed_url);
    let headers = request.headers_mut().ok_or_else(invalid)?;
    for (name, value) in &target.headers {
        let name: HeaderName = name.parse().map_err(|_| invalid())?;
        headers.insert(name, value.parse().map_err(|_| invalid())?);
    }
    // Flyte 2 answers with the length of the digest instead of the file.
    headers.remove(CONTENT_LENGTH);
    let md5 = HeaderValue::from_str(&BASE64_STANDARD.encode(md5)).map_err(|_| invalid())?;
    headers.insert(HeaderName::from_static("content-md5"), md5);
    if target.native_url.starts_with("abfs") {
        headers.insert(BLOB_TYPE, HeaderValue::from_static("BlockBlob"));
    }
    request.body(payload()?).map_err(|_| invalid())
}

/// Returns whether the store rejected a signature because it has expired, as the official SDK decides it.
fn has_expired(response: &Response<Zeroizing<Vec<u8>>>) -> bool {
    let body = String::from_utf8_lossy(response.body()).to_ascii_lowercase();
    let texts = ["request has expired", "expiredtoken", "signature not valid in the specified time frame"];
    matches!(response.status(), StatusCode::BAD_REQUEST | StatusCode::FORBIDDEN)
        && texts.iter().any(|text| body.contains(text))
}

/// Returns the delay before a retry, or `None` if the status is final.
fn retry_delay(response: &Response<Zeroizing<Vec<u8>>>, retries: u32) -> Option<Duration> {
    let status = response.status();
    // S3 reports a connection that was too slow with this code.
    let is_slow = status == StatusCode::BAD_REQUEST
        && response.body().windows(27).any(|part| part == b"<Code>RequestTimeout</Code>");
    if !is_slow && !matches!(status.as_u16(), 408 | 429 | 500 | 502..=504) {
        return None;
    }
    let after = retry_after(response.headers());
    Some(after.map_or_else(|| backoff(retries), |delay| delay.min(MAX_RETRY_AFTER)))
}

/// Returns the host and the path of the signed URL, without the signature.
fn store(target: &CreateUploadLocationResponse) -> String {
    escape(target.signed_url.split('?').next().unwrap_or_default()).to_string()
}

fn rejected(
    target: &CreateUploadLocationResponse,
    response: &Response<Zeroizing<Vec<u8>>>,
    Subject { name, alternative }: &Subject,
) -> Error {
    let status = response.status().as_u16();
    let message = format!("cannot upload {name} to `{}`: HTTP status {status}", store(target));
    let hint = match status {
        401 | 403 => {
            "check the clock of this machine (date), and ask your cluster administrator to check the credentials \
             of the data proxy"
        }
        _ => "try again",
    };
    Error::new(ErrorKind::Server, message).with_hint(format!("{hint}{alternative}"))
}

fn expired(target: &CreateUploadLocationResponse, subject: &Subject) -> Error {
    let message =
        format!("cannot upload {} to `{}`: the signed URL has expired", subject.name, store(target));
    Error::new(ErrorKind::Server, message).with_hint("check the clock of this machine: date")
}

/// Adds to the error of a connection that the address is the cluster's.
fn unreachable(error: Error, subject: &Subject) -> Error {
    error.with_hint(format!(
        "the cluster names this address for uploads, and it must be reachable from this machine: ask your cluster \
         administrator for `storage.signedURL`{}",
        subject.alternative
    ))
}

fn upload_error(error: RpcError, size: u64) -> Error {
    match error.code() {
        Code::InvalidArgument if error.message_contains("content_length") => Error::from(error).with_hint(format!(
            "the program has {size} bytes when compressed: build it with optimizations (--release), or use an image: \
             --image REGISTRY/NAME:TAG"
        )),
        Code::NotFound | Code::InvalidArgument => Error::from(error)
            .with_hint("check that the project exists, or choose another: --project PROJECT --domain DOMAIN"),
        Code::Unimplemented => Error::from(error)
            .with_hint("the cluster does not accept code bundles; use an image: --image REGISTRY/NAME:TAG"),
        _ => error.into(),
    }
}
