//! The remote client against a control plane made of the official services.

mod abort_run;
mod auth;
mod backend;
mod bundles;
mod config;
mod config_files;
mod deploy;
mod deployed;
mod deployed_command;
mod faults;
mod files;
mod following;
mod get_run;
mod logs;
mod messages;
mod python;
mod run;
mod runs;
mod schedules;
mod secrets;
mod setup;
mod spec;
