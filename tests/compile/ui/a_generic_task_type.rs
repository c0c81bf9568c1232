use sealkit::TaskType;

#[derive(TaskType)]
struct Row<T> {
    value: T,
}

fn main() {}
