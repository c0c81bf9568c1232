use sealkit::{SecretValue, TaskType};

#[derive(TaskType)]
struct Login {
    user: String,
    password: SecretValue,
}

fn main() {}
