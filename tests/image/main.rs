//! Images: what `sealkit build image` pushes, and how it treats registries.

mod credentials;
mod faults;
mod images;
mod keychain;
mod registry;
mod setup;
mod tokens;
