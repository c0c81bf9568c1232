//! Pushes an image to a registry.

use std::time::Duration;

use crate::{
    error::Result,
    event::Event,
    image::{Blob, Image},
    reference::Reference,
    registry::Registry,
    retry::retry,
};

/// An image in a registry.
#[derive(Debug)]
#[non_exhaustive]
pub struct Pushed {
    /// The name of the image, with its tag.
    pub reference: Reference,
    /// The name of the image with its digest, which always means this image: `REGISTRY/NAME@sha256:HEX`.
    pub pinned: String,
    /// Whether the image was there already, so that nothing was sent.
    pub existed: bool,
}

/// Pushes an image to the registry and the name in `reference`, with a tag made from its digest if that has none.
///
/// Only what the registry lacks is sent. The credentials are those of Docker. A request times out after `timeout`, an upload
/// depending on its size.
///
/// # Errors
///
/// Returns an error if the registry cannot be reached, or refuses the image.
pub async fn push(
    image: &Image,
    reference: &Reference,
    timeout: Duration,
    observe: &(dyn Fn(&Event<'_>) + Sync),
) -> Result<Pushed> {
    let digest = image.digest();
    let tag = reference.tag().map_or_else(|| digest.tag(), str::to_owned);
    let reference = reference.with_tag(tag.clone());
    let pinned = reference.pinned(digest);
    let mut registry = Registry::new(reference.clone(), timeout);
    if retry(observe, async || registry.has_manifest(&tag, digest).await).await? {
        return Ok(Pushed { reference, pinned, existed: true });
    }
    for Blob { digest, content } in &image.blobs {
        let total = content.len() as u64;
        let progress = |sent| observe(&Event::Uploading { sent, total });
        retry(observe, async || {
            if registry.has_blob(*digest).await? {
                return Ok(());
            }
            registry.upload_blob(*digest, content.clone(), &progress).await
        })
        .await?;
    }
    retry(observe, async || registry.put_manifest(&tag, image.manifest.clone()).await).await?;
    Ok(Pushed { reference, pinned, existed: false })
}
