use sealkit::TaskType;

#[derive(TaskType)]
struct Row(i64);

fn main() {}
