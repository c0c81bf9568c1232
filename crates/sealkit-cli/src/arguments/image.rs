//! The arguments of `build image`.

use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use sealkit_program::Platform;

use super::TargetArguments;

/// The arguments of `build image`.
#[derive(Debug, Args)]
pub struct BuildImage {
    /// The program.
    #[command(flatten)]
    pub target: TargetArguments,
    /// Push the image to REGISTRY/NAME:TAG
    ///
    /// Without a tag, one is made from the content of the image. A registry
    /// on this machine is plain HTTP, and so is one after `http://`.
    #[arg(long, value_name = "IMAGE", verbatim_doc_comment)]
    pub push: String,
    /// Platform of the image: linux/amd64 or linux/arm64
    ///
    /// The default is linux/amd64.
    #[arg(long, value_parser = platforms(), hide_possible_values = true)]
    pub platform: Option<Platform>,
}

fn platforms() -> impl TypedValueParser<Value = Platform> {
    PossibleValuesParser::new(Platform::ALL.map(Platform::as_str)).try_map(|name| name.parse::<Platform>())
}
