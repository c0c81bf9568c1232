use sealkit::{Environment, Secret, current_context, task};

const ETL: Environment = Environment::new("etl").secrets(&[Secret::new("token")]);

#[task(environment = ETL)]
fn report() -> sealkit::Result<()> {
    current_context().secrets().get("tokn").map(drop)
}

fn main() {}
