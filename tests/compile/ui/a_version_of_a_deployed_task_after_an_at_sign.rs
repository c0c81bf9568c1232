use sealkit::task;

#[task(deployed = "model.score@v1")]
async fn score(rows: Vec<i64>) -> sealkit::Result<f64>;

fn main() {
    drop(score(Vec::new()));
}
