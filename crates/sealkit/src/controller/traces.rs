//! Steps on a cluster: traces, as the official SDK records them (`record_trace` of flyte 2.12.1).
//!
//! The result is a file below the base directory of the run. Open-source Flyte 2 forgets traces when a task is retried, so the file itself
//! says whether the step was done.

use std::time::SystemTime;

use sealkit_idl::{
    core::TypedInterface,
    prost::Message as _,
    task::{Inputs, Outputs},
};
use sealkit_protocol::Problem;
use sealkit_remote::Trace;

use super::cluster::{ClusterController, blocking, location, problem};
use crate::{step::last_name, storage};

/// Flyte reads no larger result.
const MAX_BYTES: u64 = 2 << 20;

impl ClusterController {
    /// Passes the recorded result of a step to `respond`, or no outputs.
    pub(super) fn find_step(
        &'static self,
        step: &str,
        respond: impl FnOnce(Result<Outputs, Problem>) + Send + 'static,
    ) {
        let uri = self.uri(&self.name_of_step(step), "outputs.pb");
        self.spawn(async move {
            let read = async {
                let from = location(&uri)?;
                blocking(move || storage::read_if_exists(&from, MAX_BYTES)).await
            };
            let decode = |bytes: Vec<u8>| Outputs::decode(&*bytes).map_err(|_| format!("`{uri}` is damaged"));
            let outputs = read.await.and_then(|bytes| bytes.map_or(Ok(Outputs::default()), decode));
            respond(outputs.map_err(problem));
        });
    }

    /// Records the result of a step, and calls `respond` with no outputs.
    pub(super) fn record_step(
        &'static self,
        step: &str,
        outputs: Outputs,
        interface: TypedInterface,
        started: SystemTime,
        respond: impl FnOnce(Result<Outputs, Problem>) + Send + 'static,
    ) {
        let (action, name) = (self.name_of_step(step), last_name(step).to_owned());
        let trace = Trace {
            input_uri: self.uri(&action, "inputs.pb"),
            output_uri: self.uri(&action, "outputs.pb"),
            run_output_base: self.run_base().to_owned(),
            action,
            name,
            interface,
            started,
            ended: SystemTime::now(),
        };
        self.spawn(async move {
            let record = async {
                let content = outputs.encode_to_vec();
                if content.len() as u64 > MAX_BYTES {
                    return Err(format!(
                        "it has {} bytes, and Flyte reads no more than 2 MiB",
                        content.len()
                    ));
                }
                // The inputs first: a trace without them is invalid, and the outputs make the step done.
                for (uri, content) in
                    [(&trace.input_uri, Inputs::default().encode_to_vec()), (&trace.output_uri, content)]
                {
                    let to = location(uri)?;
                    blocking(move || storage::write(&to, &content)).await?;
                }
                let name = trace.name.clone();
                if let Err(error) = self.actions().record(trace).await {
                    warn(&format!("step `{name}` is recorded, but the console does not show it: {error}"));
                }
                Ok(())
            };
            respond(record.await.map(|()| Outputs::default()).map_err(problem));
        });
    }

    /// Returns the name of the action of a step, which is the same in all attempts.
    fn name_of_step(&self, step: &str) -> String {
        sealkit_remote::digest(&[self.parent().as_bytes(), b"step", step.as_bytes()])
    }
}

#[expect(clippy::print_stderr, reason = "the step itself is recorded")]
fn warn(message: &str) {
    eprintln!("warning: {message}");
}
