use sealkit::TaskType;

#[derive(TaskType)]
enum Shape {
    Point,
    Circle(f64),
}

/// The only error is that of the type.
#[sealkit::task]
fn uses(shape: Shape) -> sealkit::Result<Shape> {
    Ok(shape)
}

fn main() {}
