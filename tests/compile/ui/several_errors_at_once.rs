// All mistakes of one function are reported in one compilation, each of them once.
use sealkit::{current_context, task};

#[task(
    name = "two words",
    secret_requests = [
        Secret(key = "a b"),
        Secret(key = "token"),
        Secret(key = "token"),
        Secret(key = "cert", env_var = "PATH"),
    ],
)]
unsafe fn report<T>((a, b): (i64, i64)) {
    let _ = (a, b, current_context().secrets().get("password"));
}

fn main() {}
