//! `run --timings`: where the time of a run goes.

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use crate::terminal;

/// The times of the steps of a command, one after the other.
pub(crate) struct Timings {
    started: Instant,
    steps: Vec<(&'static str, Instant)>,
}

impl Timings {
    pub(crate) fn start() -> Self {
        Self { started: Instant::now(), steps: Vec::new() }
    }

    /// Ends a step, which began at the end of the one before.
    pub(crate) fn end(&mut self, step: &'static str) {
        self.steps.push((step, Instant::now()));
    }

    /// Prints a line for each step, and the sum.
    pub(crate) fn print(&self) {
        terminal::status(self.display().trim_end());
    }

    fn display(&self) -> String {
        let width = self.steps.iter().map(|(step, _)| step.len()).max().unwrap_or_default();
        let mut text = "timings\n".to_owned();
        let mut line = |step: &str, time: Duration| {
            let _ = writeln!(text, "  {step:width$} {:9.1} ms", time.as_secs_f64() * 1000.0);
        };
        let mut began = self.started;
        for (step, ended) in &self.steps {
            line(step, *ended - began);
            began = *ended;
        }
        line("total", began - self.started);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_takes_the_time_since_the_one_before() {
        let started = Instant::now();
        let after = |micros| started + Duration::from_micros(micros);
        let timings =
            Timings { started, steps: vec![("build", after(1_250_000)), ("secrets", after(1_250_440))] };
        let expected = "timings\n  build      1250.0 ms\n  secrets       0.4 ms\n  total      1250.4 ms\n";
        assert_eq!(timings.display(), expected);
    }
}
