use sealkit::TaskType;

#[derive(TaskType)]
#[task_type(outputs)]
pub struct Nothing {}

fn main() {}
