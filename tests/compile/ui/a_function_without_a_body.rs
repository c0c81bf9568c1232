use sealkit::task;

trait Table {
    #[task]
    fn count() -> sealkit::Result<i64>;
}

fn main() {}
