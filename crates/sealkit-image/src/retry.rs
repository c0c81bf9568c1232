//! Retries of temporary failures.

use std::time::Duration;

use crate::{
    error::{Error, Result},
    event::Event,
};

/// How often an operation is retried.
const MAX_RETRIES: u32 = 3;
/// The delay before the first retry; each further one is twice as long.
const FIRST_DELAY: Duration = Duration::from_millis(500);

/// Runs an operation, and again if its error may pass. It has to start from the beginning each time.
///
/// # Errors
///
/// Returns the last error of the operation.
pub(crate) async fn retry<T>(
    observe: &(dyn Fn(&Event<'_>) + Sync),
    mut operation: impl AsyncFnMut() -> Result<T>,
) -> Result<T> {
    let mut retries = 0;
    loop {
        let error: Error = match operation().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let delay = error.retry_delay(FIRST_DELAY * 2_u32.pow(retries));
        match delay.filter(|_| retries < MAX_RETRIES) {
            Some(delay) => {
                observe(&Event::Retrying { error: &error, delay });
                tokio::time::sleep(delay).await;
            }
            None => return Err(error),
        }
        retries += 1;
    }
}
