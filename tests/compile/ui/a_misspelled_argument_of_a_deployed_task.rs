use sealkit::task;

#[task(deployed = "model.score", nme = "score_of_model")]
fn score() -> sealkit::Result<f64>;

fn main() {
    let _ = score();
}
