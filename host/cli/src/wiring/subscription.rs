//! How the tenant's Intune subscription stands, asked only after a refusal that nothing explains.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use passcode_doctor::lapsed_subscription;
use passcode_entra::{Cloud, Http, HttpOptions};
use passcode_host::credential::Credential;
use passcode_runner::Subscription;

/// Nobody waits long for the reason of a refusal.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks as `passcode doctor` does: the read is not the component's, and none of its routes.
#[derive(Debug)]
pub(super) struct Asked {
    cloud: Cloud,
    roots: Option<Vec<u8>>,
    credential: Arc<dyn Credential>,
}

impl Asked {
    pub(super) fn new(
        cloud: Cloud,
        roots: Option<Vec<u8>>,
        credential: Arc<dyn Credential>,
    ) -> Self {
        Self {
            cloud,
            roots,
            credential,
        }
    }
}

#[async_trait]
impl Subscription for Asked {
    async fn lapsed(&self) -> Option<String> {
        let options = HttpOptions {
            extra_roots: self.roots.clone().unwrap_or_default(),
            connect_timeout: PATIENCE,
            timeout: PATIENCE,
        };
        let http = Http::new(&options).ok()?;
        lapsed_subscription(&http, &self.cloud, &*self.credential).await
    }
}
