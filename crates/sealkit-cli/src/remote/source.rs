//! Where the pods of a run get the program from: a container image that exists or is pushed, or a code bundle that is uploaded.

use std::path::{Path, PathBuf};

use sealkit_image::Image;
use sealkit_program::{Platform, Program, check_static};
use sealkit_remote::{Bundle, Deployment, PodProgram};

use super::Cluster;
use crate::{
    arguments::{ImageArguments, TargetArguments},
    error::CommandError,
    image, run, terminal, timeout,
    upload::{UploadProgress, mebibytes},
};

/// The official image of the SDK whose entry point starts the program of a bundle.
const BASE_IMAGE: &str = "ghcr.io/flyteorg/flyte:py3.12-v2.12.1";

/// A program, and how the pods get it.
pub(super) struct Source {
    program: Program,
    delivery: Delivery,
}

enum Delivery {
    /// The image contains the program.
    Image { image: String, path: String },
    /// An image of the static program is pushed to a registry.
    Registry { registry: String, path: PathBuf, platform: Platform },
    /// The static program is uploaded, and runs in the base image.
    Bundle { base_image: String, path: PathBuf },
}

impl Source {
    /// Opens the program of the command line. Without an image, the program is built for the platform of the cluster.
    pub(super) fn open(
        cluster: &Cluster,
        target: &TargetArguments,
        image: &ImageArguments,
    ) -> Result<Self, CommandError> {
        for name in [&image.image, &image.base_image].into_iter().flatten() {
            check_image(name)?;
        }
        if let Some(name) = &image.image {
            let program = run::open(target)?;
            let path = image.program.clone().unwrap_or_else(|| file_name(program.path()));
            return Ok(Self { program, delivery: Delivery::Image { image: name.clone(), path } });
        }
        let platform = image.platform.unwrap_or_else(|| default_platform(cluster));
        let path = run::build(target, Some(platform))?;
        check_static(&path, platform)?;
        let program = if platform.is_native() {
            Program::open(&path, timeout::from_environment()?)?
        } else {
            // Only a program for this machine can describe its tasks here.
            run::open(target)?
        };
        let config = cluster.client.config();
        let registry = image.registry.as_ref().or(config.registry.as_ref());
        let delivery = match (&image.base_image, registry) {
            (None, Some(registry)) => Delivery::Registry { registry: registry.clone(), path, platform },
            (base_image, _) => {
                let base_image = base_image.as_ref().or(config.base_image.as_ref());
                Delivery::Bundle { base_image: base_image.map_or(BASE_IMAGE, |image| image).to_owned(), path }
            }
        };
        Ok(Self { program, delivery })
    }

    pub(super) fn program(&self) -> &Program {
        &self.program
    }

    /// Sets the image and the program of a deployment, and sends the program unless the cluster or the registry has it.
    pub(super) fn deliver(&self, cluster: &Cluster, deployment: &mut Deployment) -> Result<(), CommandError> {
        match &self.delivery {
            Delivery::Image { image, path } => {
                deployment.image.clone_from(image);
                deployment.program = PodProgram::Image { path: path.clone() };
            }
            Delivery::Registry { registry, path, platform } => {
                let name = file_name(path);
                // The name of a repository begins and ends with a letter or a digit.
                let repository = name.to_lowercase();
                let repository = repository.trim_matches(['.', '_', '-']);
                let reference = format!("{}/{repository}", registry.trim_end_matches('/'));
                let image = Image::build(path, *platform)?;
                deployment.image = image::push(&image, &reference.parse()?)?;
                deployment.program = PodProgram::Image { path: name };
            }
            Delivery::Bundle { base_image, path } => {
                let bundle = Bundle::new(path)?;
                let progress = UploadProgress::new("Uploading the program");
                let report = |sent, size| progress.print(sent, size);
                let Deployment { project, domain, .. } = &*deployment;
                let upload = cluster.wait(cluster.client.upload_bundle(&bundle, project, domain, &report));
                progress.reset();
                let upload = upload?;
                if let Some(size) = upload.sent {
                    terminal::status(&format!("Uploaded the program ({})", mebibytes(size)));
                }
                deployment.image.clone_from(base_image);
                deployment.program = PodProgram::Bundle { uri: upload.uri, name: bundle.name().to_owned() };
            }
        }
        Ok(())
    }
}

/// Checks that a name can be that of an image. The error does not repeat it, as the text before `@` may be a password.
fn check_image(name: &str) -> Result<(), CommandError> {
    let is_digest = |(_, digest): (&str, &str)| digest.starts_with("sha256:");
    let is_valid = !name.is_empty()
        && name.chars().all(|c| c.is_ascii_graphic())
        && !name.contains("://")
        && name.split_once('@').is_none_or(is_digest);
    if is_valid {
        return Ok(());
    }
    Err(CommandError::usage("invalid name of an image")
        .with_hint("write REGISTRY/NAME:TAG or REGISTRY/NAME@sha256:DIGEST"))
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Adds to the error of a run that its image cannot run uploaded programs.
pub(super) fn no_entry_point(error: CommandError, image: &str) -> CommandError {
    error.with_hint(format!(
        "image `{image}` has no `a0`: use an image with the Flyte SDK, --base-image IMAGE, or one with the program, \
         --image IMAGE"
    ))
}

/// Returns the platform of this machine for a cluster on it, and otherwise the most common one.
fn default_platform(cluster: &Cluster) -> Platform {
    let local = cluster.client.config().endpoint.is_loopback().then(Platform::of_this_machine).flatten();
    local.unwrap_or(Platform::LinuxAmd64)
}
