//! Being let in: tokens, which are got when a server asks for one.

mod cache;
mod callback;
mod client_secret;
mod command;
mod device;
mod grant;
mod metadata;
mod pkce;
mod refresh;
mod token;

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

use self::{cache::Cache, metadata::Metadata, token::Token};
use crate::{
    config::{Auth, Config},
    connection::Connection,
    error::{Error, ErrorKind, Result},
};

/// Who tells a person what to do.
pub type Notify = Arc<dyn Fn(Notice<'_>) + Send + Sync>;

/// What a person is told.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Notice<'a> {
    /// To allow it in a browser of this machine; it is waited for.
    OpenBrowser {
        /// What is opened: a URL of HTTP in printable ASCII.
        url: &'a str,
    },
    /// To allow it in a browser anywhere; it is waited for.
    EnterCode {
        /// What is opened: a URL of HTTP in printable ASCII.
        url: &'a str,
        /// What is compared, or typed there.
        code: &'a str,
    },
    /// That the next program has to ask again.
    NotKept {
        /// Why.
        why: &'a Error,
    },
}

/// Has the token, or gets one.
pub(crate) struct Authenticator {
    config: Config,
    connection: Connection,
    notify: Notify,
    /// Only for tokens that a person allowed.
    cache: Option<Cache>,
    held: Mutex<Held>,
    flight: sync::Mutex<Flight>,
    /// How many flights have ended.
    flights: AtomicU64,
}

/// What is sent with every call.
#[derive(Default)]
struct Held {
    /// Whether the cache was looked into.
    loaded: bool,
    generation: u64,
    token: Option<Token>,
    /// For a proxy before the server.
    proxy: Option<AsciiMetadataValue>,
}

/// What only one call at a time does.
#[derive(Default)]
struct Flight {
    metadata: Option<Metadata>,
    /// Why the last one failed.
    failure: Option<(ErrorKind, String, Option<String>)>,
}

/// What is sent with a call.
pub(crate) struct Headers {
    generation: u64,
    has_token: bool,
    pairs: Vec<(AsciiMetadataKey, AsciiMetadataValue)>,
}

impl Headers {
    /// Adds them to those of a call.
    pub(crate) fn add_to(&self, metadata: &mut MetadataMap) {
        for (name, value) in &self.pairs {
            metadata.insert(name.clone(), value.clone());
        }
    }
}

impl Authenticator {
    /// Nothing is asked or read yet.
    pub(crate) fn new(config: &Config, connection: &Connection, notify: Notify) -> Self {
        Self::with_cache(config, connection, notify, Cache::of(&config.endpoint))
    }

    fn with_cache(config: &Config, connection: &Connection, notify: Notify, cache: Option<Cache>) -> Self {
        // Whoever needs nobody's permission asks again.
        let cache = cache.filter(|_| matches!(config.auth, Auth::Pkce | Auth::DeviceFlow));
        Self {
            config: config.clone(),
            connection: connection.clone(),
            notify,
            cache,
            held: Mutex::default(),
            flight: sync::Mutex::default(),
            flights: AtomicU64::new(0),
        }
    }

    /// What is sent with the next call: the token, if there is one already, and that of a proxy.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Local`] if the file of tokens is not ours alone, or the command for the proxy fails.
    pub(crate) async fn headers(&self) -> Result<Headers> {
        if !self.config.proxy_command.is_empty() && self.held().proxy.is_none() {
            let _flight = self.flight.lock().await;
            if self.held().proxy.is_none() {
                self.ask_proxy_command().await?;
            }
        }
        let mut held = self.held();
        if !held.loaded {
            held.token = self.cache.as_ref().map(Cache::load).transpose()?.flatten();
            held.loaded = true;
        }
        let mut pairs = Vec::new();
        let token = held.token.as_ref().filter(|token| !token.has_expired());
        if let Some(token) = token {
            pairs.push((token.header.clone(), token.value()?));
        }
        if let Some(proxy) = &held.proxy {
            pairs.push((AsciiMetadataKey::from_static("proxy-authorization"), proxy.clone()));
        }
        Ok(Headers { generation: held.generation, has_token: token.is_some(), pairs })
    }

    /// Whether a call that was refused may succeed after [`renew`](Self::renew), or `renew` says why it cannot.
    ///
    /// Many things are of [`Code::Unknown`]: if `renew` is [`ErrorKind::Unimplemented`] then, it was something else.
    pub(crate) fn is_wanted(&self, refusal: &Status, sent: &Headers) -> bool {
        use std::error::Error as _;
        match refusal.code() {
            // Nobody refused: there was nobody.
            _ if refusal.source().is_some() => false,
            code if self.config.auth == Auth::None && self.config.proxy_command.is_empty() => {
                code == Code::Unauthenticated
            }
            Code::Unauthenticated | Code::Unknown => true,
            // Who was let in may not; who was not may have to be.
            Code::PermissionDenied if !sent.has_token => true,
            _ => {
                let message = refusal.message().to_ascii_lowercase();
                message.contains("unauthorized") || message.contains("unauthenticated")
            }
        }
    }

    /// Gets a new token in place of the one that was refused. Of many calls at once, one does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unimplemented`] if the server does not say where tokens come from, and any other.
    pub(crate) async fn renew(&self, refused: &Headers) -> Result<()> {
        let before = self.flights.load(Ordering::Acquire);
        let mut flight = self.flight.lock().await;
        if self.held().generation != refused.generation {
            return Ok(());
        }
        if let Some((kind, message, hint)) = &flight.failure
            && self.flights.load(Ordering::Acquire) != before
        {
            let error = Error::new(*kind, message);
            return Err(match hint {
                Some(hint) => error.with_hint(hint),
                None => error,
            });
        }
        let result = self.obtain(&mut flight).await;
        flight.failure = result
            .as_ref()
            .err()
            .map(|error| (error.kind(), error.to_string(), error.hint().map(str::to_owned)));
        self.flights.fetch_add(1, Ordering::Release);
        result
    }

    async fn obtain(&self, flight: &mut Flight) -> Result<()> {
        if !self.config.proxy_command.is_empty() {
            self.ask_proxy_command().await?;
        }
        let token = match &self.config.auth {
            Auth::None if self.config.proxy_command.is_empty() => {
                let what = format!(
                    "`{}` (of `{}`) wants to know who asks",
                    self.config.endpoint, self.config.origin
                );
                return Err(Error::new(ErrorKind::Unauthenticated, what)
                    .with_hint("set `admin.authType`, and not `admin.insecure`"));
            }
            Auth::None => None,
            Auth::ExternalCommand(command) => Some(Token::forever(command::output(command).await?)),
            Auth::ClientSecret { client_id, secret } => {
                let metadata = self.metadata(flight).await?;
                Some(client_secret::token(self, metadata, client_id, secret).await?)
            }
            Auth::Pkce | Auth::DeviceFlow => Some(self.allowed(flight).await?),
        };
        // What no header can carry would fail every call from now on.
        token.as_ref().map(Token::value).transpose()?;
        let mut held = self.held();
        held.token = token;
        held.loaded = true;
        held.generation += 1;
        Ok(())
    }

    /// A token that a person allows, or allowed before.
    async fn allowed(&self, flight: &mut Flight) -> Result<Token> {
        let refused = self.held().token.clone();
        // What gets the next token is often good for one only: other programs wait for that, and take it.
        let lock = match &self.cache {
            Some(cache) => cache.lock().await,
            None => None,
        };
        let mut known = self.cache.as_ref().map(Cache::load).transpose()?.flatten();
        if let Some(token) = known.take_if(|token| {
            !token.has_expired() && refused.as_ref().is_none_or(|refused| refused.access != token.access)
        }) {
            return Ok(token);
        }
        let metadata = self.metadata(flight).await?;
        if let Some(known) = known.or(refused)
            && let Some(token) = refresh::token(self, metadata, &known).await?
        {
            self.keep(&token);
            return Ok(token);
        }
        // A person may take minutes.
        drop(lock);
        let token = match self.config.auth {
            Auth::DeviceFlow => device::token(self, metadata).await?,
            _ => pkce::token(self, metadata).await?,
        };
        self.keep(&token);
        Ok(token)
    }

    /// Keeps a token for the next program.
    fn keep(&self, token: &Token) {
        if let Some(cache) = &self.cache
            && let Err(why) = cache.save(token)
        {
            (self.notify)(Notice::NotKept { why: &why });
        }
    }

    async fn metadata<'a>(&self, flight: &'a mut Flight) -> Result<&'a Metadata> {
        if flight.metadata.is_none() {
            flight.metadata = Some(Metadata::ask(self).await?);
        }
        flight.metadata.as_ref().ok_or_else(|| Error::new(ErrorKind::Server, "there is no metadata"))
    }

    async fn ask_proxy_command(&self) -> Result<()> {
        let token = command::output(&self.config.proxy_command).await?;
        self.held().proxy = Some(token::bearer(&token)?);
        Ok(())
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
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
