use sealkit::task;

struct Table;

impl Table {
    #[task]
    fn count(&self) -> sealkit::Result<i64> {
        Ok(5)
    }
}

fn main() {}
