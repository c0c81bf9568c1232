use sealkit::TaskType;

#[derive(TaskType)]
struct Row {
    #[task_type(rename = kind)]
    kind: String,
}

fn main() {}
