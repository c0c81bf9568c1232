//! Starts pods, also where the system lacks resources for a moment.

use std::{
    io, thread,
    time::{Duration, Instant},
};

use rustix::io::Errno;
use sealkit_idl::task::Inputs;
use sealkit_protocol::Problem;

use crate::{
    pod::{Pod, RunningPod, StartMessages},
    problems::{exhausted, io_problem},
};

/// How long a pod waits for other pods to end if the system has no descriptors or processes for it.
const START_TIMEOUT: Duration = Duration::from_secs(10);

/// Starts a pod. If the system has no descriptors or processes left, it waits for other pods to end.
pub(crate) fn start(
    pod: &mut Pod<'_>,
    inputs: &Inputs,
    print: impl Fn(&[u8]) + Clone + Send + 'static,
) -> Result<(RunningPod, StartMessages), Problem> {
    let started = Instant::now();
    loop {
        match pod.start(inputs, print.clone()) {
            Err(error) if is_exhausted(&error) && started.elapsed() < START_TIMEOUT => {
                thread::sleep(Duration::from_millis(20));
            }
            Err(error) if is_exhausted(&error) => return Err(exhausted(pod.task, error)),
            started => {
                return started.map_err(|error| {
                    io_problem(format!("cannot start the pod of task `{}`", pod.task), error)
                });
            }
        }
    }
}

/// Returns whether the system lacks descriptors or processes, which other pods may free.
fn is_exhausted(error: &io::Error) -> bool {
    let exhausted = [Errno::MFILE, Errno::NFILE, Errno::AGAIN];
    Errno::from_io_error(error).is_some_and(|error| exhausted.contains(&error))
}
