//! Private directories of runs, which are removed even if the run was killed.
//!
//! A run locks its directory. [`remove_stale`] removes the directories that no process has locked.
//!
//! ```
//! use sealkit_directories::RunDirectory;
//!
//! let run = RunDirectory::on_disk()?;
//! std::fs::write(run.path().join("rows.csv"), "a,b\n")?;
//! let path = run.path().to_owned();
//! drop(run);
//! assert!(!path.exists());
//! # Ok::<(), std::io::Error>(())
//! ```

#[cfg_attr(not(unix), path = "run_directory_unsupported.rs")]
mod run_directory;

pub use run_directory::{RunDirectory, remove_stale};
