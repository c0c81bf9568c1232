use sealkit::{Environment, Result, Secret, task};

const ETL: Environment = Environment::new("etl").secrets(&[Secret::new("a"), Secret::new("b"), Secret::new("a")]);

#[task(environment = ETL)]
fn load() -> Result<()> {
    Ok(())
}

fn main() {}
