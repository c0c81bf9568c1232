use sealkit::{current_context, workflow};

#[workflow]
fn report() -> sealkit::Result<()> {
    current_context().secrets().get("my_secret").map(drop)
}

fn main() {}
