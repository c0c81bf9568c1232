//! The protocol of registries: the requests of a push, as the OCI distribution specification defines them.

use std::time::Duration;

use bytes::Bytes;
use http::{
    HeaderValue, Request, StatusCode, Uri,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, LOCATION},
};
use sealkit_remote::HttpClient;

use crate::{
    authenticate::{authenticate, refused},
    challenge::Challenge,
    credentials::Credentials,
    digest::Digest,
    docker_config::DockerConfig,
    error::{Error, Result},
    image::MANIFEST_TYPE,
    reference::Reference,
    response::{self, Response},
};

/// The header with the digest of the manifest that a tag refers to.
const CONTENT_DIGEST: &str = "docker-content-digest";
/// The slowest upload that does not time out, in bytes per second.
const MIN_RATE: u64 = 32 << 10;

/// The repository of one image, in its registry.
pub(crate) struct Registry {
    http: HttpClient,
    reference: Reference,
    timeout: Duration,
    /// The credentials, if the registry has required them and there are any.
    credentials: Option<Credentials>,
    authorization: Option<HeaderValue>,
}

impl Registry {
    /// Creates a client; requests without the content of a blob time out after `timeout`.
    pub(crate) fn new(reference: Reference, timeout: Duration) -> Self {
        Self { http: HttpClient::new(), reference, timeout, credentials: None, authorization: None }
    }

    /// Returns whether `tag` refers to the manifest with this digest.
    pub(crate) async fn has_manifest(&mut self, tag: &str, digest: Digest) -> Result<bool> {
        let url = format!("{}/manifests/{tag}", self.reference.url());
        let request = Request::head(url).header(ACCEPT, MANIFEST_TYPE);
        let response = self.send(request, Bytes::new(), &|_| {}).await?;
        match response.status() {
            StatusCode::OK => {
                let found = response.headers().get(CONTENT_DIGEST);
                Ok(found.is_some_and(|found| found.as_bytes() == digest.to_string().as_bytes()))
            }
            StatusCode::NOT_FOUND => Ok(false),
            _ => Err(self.error("look up the manifest", &response)),
        }
    }

    /// Returns whether the repository has a blob.
    pub(crate) async fn has_blob(&mut self, digest: Digest) -> Result<bool> {
        let url = format!("{}/blobs/{digest}", self.reference.url());
        let response = self.send(Request::head(url), Bytes::new(), &|_| {}).await?;
        match response.status() {
            // A redirect leads to the storage of the registry.
            status if status.is_success() || status.is_redirection() => Ok(true),
            StatusCode::NOT_FOUND => Ok(false),
            _ => Err(self.error("look up a blob", &response)),
        }
    }

    /// Uploads a blob: starts an upload, then sends the whole content. The registry of Docker does not store what a single request
    /// contains, although the specification allows it.
    pub(crate) async fn upload_blob(
        &mut self,
        digest: Digest,
        content: Bytes,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<()> {
        let url = format!("{}/blobs/uploads/", self.reference.url());
        let response = self.send(Request::post(url), Bytes::new(), &|_| {}).await?;
        if response.status() != StatusCode::ACCEPTED {
            return Err(self.error("start an upload", &response));
        }
        let location = self.location(&response)?;
        let separator = if location.contains('?') { '&' } else { '?' };
        let request = Request::put(format!("{location}{separator}digest={digest}"))
            .header(CONTENT_TYPE, "application/octet-stream");
        let response = self.send(request, content, progress).await?;
        if response.status() == StatusCode::CREATED {
            return Ok(());
        }
        Err(self.error("store a blob", &response))
    }

    /// Stores the manifest under `tag`.
    pub(crate) async fn put_manifest(&mut self, tag: &str, manifest: Bytes) -> Result<()> {
        let url = format!("{}/manifests/{tag}", self.reference.url());
        let request = Request::put(url).header(CONTENT_TYPE, MANIFEST_TYPE);
        let response = self.send(request, manifest, &|_| {}).await?;
        if response.status() == StatusCode::CREATED {
            return Ok(());
        }
        Err(self.error("store the manifest", &response))
    }

    /// Sends a request. If the registry requires authentication, authenticates and sends it again.
    async fn send(
        &mut self,
        request: http::request::Builder,
        body: Bytes,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Response> {
        let request = request.body(body).map_err(|_| {
            Error::new(format!("`{}` returned an invalid URL for the upload", self.reference.registry()))
        })?;
        let response = self.send_once(request.clone(), progress).await?;
        // Another server, which an upload may lead to, does not get the credentials.
        if response.status() != StatusCode::UNAUTHORIZED || !self.is_own_url(request.uri()) {
            return Ok(response);
        }
        let Some(challenge) = Challenge::from_headers(response.headers()) else { return Ok(response) };
        if self.credentials.is_none() {
            let config = DockerConfig::read_default()?;
            self.credentials = config.credentials(self.reference.credentials_key())?;
        }
        let Self { http, reference, credentials, timeout, .. } = &*self;
        let authorization = authenticate(http, reference, challenge, credentials.as_ref(), *timeout).await?;
        self.authorization = Some(authorization);
        self.send_once(request, progress).await
    }

    async fn send_once(
        &self,
        mut request: Request<Bytes>,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Response> {
        if let (Some(authorization), true) = (&self.authorization, self.is_own_url(request.uri())) {
            request.headers_mut().insert(AUTHORIZATION, authorization.clone());
        }
        let upload = Duration::from_secs(request.body().len() as u64 / MIN_RATE);
        Ok(self.http.send(request, self.timeout.saturating_add(upload), progress).await?)
    }

    /// Returns whether a URL belongs to the registry.
    fn is_own_url(&self, url: &Uri) -> bool {
        let origin = |url: &Uri| {
            let port = url.port_u16().unwrap_or(if url.scheme_str() == Some("https") { 443 } else { 80 });
            Some((url.scheme_str()?.to_owned(), url.host()?.to_ascii_lowercase(), port))
        };
        self.reference.url().parse::<Uri>().is_ok_and(|own| origin(&own) == origin(url))
    }

    /// Returns the URL of an upload, which the registry chooses.
    fn location(&self, response: &Response) -> Result<String> {
        let registry = self.reference.registry();
        let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
        let location = location.unwrap_or_default();
        if location.starts_with('/') {
            return Ok(self.reference.origin() + location);
        }
        let is_plain = location.starts_with("http://");
        if location.starts_with("https://") || (is_plain && self.reference.is_plain()) {
            return Ok(location.to_owned());
        }
        let reason = if is_plain { "without TLS" } else { "to an invalid URL" };
        Err(Error::new(format!("`{registry}` requests an upload {reason}"))
            .with_hint("ask the operator of the registry to set its external URL"))
    }

    /// Returns the error for a response with an unexpected status.
    fn error(&self, action: &str, response: &Response) -> Error {
        match response.status() {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                refused(&self.reference, self.credentials.as_ref(), &response::reason(response))
            }
            StatusCode::NOT_FOUND => {
                let (registry, name) = (self.reference.registry(), self.reference.repository());
                let reason = response::reason(response);
                Error::new(format!("`{registry}` has no repository `{name}`{reason}"))
                    .with_hint("check the name, or create the repository in the registry first")
            }
            _ => response::unexpected(self.reference.registry(), action, response),
        }
    }
}
