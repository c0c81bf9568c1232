//! The signals of a local run: they end it, suspend it, and tell the size of the terminal.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI32, Ordering},
    },
    thread,
};

use sealkit_engine::Engine;
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH},
    iterator::{Handle, Signals},
};

use crate::error::CommandError;

/// The handlers of a run: SIGINT, SIGTERM and SIGHUP cancel it, SIGTSTP suspends it, SIGWINCH resizes the terminals of its pods.
pub(crate) struct RunSignals {
    handle: Handle,
    received: Arc<Received>,
}

#[derive(Default)]
struct Received {
    /// The first signal, or 0.
    first: AtomicI32,
    /// Whether another one came.
    is_killed: AtomicBool,
}

impl RunSignals {
    /// Installs the handlers. The first signal cancels the run, the second one kills its pods.
    pub(crate) fn install(engine: &Arc<Engine>) -> Result<Self, CommandError> {
        let failed = |error| CommandError::failure(format!("cannot install signal handlers: {error}"));
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGWINCH]).map_err(failed)?;
        let (handle, engine, received) =
            (signals.handle(), Arc::downgrade(engine), Arc::new(Received::default()));
        let by_thread = received.clone();
        let installed = thread::Builder::new().spawn(move || {
            for signal in &mut signals {
                let Some(engine) = engine.upgrade() else { return };
                match signal {
                    SIGTSTP => {
                        suspend(&engine);
                        continue;
                    }
                    SIGWINCH => {
                        engine.resize();
                        continue;
                    }
                    _ => {}
                }
                match by_thread.first.compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst) {
                    Ok(_) => engine.cancel(),
                    Err(_) => {
                        by_thread.is_killed.store(true, Ordering::SeqCst);
                        engine.kill();
                    }
                }
            }
        });
        installed.map_err(failed)?;
        Ok(Self { handle, received })
    }

    /// Removes the handlers, and returns the error of a run that a signal has cancelled.
    pub(crate) fn finish(&self) -> Option<CommandError> {
        self.handle.close();
        let signal = self.received.first.load(Ordering::SeqCst);
        let is_killed = self.received.is_killed.load(Ordering::SeqCst);
        (signal != 0).then(|| CommandError::terminated_by(signal, is_killed))
    }
}

/// Stops the pods and this command, and continues the pods when the shell continues the command.
fn suspend(engine: &Engine) {
    engine.suspend();
    let _ = signal_hook::low_level::emulate_default_handler(SIGTSTP);
    engine.resume();
    engine.resize();
}
