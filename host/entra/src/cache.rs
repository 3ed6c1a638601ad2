//! One token, kept until shortly before its end, however many tasks want it.

use std::sync::atomic::{AtomicU64, Ordering};

use passcode_host::credential::{AccessToken, CredentialError, TokenRequest};
use time::OffsetDateTime;
use tokio::sync::Mutex;

/// A kept token is used until so long before its end.
const MARGIN: time::Duration = time::Duration::minutes(5);

/// A credential's token.
///
/// Any number of tasks that want one at the same time cause one request. A renewal, and a claims
/// challenge, bypass what is kept; tasks whose tokens were refused at the same time share one
/// renewal. Every credential has its own, and either always or never declares that it answers
/// challenges: the two sorts of token are never mixed.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    kept: Mutex<Option<Kept>>,
    /// Counts tokens received.
    received: AtomicU64,
}

#[derive(Debug)]
struct Kept {
    token: AccessToken,
    claims: Option<String>,
}

impl Cache {
    /// What is kept, or what `ask` gives, which is not begun unless it is needed.
    pub(crate) async fn token(
        &self,
        request: &TokenRequest,
        ask: impl Future<Output = Result<AccessToken, CredentialError>> + Send,
    ) -> Result<AccessToken, CredentialError> {
        let seen = self.received.load(Ordering::Acquire);
        let mut kept = self.kept.lock().await;
        // What came while this task waited for the lock is as new as what it would get.
        let is_new = self.received.load(Ordering::Acquire) != seen;
        if let Some(kept) = kept.as_ref() {
            let answers = request.claims.is_none() || request.claims == kept.claims;
            let lasts = kept
                .token
                .expires()
                .is_some_and(|end| end - MARGIN > OffsetDateTime::now_utc());
            if answers && lasts && (is_new || !(request.renew || request.claims.is_some())) {
                return Ok(kept.token.clone());
            }
        }
        let token = ask.await?;
        self.received.fetch_add(1, Ordering::AcqRel);
        *kept = Some(Kept {
            token: token.clone(),
            claims: request.claims.clone(),
        });
        Ok(token)
    }

    /// Forget it: its end is not its owner's any more.
    pub(crate) async fn clear(&self) {
        *self.kept.lock().await = None;
    }
}
