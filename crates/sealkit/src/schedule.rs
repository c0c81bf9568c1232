//! When a deployed task is started.

/// When a deployed task is started: `schedule = Cron(…)` or `FixedRate(…)` of [`task`](macro@crate::task#schedules).
///
/// It corresponds to `flyte.Trigger` with `flyte.Cron` or `flyte.FixedRate`.
///
/// # Examples
///
/// ```
/// use sealkit::{Automation, TaskMetadata, task};
///
/// #[task(schedule = Cron("0 9 * * mon-fri", timezone = "Europe/Berlin"))]
/// fn report(#[default(7)] days: i64) -> sealkit::Result<i64> {
///     Ok(days)
/// }
///
/// let schedule = TaskMetadata::of(&report).expect("a task").schedules()[0];
/// assert_eq!(schedule.name, "schedule");
/// assert!(matches!(schedule.automation, Automation::Cron { timezone: Some("Europe/Berlin"), .. }));
/// ```
///
/// A schedule that never starts the task does not compile:
///
/// ```compile_fail
/// # use sealkit::task;
/// #[task(schedule = Cron("0 0 31 4 *"))]
/// fn report() -> sealkit::Result<()> {
///     Ok(())
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Schedule {
    /// The name, which is unique among the schedules of a task.
    pub name: &'static str,
    /// Whether it starts the task after the first deployment, or waits to be resumed.
    pub active: bool,
    /// The input that receives the scheduled time.
    pub trigger_time_input: Option<&'static str>,
    /// The times.
    pub automation: Automation,
}

/// The times of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Automation {
    /// The times of a cron expression.
    #[non_exhaustive]
    Cron {
        /// Five fields, or a name such as `@daily`.
        expression: &'static str,
        /// The time zone, such as `Europe/Berlin`. Without one, it is UTC.
        timezone: Option<&'static str>,
    },
    /// A fixed interval.
    #[non_exhaustive]
    FixedRate {
        /// The interval in minutes, at least 1.
        minutes: u32,
        /// The first time, in seconds since 1970. Without one, it is that of the deployment.
        start: Option<i64>,
    },
}

impl Automation {
    #[doc(hidden)]
    pub const fn __cron(expression: &'static str, timezone: Option<&'static str>) -> Self {
        Self::Cron { expression, timezone }
    }

    #[doc(hidden)]
    pub const fn __fixed_rate(minutes: u32, start: Option<i64>) -> Self {
        Self::FixedRate { minutes, start }
    }
}

impl Schedule {
    #[doc(hidden)]
    pub const fn __new(
        name: &'static str,
        active: bool,
        trigger_time_input: Option<&'static str>,
        automation: Automation,
    ) -> Self {
        Self { name, active, trigger_time_input, automation }
    }
}
