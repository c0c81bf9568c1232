use sealkit::{File, TaskType};

#[derive(TaskType)]
struct Row {
    file: File,
}

fn main() {}
