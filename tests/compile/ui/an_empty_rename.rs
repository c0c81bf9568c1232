use sealkit::TaskType;

#[derive(TaskType)]
struct Row {
    #[task_type(rename = "")]
    id: i64,
}

fn main() {}
