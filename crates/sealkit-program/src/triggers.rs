//! The triggers that a task is deployed with.

use sealkit_idl::{
    prost_types::Timestamp,
    task::{Inputs, NamedLiteral, RunSpec, TaskSpec},
    trigger::{
        Cron, FixedRate, Schedule, ScheduleExpression, TYPE_SCHEDULE, TaskTrigger, TaskTriggerSpec,
        TriggerAutomationSpec,
    },
};
use sealkit_protocol::{Task, description::Automation};

/// The number of minutes as a unit.
const MINUTE: i32 = 1;

/// Returns the triggers of a task, as the official SDK sends them. The inputs of the runs are the defaults of the task.
pub fn triggers(task: &Task, spec: &TaskSpec) -> Vec<TaskTrigger> {
    let default = |input: &sealkit_idl::task::NamedParameter| {
        let value = input.parameter.as_ref()?.default.clone();
        Some(NamedLiteral { name: input.name.clone(), value })
    };
    let inputs = Inputs { literals: spec.default_inputs.iter().filter_map(default).collect() };
    let trigger = |schedule: &sealkit_protocol::description::Schedule| TaskTrigger {
        name: schedule.name.clone(),
        spec: Some(TaskTriggerSpec {
            active: schedule.active,
            inputs: Some(inputs.clone()),
            run_spec: Some(RunSpec::default()),
        }),
        automation_spec: Some(TriggerAutomationSpec {
            r#type: TYPE_SCHEDULE,
            schedule: Some(Schedule { expression: Some(expression(&schedule.automation)) }),
        }),
    };
    task.schedules.iter().map(trigger).collect()
}

fn expression(automation: &Automation) -> ScheduleExpression {
    match automation {
        Automation::Cron { expression, timezone } => ScheduleExpression::Cron(Cron {
            expression: expression.clone(),
            timezone: timezone.clone().unwrap_or_else(|| "UTC".to_owned()),
        }),
        Automation::FixedRate { minutes, start } => ScheduleExpression::Rate(FixedRate {
            value: *minutes,
            unit: MINUTE,
            start_time: start.map(|seconds| Timestamp { seconds, nanos: 0 }),
        }),
    }
}
