//! An image: a layer, a configuration, and the manifest that names both.

use std::{fmt, fs, path::Path};

use bytes::Bytes;
use sealkit_program::Platform;
use serde::Serialize;

use crate::{
    certificates,
    digest::Digest,
    error::{Error, Result},
    layer,
};

/// The media type of a manifest.
pub(crate) const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG_TYPE: &str = "application/vnd.oci.image.config.v1+json";
const LAYER_TYPE: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
/// The user of the image, by number: a pod does not need root, and may be required not to have it.
const USER: &str = "65534:65534";
/// Programs without a path are found in this directory.
const PATH: &str = "PATH=/usr/local/bin";

/// A container image in memory: one static program, and the certificates that it trusts.
///
/// The same program and certificates make the same image, so that it has one digest.
pub struct Image {
    pub(crate) blobs: [Blob; 2],
    pub(crate) manifest: Bytes,
}

/// The content of a blob and its digest.
pub(crate) struct Blob {
    pub(crate) digest: Digest,
    pub(crate) content: Bytes,
}

impl Blob {
    fn new(content: Vec<u8>) -> Self {
        Self { digest: Digest::of(&content), content: content.into() }
    }

    fn descriptor(&self, media_type: &'static str) -> Descriptor {
        Descriptor { media_type, digest: self.digest, size: self.content.len() }
    }
}

impl Image {
    /// Makes the image of the program at `path`, with the root certificates of this machine.
    ///
    /// # Errors
    ///
    /// Returns an error if a file cannot be read, or if the program is not linked statically for `platform`.
    pub fn build(path: &Path, platform: Platform) -> Result<Self> {
        sealkit_program::check_static(path, platform)?;
        let display = path.display();
        let program = fs::read(path).map_err(|error| Error::io(format!("cannot read `{display}`"), error))?;
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| Error::usage(format!("the file name of `{display}` is not text")))?;
        Self::new(name, &program, &certificates::read()?, platform)
    }

    fn new(name: &str, program: &[u8], certificates: &[u8], platform: Platform) -> Result<Self> {
        let layer = layer::build(name, program, certificates)
            .map_err(|error| Error::io(format!("cannot write `{name}` to an archive"), error))?;
        let (os, architecture) = platform.as_str().split_once('/').unwrap_or_default();
        let config = ImageConfig {
            created: "1970-01-01T00:00:00Z",
            architecture,
            os,
            config: RunConfig { user: USER, env: [PATH], cmd: [name, "--help"] },
            rootfs: RootFs { r#type: "layers", diff_ids: [Digest::of(&layer.archive)] },
        };
        let (layer, config) = (Blob::new(layer.compressed), Blob::new(to_json(&config)?));
        let manifest = to_json(&Manifest {
            schema_version: 2,
            media_type: MANIFEST_TYPE,
            config: config.descriptor(CONFIG_TYPE),
            layers: [layer.descriptor(LAYER_TYPE)],
        })?;
        Ok(Self { blobs: [layer, config], manifest: manifest.into() })
    }

    /// Returns the digest of the image, which is that of its manifest.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.manifest)
    }

    /// Returns the compressed size in bytes.
    pub fn size(&self) -> usize {
        self.blobs.iter().map(|blob| blob.content.len()).sum()
    }
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (digest, size) = (self.digest().to_string(), self.size());
        f.debug_struct("Image").field("digest", &digest).field("size", &size).finish_non_exhaustive()
    }
}

fn to_json(value: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|error| Error::new(format!("cannot describe the image: {error}")))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    schema_version: u32,
    media_type: &'static str,
    config: Descriptor,
    layers: [Descriptor; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: &'static str,
    digest: Digest,
    size: usize,
}

#[derive(Serialize)]
struct ImageConfig<'a> {
    created: &'static str,
    architecture: &'a str,
    os: &'a str,
    config: RunConfig<'a>,
    rootfs: RootFs,
}

/// No entry point: Flyte passes the program as the first argument.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct RunConfig<'a> {
    user: &'static str,
    env: [&'static str; 1],
    cmd: [&'a str; 2],
}

#[derive(Serialize)]
struct RootFs {
    r#type: &'static str,
    diff_ids: [Digest; 1],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_depends_on_its_program_certificates_name_and_platform_only() {
        let digest = |name, program, certificates, platform| {
            Image::new(name, program, certificates, platform).unwrap().digest()
        };
        let image = digest("app", b"program", b"certificates", Platform::LinuxAmd64);
        assert_eq!(image, digest("app", b"program", b"certificates", Platform::LinuxAmd64));
        for other in [
            digest("app2", b"program", b"certificates", Platform::LinuxAmd64),
            digest("app", b"program2", b"certificates", Platform::LinuxAmd64),
            digest("app", b"program", b"certificates2", Platform::LinuxAmd64),
            digest("app", b"program", b"certificates", Platform::LinuxArm64),
        ] {
            assert_ne!(image, other);
        }
    }
}
