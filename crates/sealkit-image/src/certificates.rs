//! The certificates of this machine, which the programs in images trust too.

use std::{env, fs, path::Path};

use crate::error::{Error, Result};

/// The files of Debian and Alpine, Fedora, openSUSE, and macOS.
const FILES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Reads the root certificates of this machine: the file in `SSL_CERT_FILE`, or that of the system.
///
/// # Errors
///
/// Returns an error if there is no file, or if it cannot be read.
pub(crate) fn read() -> Result<Vec<u8>> {
    let variable = env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty());
    let mut files = variable.iter().map(Path::new).chain(FILES.iter().map(Path::new));
    let Some(path) = files.find(|path| variable.is_some() || path.exists()) else {
        return Err(Error::new("this machine has no root certificates for the image")
            .with_hint("install `ca-certificates`, or set SSL_CERT_FILE to a file with certificates"));
    };
    fs::read(path).map_err(|error| Error::io(format!("cannot read `{}`", path.display()), error))
}
