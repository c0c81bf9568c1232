//! Where the browser comes back to: one page, for this machine only.

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

use super::{Authenticator, metadata::wrong};
use crate::{
    connection::is_here,
    error::{Error, ErrorKind, Result, shown},
};

/// How long a browser may take to say what it wants.
const ASK: Duration = Duration::from_secs(10);
/// How much a browser may say.
const LIMIT: usize = 16 << 10;

const DONE: &str = "<!doctype html><meta charset=utf-8><title>sealkit</title>\
    <p>The command line goes on. You can close this page.\n";

/// An open ear.
pub(super) struct Callback {
    listeners: Vec<TcpListener>,
    path: String,
}

/// What the browser brought.
#[derive(Default)]
struct Brought {
    code: Zeroizing<String>,
    state: Zeroizing<String>,
    error: String,
    description: String,
}

impl Callback {
    /// Listens where the server sends the browser to, if that is this machine.
    pub(super) async fn listen(asker: &Authenticator, redirect_uri: &str) -> Result<Self> {
        let senseless = || {
            wrong(asker, &format!("the browser comes back to `{}`, which is not here", shown(redirect_uri)))
        };
        let uri: Uri = redirect_uri.parse().map_err(|_| senseless())?;
        let host = uri.host().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let port = uri.port_u16().filter(|&port| port != 0).ok_or_else(senseless)?;
        if uri.scheme_str() != Some("http") || !is_here(host) {
            return Err(senseless());
        }
        let mut listeners = Vec::new();
        let failed = |error: std::io::Error| {
            let message =
                format!("port {port}, where the browser comes back to, cannot be used: {}", error.kind());
            Error::new(ErrorKind::Local, message)
                .with_hint("end what uses it, such as another login, or set `admin.authType: DeviceFlow`")
        };
        if host.contains(':') {
            let address = SocketAddr::from((Ipv6Addr::LOCALHOST, port));
            listeners.push(TcpListener::bind(address).await.map_err(failed)?);
        } else {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            listeners.push(TcpListener::bind(address).await.map_err(failed)?);
            // Browsers may take `localhost` for either.
            listeners.extend(TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))).await);
        }
        Ok(Self { listeners, path: uri.path().to_owned() })
    }

    /// Waits for the browser with the code for whoever knows `state`.
    pub(super) async fn code(self, state: &str) -> Result<Zeroizing<String>> {
        let (sender, mut receiver) = mpsc::channel(1);
        // They end when this is dropped.
        let mut ears = JoinSet::new();
        for listener in self.listeners {
            let (sender, path) = (sender.clone(), self.path.clone());
            ears.spawn(async move {
                // Browsers connect more often than they ask: nobody waits for anybody else.
                let mut talks = JoinSet::new();
                loop {
                    let Ok((stream, _)) = listener.accept().await else { continue };
                    while talks.try_join_next().is_some() {}
                    talks.spawn(answer(stream, path.clone(), sender.clone()));
                }
            });
        }
        drop(sender);
        let deaf = || Error::new(ErrorKind::Local, "the browser cannot come back");
        let Brought { code, state: brought, error, description } = receiver.recv().await.ok_or_else(deaf)?;
        // Nothing else is believed before this.
        if *brought != state {
            let message = "the browser came back from a login that did not begin here";
            return Err(Error::new(ErrorKind::Unauthenticated, message)
                .with_hint("try again, and in one window only"));
        }
        if !error.is_empty() || code.is_empty() {
            let why = if error.is_empty() { "no code" } else { &error };
            let message =
                format!("it was not allowed in the browser: {} {}", shown(why), shown(&description));
            return Err(Error::new(ErrorKind::PermissionDenied, message.trim_end()).with_hint("try again"));
        }
        Ok(code)
    }
}

/// One connection of a browser.
async fn answer(mut stream: TcpStream, path: String, sender: mpsc::Sender<Brought>) {
    let Ok(Some(line)) = timeout(ASK, first_line(&mut stream)).await else { return };
    let target = line.strip_prefix("GET ").and_then(|rest| rest.split(' ').next()).unwrap_or_default();
    let (at, query) = target.split_once('?').unwrap_or((target, ""));
    let found = at.trim_matches('/') == path.trim_matches('/') && !query.is_empty();
    let (status, page) = if found { ("200 OK", DONE) } else { ("404 Not Found", "") };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {}\r\nContent-Security-Policy: default-src \
         'none'\r\nReferrer-Policy: no-referrer\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n{page}",
        page.len()
    );
    // Whether the page is seen matters to nobody but the person.
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.shutdown().await;
    if found {
        let mut brought = Brought::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "code" => brought.code = Zeroizing::new(value.into_owned()),
                "state" => brought.state = Zeroizing::new(value.into_owned()),
                "error" => brought.error = value.into_owned(),
                "error_description" => brought.description = value.into_owned(),
                _ => {}
            }
        }
        // Only the first counts.
        let _ = sender.try_send(brought);
    }
}

/// The first line of a request, when its head has come.
async fn first_line(stream: &mut TcpStream) -> Option<Zeroizing<String>> {
    let mut head = Zeroizing::new(vec![0; LIMIT]);
    let mut length = 0;
    while !head[..length].windows(4).any(|end| end == b"\r\n\r\n") {
        // Nothing is read if there is no room left, either.
        match stream.read(&mut head[length..]).await {
            Ok(0) | Err(_) => return None,
            Ok(n) => length += n,
        }
    }
    let line = head[..length].split(|&c| c == b'\r').next()?;
    Some(Zeroizing::new(str::from_utf8(line).ok()?.to_owned()))
}
