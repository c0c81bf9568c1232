use sealkit::TaskType;

#[derive(TaskType)]
pub struct Report {
    pub pair: (i64, i64),
}

fn main() {}
