use sealkit::TaskType;

#[derive(TaskType)]
struct Node {
    value: i64,
    children: Vec<Node>,
}

fn main() {}
