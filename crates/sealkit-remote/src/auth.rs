//! Authentication: obtains a token when a server requires one.

mod cache;
mod callback;
mod client_secret;
mod command;
mod device;
mod metadata;
mod pkce;
mod refresh;
mod token;
mod token_endpoint;

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync;
use tonic::{
    Code, Status,
    metadata::{AsciiMetadataKey, AsciiMetadataValue, MetadataMap},
};

use self::{cache::TokenCache, metadata::AuthMetadata, token::Token};
use crate::{
    config::{AuthMethod, Config},
    connection::Connection,
    error::{Error, ErrorKind, Result},
};

/// A callback that reports a notice to the user.
pub type Notify = Arc<dyn Fn(Notice<'_>) + Send + Sync>;

/// A notice to the user during authentication.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Notice<'a> {
    /// Log in with the browser of this machine. The client waits for the login.
    OpenBrowser {
        /// The HTTP URL to open, in printable ASCII.
        url: &'a str,
    },
    /// Log in with any browser. The client waits for the login.
    EnterCode {
        /// The HTTP URL to open, in printable ASCII.
        url: &'a str,
        /// The code to compare or to enter.
        code: &'a str,
    },
    /// The token could not be cached, so the next program has to log in again.
    TokenNotCached {
        /// Why the token could not be cached.
        error: &'a Error,
    },
}

/// Holds the tokens of a client, and renews them on demand.
pub(crate) struct Authenticator {
    config: Config,
    connection: Connection,
    notify: Notify,
    /// The cache for tokens from interactive logins. `None` for other authentication methods.
    cache: Option<TokenCache>,
    credentials: Mutex<Credentials>,
    renewal: sync::Mutex<Renewal>,
    /// The number of finished renewals.
    renewals: AtomicU64,
}

/// The credentials to send with each call.
#[derive(Default)]
struct Credentials {
    /// Whether the cached token was loaded.
    is_loaded: bool,
    generation: u64,
    token: Option<Token>,
    /// The token for an authenticating proxy in front of the server.
    proxy: Option<AsciiMetadataValue>,
}

/// The state of token renewal, of which only one runs at a time.
#[derive(Default)]
struct Renewal {
    metadata: Option<AuthMetadata>,
    /// The error of the last renewal.
    error: Option<Error>,
}

/// The authentication headers of one call.
pub(crate) struct Headers {
    generation: u64,
    has_token: bool,
    pairs: Vec<(AsciiMetadataKey, AsciiMetadataValue)>,
}

impl Headers {
    /// Adds the headers to the metadata of a call.
    pub(crate) fn add_to(&self, metadata: &mut MetadataMap) {
        for (name, value) in &self.pairs {
            metadata.insert(name.clone(), value.clone());
        }
    }
}

impl Authenticator {
    /// Creates an authenticator, without any I/O.
    pub(crate) fn new(config: &Config, connection: &Connection, notify: Notify) -> Self {
        Self::with_cache(config, connection, notify, TokenCache::for_endpoint(&config.endpoint))
    }

    fn with_cache(
        config: &Config,
        connection: &Connection,
        notify: Notify,
        cache: Option<TokenCache>,
    ) -> Self {
        // Other methods obtain a new token without the user, so caching it has no benefit.
        let cache = cache.filter(|_| matches!(config.auth, AuthMethod::Pkce | AuthMethod::DeviceFlow));
        Self {
            config: config.clone(),
            connection: connection.clone(),
            notify,
            cache,
            credentials: Mutex::default(),
            renewal: sync::Mutex::default(),
            renewals: AtomicU64::new(0),
        }
    }

    /// Returns the headers for the next call: the token, if one is known, and that for a proxy.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Local`] if other users have access to the cached token, or the command for the proxy token fails.
    pub(crate) async fn headers(&self) -> Result<Headers> {
        if !self.config.proxy_command.is_empty() && self.credentials().proxy.is_none() {
            let _renewal = self.renewal.lock().await;
            if self.credentials().proxy.is_none() {
                self.renew_proxy_token().await?;
            }
        }
        let mut credentials = self.credentials();
        if !credentials.is_loaded {
            credentials.token = self.cache.as_ref().map(TokenCache::load).transpose()?.flatten();
            credentials.is_loaded = true;
        }
        let mut pairs = Vec::new();
        let token = credentials.token.as_ref().filter(|token| !token.has_expired());
        if let Some(token) = token {
            pairs.push((token.header.clone(), token.header_value()?));
        }
        if let Some(proxy) = &credentials.proxy {
            pairs.push((AsciiMetadataKey::from_static("proxy-authorization"), proxy.clone()));
        }
        Ok(Headers { generation: credentials.generation, has_token: token.is_some(), pairs })
    }

    /// Returns whether [`renew`](Self::renew) may help a call that failed with `status`.
    ///
    /// [`Code::Unknown`] has many causes: if `renew` then returns [`ErrorKind::Unimplemented`], the cause is another one.
    pub(crate) fn should_authenticate(&self, status: &Status, sent: &Headers) -> bool {
        use std::error::Error as _;
        match status.code() {
            // The call failed in transport, not at the server.
            _ if status.source().is_some() => false,
            code if self.config.auth == AuthMethod::None && self.config.proxy_command.is_empty() => {
                code == Code::Unauthenticated
            }
            Code::Unauthenticated | Code::Unknown => true,
            // Without a token, the server may deny permission instead of asking for authentication.
            Code::PermissionDenied if !sent.has_token => true,
            _ => {
                let message = status.message().to_ascii_lowercase();
                message.contains("unauthorized") || message.contains("unauthenticated")
            }
        }
    }

    /// Obtains a new token in place of the rejected one. Concurrent calls share one renewal and its error.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Unimplemented`] if the server publishes no OAuth 2 metadata, or another error if no token is granted.
    pub(crate) async fn renew(&self, rejected: &Headers) -> Result<()> {
        let before = self.renewals.load(Ordering::Acquire);
        let mut renewal = self.renewal.lock().await;
        if self.credentials().generation != rejected.generation {
            return Ok(());
        }
        if let Some(error) = &renewal.error
            && self.renewals.load(Ordering::Acquire) != before
        {
            return Err(error.clone());
        }
        let result = self.obtain_token(&mut renewal).await;
        renewal.error = result.as_ref().err().cloned();
        self.renewals.fetch_add(1, Ordering::Release);
        result
    }

    async fn obtain_token(&self, renewal: &mut Renewal) -> Result<()> {
        if !self.config.proxy_command.is_empty() {
            self.renew_proxy_token().await?;
        }
        let token = match &self.config.auth {
            AuthMethod::None if self.config.proxy_command.is_empty() => {
                return Err(self.authentication_required());
            }
            AuthMethod::None => None,
            AuthMethod::ExternalCommand(command) => {
                Some(Token::without_expiry(command::run_token_command(command).await?))
            }
            AuthMethod::ClientSecret { client_id, secret } => {
                let metadata = self.metadata(renewal).await?;
                Some(client_secret::token(self, metadata, client_id, secret).await?)
            }
            AuthMethod::Pkce | AuthMethod::DeviceFlow => Some(self.interactive_token(renewal).await?),
        };
        // A token that is not a valid header value would fail every later call.
        token.as_ref().map(Token::header_value).transpose()?;
        let mut credentials = self.credentials();
        credentials.token = token;
        credentials.is_loaded = true;
        credentials.generation += 1;
        Ok(())
    }

    /// Returns a token from the cache, from a refresh token, or from a login of the user.
    async fn interactive_token(&self, renewal: &mut Renewal) -> Result<Token> {
        let rejected = self.credentials().token.clone();
        // A refresh token is often valid only once: other programs wait for the lock and use the new token.
        let lock = match &self.cache {
            Some(cache) => cache.lock().await,
            None => None,
        };
        let mut cached = self.cache.as_ref().map(TokenCache::load).transpose()?.flatten();
        if let Some(token) = cached.take_if(|token| {
            !token.has_expired() && rejected.as_ref().is_none_or(|rejected| rejected.access != token.access)
        }) {
            return Ok(token);
        }
        let metadata = self.metadata(renewal).await?;
        if let Some(expired) = cached.or(rejected)
            && let Some(token) = refresh::token(self, metadata, &expired).await?
        {
            self.cache_token(&token);
            return Ok(token);
        }
        // A login may take minutes.
        drop(lock);
        let token = match self.config.auth {
            AuthMethod::DeviceFlow => device::token(self, metadata).await?,
            _ => pkce::token(self, metadata).await?,
        };
        self.cache_token(&token);
        Ok(token)
    }

    /// Caches a token for the next program.
    fn cache_token(&self, token: &Token) {
        if let Some(cache) = &self.cache
            && let Err(error) = cache.save(token)
        {
            (self.notify)(Notice::TokenNotCached { error: &error });
        }
    }

    async fn metadata<'a>(&self, renewal: &'a mut Renewal) -> Result<&'a AuthMetadata> {
        if renewal.metadata.is_none() {
            renewal.metadata = Some(AuthMetadata::fetch(self).await?);
        }
        let missing = || Error::new(ErrorKind::Server, "no authentication metadata");
        renewal.metadata.as_ref().ok_or_else(missing)
    }

    async fn renew_proxy_token(&self) -> Result<()> {
        let token = command::run_token_command(&self.config.proxy_command).await?;
        self.credentials().proxy = Some(token::bearer_value(&token)?);
        Ok(())
    }

    fn credentials(&self) -> std::sync::MutexGuard<'_, Credentials> {
        self.credentials.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn authentication_required(&self) -> Error {
        let Config { endpoint, origin, .. } = &self.config;
        let message = format!("`{endpoint}` (from `{origin}`) requires authentication");
        Error::new(ErrorKind::Unauthenticated, message)
            .with_hint("set `admin.authType`, and remove `admin.insecure`")
    }
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticator").field("endpoint", &self.config.endpoint).finish_non_exhaustive()
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Headers").field("generation", &self.generation).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
