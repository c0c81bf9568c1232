use sealkit::TaskType;

#[derive(TaskType)]
struct Row {
    #[task_type(rename = "kind")]
    form: String,
    kind: String,
}

fn main() {}
