use sealkit::TaskType;

#[derive(TaskType)]
enum Never {}

fn main() {}
