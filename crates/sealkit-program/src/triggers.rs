//! The triggers that a task is deployed with.

use sealkit_idl::{
    core::KeyValuePair,
    prost_types::Timestamp,
    task::{Inputs, NamedLiteral, NamedParameter, RunSpec, TRIGGER_TIME_INPUT, TaskSpec},
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
    let default = |input: &NamedParameter| {
        let value = input.parameter.as_ref()?.default.clone();
        Some(NamedLiteral { name: input.name.clone(), value })
    };
    let inputs = |time: &Option<String>| {
        let others = spec.default_inputs.iter().filter(|input| Some(&input.name) != time.as_ref());
        // The pod sets the input to the start of the run.
        let context =
            time.iter().map(|time| KeyValuePair { key: TRIGGER_TIME_INPUT.to_owned(), value: time.clone() });
        Inputs { literals: others.filter_map(default).collect(), context: context.collect() }
    };
    let trigger = |schedule: &sealkit_protocol::description::Schedule| TaskTrigger {
        name: schedule.name.clone(),
        spec: Some(TaskTriggerSpec {
            active: schedule.active,
            inputs: Some(inputs(&schedule.trigger_time_input)),
            run_spec: Some(RunSpec::default()),
        }),
        automation_spec: Some(TriggerAutomationSpec {
            r#type: TYPE_SCHEDULE,
            schedule: Some(Schedule {
                expression: Some(expression(&schedule.automation)),
                kickoff_time_input_arg: schedule.trigger_time_input.clone().unwrap_or_default(),
            }),
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
