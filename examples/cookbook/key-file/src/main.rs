//! Signs a report with a private key from a file.
//!
//! ```text
//! openssl genpkey -algorithm ed25519 -outform DER -out key.der
//! sealkit create secret signing_key -f key.der
//! sealkit run src/main.rs sign --report "all well"
//! ```

use std::{fs, process::ExitCode};

use anyhow::{Context as _, anyhow};
use ring::signature::Ed25519KeyPair;
use sealkit::{current_context, task};
use zeroize::Zeroizing;

/// Signs a report with an Ed25519 key, and returns the signature.
#[task(secret_requests = [Secret(key = "signing_key", mount_requirement = FILE)])]
fn sign(report: String) -> anyhow::Result<Vec<u8>> {
    // The file has the exact bytes that were stored. Pass the path to a library or a program.
    let path = current_context().secrets().get_secrets_file("signing_key")?;
    let key = Zeroizing::new(fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?);
    let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&key)
        .map_err(|error| anyhow!("`signing_key` is not an Ed25519 key in PKCS#8 DER: {error}"))?;
    Ok(key.sign(report.as_bytes()).as_ref().to_vec())
}

fn main() -> ExitCode {
    sealkit::main()
}

#[cfg(test)]
mod tests {
    use ring::{
        rand::SystemRandom,
        signature::{ED25519, KeyPair as _, UnparsedPublicKey},
    };
    use sealkit::testing::TestSecrets;

    use super::*;

    #[test]
    fn the_signature_is_valid() {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let public = *Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap().public_key();
        let secrets = TestSecrets::new().with("signing_key", document.as_ref());
        let signature = secrets.run(|| sign("all well".to_owned())).unwrap();
        UnparsedPublicKey::new(&ED25519, public).verify(b"all well", &signature).unwrap();
    }

    #[test]
    fn a_file_with_something_else_is_an_error() {
        let secrets = TestSecrets::new().with("signing_key", "not a key");
        let error = secrets.run(|| sign("all well".to_owned())).unwrap_err();
        assert!(error.to_string().starts_with("`signing_key` is not an Ed25519 key"), "{error}");
    }
}
