use sealkit::{Environment, task};

const ENV: Environment = Environment::new("etl").env(&[("MODE", "x\0y")]);

#[task(environment = ENV)]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
