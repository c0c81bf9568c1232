use sealkit::{Result, TaskType, task};

#[derive(TaskType)]
#[task_type(outputs)]
struct Split {
    a: i64,
    b: i64,
}

#[task]
fn load(split: Split) -> Result<()> {
    drop(split);
    Ok(())
}

fn main() {}
