use sealkit::TaskType;

#[derive(TaskType)]
union Bits {
    whole: i64,
    real: f64,
}

fn main() {}
