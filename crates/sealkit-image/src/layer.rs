//! The layer of an image: a compressed archive that is the same for the same content.

use std::io::{self, Write as _};

use flate2::{Compression, write::GzEncoder};
use tar::{Builder, EntryType, Header, HeaderMode};

/// The certificates in the image, where OpenSSL and rustls look for them.
const CERTIFICATES: &str = "etc/ssl/certs/ca-certificates.crt";
/// The directory of the program in the image, below which programs without a path are found.
const PROGRAMS: &str = "usr/local/bin/";

/// A layer before and after its compression.
pub(crate) struct Layer {
    pub(crate) archive: Vec<u8>,
    pub(crate) compressed: Vec<u8>,
}

/// Makes the layer with a program and the certificates that it trusts.
///
/// # Errors
///
/// Returns an error if `name` is too long for an archive.
pub(crate) fn build(name: &str, program: &[u8], certificates: &[u8]) -> io::Result<Layer> {
    let mut archive = Builder::new(Vec::with_capacity(program.len() + certificates.len() + (16 << 10)));
    archive.mode(HeaderMode::Deterministic);
    for directory in ["etc/", "etc/ssl/", "etc/ssl/certs/"] {
        append(&mut archive, directory, 0o755, None)?;
    }
    append(&mut archive, CERTIFICATES, 0o644, Some(certificates))?;
    // Tasks create their working directories here.
    append(&mut archive, "tmp/", 0o1777, None)?;
    for directory in ["usr/", "usr/local/", PROGRAMS] {
        append(&mut archive, directory, 0o755, None)?;
    }
    append(&mut archive, &format!("{PROGRAMS}{name}"), 0o755, Some(program))?;
    let archive = archive.into_inner()?;
    // The header has neither a name nor a time.
    let mut compressed = GzEncoder::new(Vec::with_capacity(archive.len() / 2), Compression::default());
    compressed.write_all(&archive)?;
    Ok(Layer { archive, compressed: compressed.finish()? })
}

/// Appends a file, or a directory if there is no content. It belongs to root, and its time is the epoch.
fn append(archive: &mut Builder<Vec<u8>>, path: &str, mode: u32, content: Option<&[u8]>) -> io::Result<()> {
    let mut header = Header::new_ustar();
    header.set_entry_type(if content.is_some() { EntryType::Regular } else { EntryType::Directory });
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    let content = content.unwrap_or_default();
    header.set_size(content.len() as u64);
    archive.append_data(&mut header, path, content)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn the_same_content_makes_the_same_layer() {
        let build = |program| build("app", program, b"certificates").unwrap().compressed;
        assert_eq!(build(b"program"), build(b"program"));
        assert_ne!(build(b"program"), build(b"other"));
    }

    #[test]
    fn a_layer_has_the_program_certificates_and_a_temporary_directory() {
        let layer = build("app", b"program", b"certificates").unwrap();
        let mut unpacked = Vec::new();
        GzDecoder::new(&*layer.compressed).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, layer.archive);
        let mut archive = tar::Archive::new(&*unpacked);
        let entries: Vec<String> = archive
            .entries()
            .unwrap()
            .map(|entry| {
                let mut entry = entry.unwrap();
                let mut content = String::new();
                entry.read_to_string(&mut content).unwrap();
                let header = entry.header();
                assert_eq!(
                    (header.uid().unwrap(), header.gid().unwrap(), header.mtime().unwrap()),
                    (0, 0, 0)
                );
                format!("{:o} {} {content}", header.mode().unwrap(), entry.path().unwrap().display())
            })
            .collect();
        assert!(entries.is_sorted_by_key(|entry| entry.split(' ').nth(1)), "{entries:?}");
        for expected in [
            "755 usr/local/bin/app program",
            "644 etc/ssl/certs/ca-certificates.crt certificates",
            "1777 tmp/ ",
        ] {
            assert!(entries.iter().any(|entry| entry == expected), "{expected}: {entries:?}");
        }
    }
}
