use sealkit::{Environment, Resources};

pub const ETL: Environment = Environment::new("etl").resources(Resources::NONE.memory("2GB"));

fn main() {}
