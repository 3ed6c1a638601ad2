//! Callers who lose their patience, on a machine of any speed.

use std::time::Duration;

use futures::FutureExt as _;
use passcode_host::ledger::{Intent, IntentRefused, SendLedger};

/// Every fourth caller is gone as soon as he has asked, every fourth waits for his answer, and the
/// others wait so long. `None` for one who did not wait for it.
pub(crate) async fn intend(
    ledger: &dyn SendLedger,
    intent: &Intent,
    round: u64,
    patience: Duration,
) -> Option<Result<(), IntentRefused>> {
    let asked = ledger.intend(intent);
    match round % 4 {
        0 => asked.now_or_never(),
        1 => Some(asked.await),
        _ => tokio::time::timeout(patience, asked).await.ok(),
    }
}
