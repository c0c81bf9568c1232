//! The redirect URI of a browser login: a web server on this machine that serves one page.

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use hyper::Uri;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinSet,
    time::timeout,
};
use zeroize::Zeroizing;

use super::{Authenticator, metadata::invalid_metadata};
use crate::{
    endpoint::is_loopback,
    error::{Error, ErrorKind, Result, escape},
};

/// How long a browser may take to send a request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// The largest request head to accept.
const MAX_REQUEST_SIZE: usize = 16 << 10;

const DONE: &str = "<!doctype html><meta charset=utf-8><title>sealkit</title>\
    <p>The login is complete. You can close this page.\n";

/// A server that waits for the browser at the redirect URI.
pub(super) struct Callback {
    listeners: Vec<TcpListener>,
    path: String,
}

/// The query parameters of the redirect URI.
#[derive(Default)]
struct CallbackParameters {
    code: Zeroizing<String>,
    state: Zeroizing<String>,
    error: String,
    description: String,
}

impl Callback {
    /// Listens at the redirect URI, which must have a loopback host.
    pub(super) async fn listen(authenticator: &Authenticator, redirect_uri: &str) -> Result<Self> {
        let invalid = || {
            let problem = format!("redirect URI `{}` has no loopback address", escape(redirect_uri));
            invalid_metadata(authenticator, &problem)
        };
        let uri: Uri = redirect_uri.parse().map_err(|_| invalid())?;
        let host = uri.host().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let port = uri.port_u16().filter(|&port| port != 0).ok_or_else(invalid)?;
        if uri.scheme_str() != Some("http") || !is_loopback(host) {
            return Err(invalid());
        }
        let mut listeners = Vec::new();
        if host.contains(':') {
            let address = SocketAddr::from((Ipv6Addr::LOCALHOST, port));
            listeners.push(TcpListener::bind(address).await.map_err(|error| port_unavailable(port, &error))?);
        } else {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            listeners.push(TcpListener::bind(address).await.map_err(|error| port_unavailable(port, &error))?);
            // Browsers may resolve `localhost` to either address.
            listeners.extend(TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))).await);
        }
        Ok(Self { listeners, path: uri.path().to_owned() })
    }

    /// Waits for the browser and returns the authorization code of the login with `state`.
    pub(super) async fn code(self, state: &str) -> Result<Zeroizing<String>> {
        let (sender, mut receiver) = mpsc::channel(1);
        // Dropping the set aborts its tasks.
        let mut listening = JoinSet::new();
        for listener in self.listeners {
            let (sender, path) = (sender.clone(), self.path.clone());
            listening.spawn(async move {
                // Browsers open idle connections, so each connection has a task of its own.
                let mut connections = JoinSet::new();
                loop {
                    let Ok((stream, _)) = listener.accept().await else { continue };
                    while connections.try_join_next().is_some() {}
                    connections.spawn(serve(stream, path.clone(), sender.clone()));
                }
            });
        }
        drop(sender);
        let closed = || Error::new(ErrorKind::Local, "cannot receive the browser callback");
        let CallbackParameters { code, state: returned_state, error, description } =
            receiver.recv().await.ok_or_else(closed)?;
        // The other parameters are trusted only if the state matches.
        if *returned_state != state {
            let message = "login failed in the browser: the callback belongs to another login";
            return Err(Error::new(ErrorKind::Unauthenticated, message)
                .with_hint("try again, and use only one browser window"));
        }
        if !error.is_empty() || code.is_empty() {
            let error = if error.is_empty() { "no authorization code" } else { &error };
            let message = format!("login failed in the browser: {} {}", escape(error), escape(&description));
            return Err(Error::new(ErrorKind::PermissionDenied, message.trim_end()).with_hint("try again"));
        }
        Ok(code)
    }
}

fn port_unavailable(port: u16, error: &std::io::Error) -> Error {
    let message = format!("cannot listen on port {port} for the browser callback: {}", error.kind());
    Error::new(ErrorKind::Local, message).with_hint(
        "stop the program that uses the port, such as another login, or set `admin.authType: DeviceFlow`",
    )
}

/// Serves one connection of a browser.
async fn serve(mut stream: TcpStream, path: String, sender: mpsc::Sender<CallbackParameters>) {
    let Ok(Some(line)) = timeout(REQUEST_TIMEOUT, first_line(&mut stream)).await else { return };
    let target = line.strip_prefix("GET ").and_then(|rest| rest.split(' ').next()).unwrap_or_default();
    let (requested, query) = target.split_once('?').unwrap_or((target, ""));
    let is_callback = requested.trim_matches('/') == path.trim_matches('/') && !query.is_empty();
    let (status, page) = if is_callback { ("200 OK", DONE) } else { ("404 Not Found", "") };
    let response = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {}\r\nContent-Security-Policy: default-src \
         'none'\r\nReferrer-Policy: no-referrer\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n{page}",
        page.len()
    );
    // The login does not depend on the page.
    let _ = stream.write_all(response.as_bytes()).await;
    let _ = stream.shutdown().await;
    if is_callback {
        let mut parameters = CallbackParameters::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "code" => parameters.code = Zeroizing::new(value.into_owned()),
                "state" => parameters.state = Zeroizing::new(value.into_owned()),
                "error" => parameters.error = value.into_owned(),
                "error_description" => parameters.description = value.into_owned(),
                _ => {}
            }
        }
        // Only the first callback counts.
        let _ = sender.try_send(parameters);
    }
}

/// Reads the head of a request, and returns its first line.
async fn first_line(stream: &mut TcpStream) -> Option<Zeroizing<String>> {
    let mut head = Zeroizing::new(vec![0; MAX_REQUEST_SIZE]);
    let mut length = 0;
    while !head[..length].windows(4).any(|end| end == b"\r\n\r\n") {
        // A full buffer reads as the end of the stream.
        match stream.read(&mut head[length..]).await {
            Ok(0) | Err(_) => return None,
            Ok(n) => length += n,
        }
    }
    let line = head[..length].split(|&c| c == b'\r').next()?;
    Some(Zeroizing::new(str::from_utf8(line).ok()?.to_owned()))
}
