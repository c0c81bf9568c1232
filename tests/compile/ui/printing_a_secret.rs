use sealkit::{current_context, task};

#[task(secret_requests = [Secret(key = "my_secret")])]
fn t1() -> sealkit::Result<()> {
    let secret = current_context().secrets().get("my_secret")?;
    println!("{secret}");
    Ok(())
}

fn main() {}
