use sealkit::TaskType;

#[derive(TaskType)]
struct Node {
    value: i64,
    next: Option<Box<Node>>,
}

fn main() {}
