use sealkit::{Environment, Result, Secret, task};

const ETL: Environment = Environment::new("etl").secrets(&[Secret::new("token"), Secret::new("db/password")]);

#[task(environment = ETL)]
fn extract() -> Result<()> {
    Ok(())
}

#[task(environment = ETL)]
fn load() -> Result<()> {
    Ok(())
}

fn main() {}
