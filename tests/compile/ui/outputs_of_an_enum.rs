use sealkit::TaskType;

#[derive(TaskType)]
#[task_type(outputs)]
pub enum Color {
    Red,
}

fn main() {}
