use sealkit::task;

#[task(
    secret_requests = ["k"],
    allow_secret_in(output = "o2", secret = "k", because = "a test"),
)]
fn t1() -> sealkit::Result<(String, String)> {
    Ok((String::new(), String::new()))
}

fn main() {}
