//! An app that signs in with a secret: the client credentials grant of OAuth 2.0, as Entra's
//! v2.0 endpoint has it.
//!
//! It is one form and one answer, so it is written here over `reqwest`; the `oauth2` crate comes
//! in with the flows that have steps. That crate would also drop Entra's error numbers and ids.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use passcode_host::credential::{AccessToken, Credential, CredentialError, TokenRequest};
use time::OffsetDateTime;
use tokio::sync::Mutex;
use url::Url;
use zeroize::Zeroizing;

use crate::answer::{Asked, read};
use crate::cloud::Cloud;
use crate::error::{refused, shown};
use crate::given::check_scope;
use crate::http::Http;

/// A cached token is used until so long before its end.
const MARGIN: time::Duration = time::Duration::minutes(5);

/// How often a request is made in all, when its failures are passing ones.
const TRIES: u32 = 3;

/// The first pause between tries; each next one is twice as long.
const PAUSE: Duration = Duration::from_millis(500);

/// An authority that asks for a longer pause is not waited for; its wish is in the error.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// An app with a client secret.
///
/// Keeps one token, until 5 minutes before its end. Any number of tasks that want one at the
/// same time cause one request. A renewal bypasses the cache; tasks whose tokens were refused at
/// the same time share one renewal.
pub struct ClientSecret {
    cloud: Cloud,
    tenant: String,
    client_id: String,
    secret: Zeroizing<String>,
    endpoint: Url,
    http: Http,
    cache: Mutex<Option<Kept>>,
    /// Counts tokens received.
    received: AtomicU64,
}

struct Kept {
    token: AccessToken,
    claims: Option<String>,
}

impl ClientSecret {
    /// An app in a tenant. `tenant` is its id or one of its domains.
    ///
    /// # Errors
    ///
    /// `tenant-invalid` for anything else (`common` and `organizations` included: an app's own
    /// token belongs to one tenant); `client-id-invalid`; `secret-empty`.
    pub fn new(
        cloud: Cloud,
        tenant: &str,
        client_id: &str,
        secret: String,
        http: Http,
    ) -> Result<Self, CredentialError> {
        let secret = Zeroizing::new(secret);
        let (tenant, client_id) = (tenant.trim(), client_id.trim());
        let shared = ["common", "organizations", "consumers"];
        if !is_name(tenant) || shared.iter().any(|name| tenant.eq_ignore_ascii_case(name)) {
            return Err(refused(
                "tenant-invalid",
                format!("'{}' is not one tenant", shown(tenant, 80)),
                "set AZURE_TENANT_ID to the tenant's id, or to one of its domains",
            ));
        }
        if !is_name(client_id) {
            return Err(refused(
                "client-id-invalid",
                format!(
                    "'{}' is not an application (client) id",
                    shown(client_id, 80)
                ),
                "set AZURE_CLIENT_ID to the app registration's Application (client) ID",
            ));
        }
        if secret.trim().is_empty() {
            return Err(refused(
                "secret-empty",
                "the client secret is empty",
                "set AZURE_CLIENT_SECRET to the secret's value",
            ));
        }
        let address = format!("{}/{tenant}/oauth2/v2.0/token", cloud.authority());
        let endpoint = Url::parse(&address).map_err(|_| {
            refused(
                "tenant-invalid",
                "the tenant makes no address",
                "check AZURE_TENANT_ID",
            )
        })?;
        Ok(Self {
            tenant: tenant.into(),
            client_id: client_id.into(),
            secret,
            endpoint,
            http,
            cache: Mutex::new(None),
            received: AtomicU64::new(0),
            cloud,
        })
    }

    /// The cloud it is for.
    #[must_use]
    pub fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    /// The tenant, as it was given.
    #[must_use]
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// The app.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    async fn ask(&self, claims: Option<&str>) -> Result<AccessToken, CredentialError> {
        let scope = self.cloud.scope();
        let mut form = vec![
            ("grant_type", "client_credentials"),
            ("client_id", &self.client_id),
            ("client_secret", self.secret.as_str()),
            ("scope", &scope),
        ];
        if let Some(claims) = claims {
            form.push(("claims", claims));
        }
        let asked = Asked {
            cloud: &self.cloud,
            tenant: &self.tenant,
            client_id: &self.client_id,
            secret: &self.secret,
        };
        let mut pause = PAUSE;
        let mut tries = 1;
        loop {
            let (error, wish) = match self.http.post(&self.endpoint, &form).await {
                Ok(answer) => match read(&answer, &asked, OffsetDateTime::now_utc()) {
                    Ok(token) => return Ok(token),
                    Err(error) => (error, answer.retry_after),
                },
                Err(error) => (error, None),
            };
            let wait = wish.map_or(pause, |wish| wish.max(pause));
            if !error.transient || tries == TRIES || wait > LONGEST_PAUSE {
                return Err(error);
            }
            tokio::time::sleep(wait).await;
            pause *= 2;
            tries += 1;
        }
    }
}

/// A GUID or a domain: nothing that would change the address it is put into.
fn is_name(text: &str) -> bool {
    (1..=253).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
        && !text.starts_with('.')
        && !text.contains("..")
}

#[async_trait]
impl Credential for ClientSecret {
    async fn token(&self, request: &TokenRequest) -> Result<AccessToken, CredentialError> {
        check_scope(&request.scope, &self.cloud)?;
        let seen = self.received.load(Ordering::Acquire);
        let mut cache = self.cache.lock().await;
        // What came while this task waited for the lock is as new as what it would get.
        let is_new = self.received.load(Ordering::Acquire) != seen;
        if let Some(kept) = cache.as_ref() {
            let answers = request.claims.is_none() || request.claims == kept.claims;
            let lasts = kept
                .token
                .expires()
                .is_some_and(|end| end - MARGIN > OffsetDateTime::now_utc());
            if answers && lasts && (is_new || !(request.renew || request.claims.is_some())) {
                return Ok(kept.token.clone());
            }
        }
        let token = self.ask(request.claims.as_deref()).await?;
        self.received.fetch_add(1, Ordering::AcqRel);
        *cache = Some(Kept {
            token: token.clone(),
            claims: request.claims.clone(),
        });
        Ok(token)
    }

    fn kind(&self) -> &'static str {
        "client-secret"
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientSecret")
            .field("cloud", &self.cloud)
            .field("tenant", &self.tenant)
            .field("client_id", &self.client_id)
            .field("secret", &"****")
            .finish_non_exhaustive()
    }
}
