use sealkit::TaskType;

#[derive(TaskType)]
struct Row {
    #[task_type(name = "type")]
    kind: String,
}

fn main() {}
