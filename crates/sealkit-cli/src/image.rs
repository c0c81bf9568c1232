//! `build image`: makes an image of a program and pushes it to a registry.

use sealkit_image::{Event, Image, Reference};
use sealkit_program::Platform;

use crate::{
    arguments::BuildImage,
    error::CommandError,
    remote, run, terminal,
    time::display_duration,
    timeout,
    upload::{UploadProgress, mebibytes},
};

pub(crate) fn build(args: &BuildImage) -> Result<(), CommandError> {
    let reference: Reference = args.push.parse()?;
    let platform = args.platform.unwrap_or(Platform::LinuxAmd64);
    let image = Image::build(&run::build(&args.target, Some(platform))?, platform)?;
    terminal::print(&(push(&image, &reference)? + "\n"))
}

/// Pushes an image, reports the progress, and returns the name of the image with its digest.
pub(crate) fn push(image: &Image, reference: &Reference) -> Result<String, CommandError> {
    let timeout = timeout::from_environment()?;
    let runtime = remote::start_runtime()?;
    let progress = UploadProgress::new("Pushing the image");
    let observe = |event: &Event<'_>| observe(event, &progress);
    let pushed = runtime.block_on(sealkit_image::push(image, reference, timeout, &observe));
    progress.reset();
    let pushed = pushed?;
    let reference = &pushed.reference;
    if pushed.existed {
        terminal::status(&format!("`{reference}` is in the registry already"));
    } else {
        terminal::status(&format!("Pushed `{reference}` ({})", mebibytes(image.size() as u64)));
    }
    Ok(pushed.pinned)
}

fn observe(event: &Event<'_>, progress: &UploadProgress) {
    match event {
        Event::Uploading { sent, total } => progress.print(*sent, *total),
        Event::Retrying { error, delay } => {
            progress.reset();
            terminal::warning(&format!("{error}; retrying in {}", display_duration(*delay)));
        }
        _ => {}
    }
}
