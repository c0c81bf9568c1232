//! What the `sealkit` command and a program with tasks say to each other.
//!
//! The command and the program are built separately, perhaps with different versions of sealkit. The command starts the program in two
//! ways, each time with a socket as its standard input:
//!
//! | started as | first message | then |
//! |---|---|---|
//! | `PROGRAM answer` | a [`Query`] of the command | the [`Answer`] of the program |
//! | `PROGRAM execute …` | a [`Hello`], the secrets of the pod ([`mounts`]) and its inputs | a [`Hello`] and the [calls](call) of the pod, their results, and at the end the answer of the pod |
//!
//! On Linux, `PROGRAM answer` also becomes the [fork server](fork_server) of a run. A process that it forks first receives what it would have
//! been started with.
//!
//! | module | contents |
//! |---|---|
//! | [`fork_server`] | the messages of a program that forks its pods |
//! | [`frame`] | how messages follow each other on the socket |
//! | [`version`] | the version of the protocol, with which every first message begins |
//! | [`query`] | questions about tasks, and their answers |
//! | [`description`] | the description of tasks |
//! | [`mounts`] | the secrets of a pod |
//! | [`call`] | calls of tasks from a pod, and the answer of the pod |
//! | [`problem`] | why a task failed |
//! | [`attempts`] | when a task is tried again, and when its time is over |
//! | [`exit`] | why a pod ended without an answer |
//! | [`error_file`] | the file `error.pb`, in which a pod of a cluster reports why its task failed |

pub mod attempts;
pub mod call;
pub mod description;
pub mod error_file;
pub mod exit;
pub mod fork_server;
pub mod frame;
pub mod mounts;
pub mod problem;
pub mod query;
pub mod version;

pub use attempts::{Attempts, Limits, Retry, TimeLimit};
pub use description::Task;
pub use error_file::ErrorFile;
pub use exit::Exit;
pub use problem::{Code, Problem};
pub use query::{Answer, Query};
pub use version::Hello;
