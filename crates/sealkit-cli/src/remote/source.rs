//! Where the pods of a run get the program from: a container image, or a code bundle that is uploaded.

use std::path::PathBuf;

use sealkit_program::{Platform, Program, check_static};
use sealkit_remote::{Bundle, Deployment, PodProgram};

use super::Cluster;
use crate::{
    arguments::{ImageArguments, TargetArguments},
    error::CommandError,
    run, terminal, timeout,
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
        if let Some(name) = &image.image {
            let program = run::open(target)?;
            let file_name = program.path().file_name().map(|name| name.to_string_lossy().into_owned());
            let path = image.program.clone().or(file_name).unwrap_or_default();
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
        let configured = cluster.client.config().base_image.clone();
        let base_image = image.base_image.clone().or(configured).unwrap_or_else(|| BASE_IMAGE.to_owned());
        Ok(Self { program, delivery: Delivery::Bundle { base_image, path } })
    }

    pub(super) fn program(&self) -> &Program {
        &self.program
    }

    /// Sets the image and the program of a deployment, and uploads the program unless the cluster has it.
    pub(super) fn deliver(&self, cluster: &Cluster, deployment: &mut Deployment) -> Result<(), CommandError> {
        match &self.delivery {
            Delivery::Image { image, path } => {
                deployment.image.clone_from(image);
                deployment.program = PodProgram::Image { path: path.clone() };
            }
            Delivery::Bundle { base_image, path } => {
                let bundle = Bundle::new(path)?;
                let progress = UploadProgress::new("Uploading the program");
                let report = |sent, size| progress.print(sent, size);
                let Deployment { project, domain, .. } = &*deployment;
                let upload = cluster.wait(cluster.client.upload_bundle(&bundle, project, domain, &report))?;
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
