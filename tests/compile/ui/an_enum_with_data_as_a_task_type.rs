use sealkit::TaskType;

#[derive(TaskType)]
enum Shape {
    Point,
    Circle(f64),
}

fn main() {}
