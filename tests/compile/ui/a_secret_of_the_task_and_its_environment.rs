use sealkit::{Environment, Secret, task};

const ETL: Environment = Environment::new("etl").secrets(&[Secret::new("token")]);

#[task(environment = ETL, secret_requests = ["token"])]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
