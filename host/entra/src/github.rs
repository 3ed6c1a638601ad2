//! The identity that GitHub gives to a workflow's job (`permissions: id-token: write`).

use std::fmt;

use async_trait::async_trait;
use passcode_host::credential::CredentialError;
use serde::Deserialize;
use url::Url;
use zeroize::Zeroizing;

use crate::app::Tries;
use crate::error::{later, refused};
use crate::federated::AssertionSource;
use crate::http::Http;
use crate::origin;

/// GitHub's issuer of assertions, as a job sees it.
pub struct GitHubOidc {
    address: Url,
    token: Zeroizing<String>,
    http: Http,
}

#[derive(Deserialize)]
struct Issued {
    value: String,
}

impl GitHubOidc {
    /// `address` is `ACTIONS_ID_TOKEN_REQUEST_URL`, `token` is `ACTIONS_ID_TOKEN_REQUEST_TOKEN`,
    /// and `audience` what the federated credential has:
    /// [`Cloud::exchange_audience`](crate::Cloud::exchange_audience).
    ///
    /// # Errors
    ///
    /// `github-oidc` if the address is none, or not an encrypted one (loopback excepted).
    pub fn new(
        address: &str,
        token: String,
        audience: &str,
        http: Http,
    ) -> Result<Self, CredentialError> {
        let token = Zeroizing::new(token.trim().to_owned());
        let wrong = || {
            refused(
                "github-oidc",
                "ACTIONS_ID_TOKEN_REQUEST_URL is not an encrypted address",
                "leave it as GitHub sets it",
            )
        };
        let mut address = Url::parse(address.trim()).map_err(|_| wrong())?;
        if address.scheme() != "https" && !origin::is_loopback(&address) {
            return Err(wrong());
        }
        address.query_pairs_mut().append_pair("audience", audience);
        Ok(Self {
            address,
            token,
            http,
        })
    }
}

#[async_trait]
impl AssertionSource for GitHubOidc {
    async fn assertion(&self) -> Result<Zeroizing<String>, CredentialError> {
        let bearer = Zeroizing::new(format!("Bearer {}", *self.token));
        let headers = [("authorization", bearer)];
        let at = origin::written(&self.address);
        let mut tries = Tries::new();
        let answer = loop {
            let failed = match self.http.get(&self.address, &headers).await {
                Ok(answer) if !matches!(answer.status, 408 | 429 | 500..=599) => break answer,
                Ok(answer) => {
                    let text = format!("{at} gave no assertion ({})", answer.status);
                    let busy = later("github-oidc", text, "try again later");
                    (busy.into(), answer.retry_after)
                }
                Err(error) => (error.into(), None),
            };
            tries
                .after(failed)
                .await
                .map_err(|refusal| *refusal.error)?;
        };
        if answer.status != 200 {
            return Err(refused(
                "github-oidc",
                format!("{at} gave no assertion ({})", answer.status),
                "the job needs `permissions: id-token: write`",
            ));
        }
        serde_json::from_slice::<Issued>(&answer.body)
            .map(|issued| Zeroizing::new(issued.value))
            .map_err(|_| {
                refused(
                    "github-oidc",
                    format!("{at} answered with something that is no assertion"),
                    "leave ACTIONS_ID_TOKEN_REQUEST_URL as GitHub sets it",
                )
            })
    }

    fn kind(&self) -> &'static str {
        "github-oidc"
    }
}

impl fmt::Debug for GitHubOidc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address holds ids of the run, and the token is a secret.
        f.debug_struct("GitHubOidc")
            .field("origin", &origin::written(&self.address))
            .field("token", &"****")
            .finish_non_exhaustive()
    }
}
