//! An app registration, and how its proof becomes a token.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use passcode_host::credential::{AccessToken, CredentialError, TokenRequest};
use time::OffsetDateTime;
use url::Url;
use zeroize::Zeroizing;

use crate::answer::{Asked, Granted, Refusal, read};
use crate::cache::Cache;
use crate::claims;
use crate::cloud::Cloud;
use crate::error::{refused, shown};
use crate::given::check_scope;
use crate::http::Http;

/// How often a request is made in all, when its failures are passing ones.
const TRIES: u32 = 3;

/// The first pause between tries; each next one is twice as long.
const PAUSE: Duration = Duration::from_millis(500);

/// A service that asks for a longer pause is not waited for; its wish is in the error.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Fields of a form; a value may be a secret.
pub(crate) type Form = Vec<(&'static str, Zeroizing<String>)>;

/// A field of a form.
pub(crate) fn field(name: &'static str, value: &str) -> (&'static str, Zeroizing<String>) {
    (name, Zeroizing::new(value.to_owned()))
}

/// Who may sign in to an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tenants {
    /// One tenant: an app's own token belongs to one.
    One,
    /// One, or `organizations`: whichever the person belongs to.
    OneOrOrganizations,
}

/// An app registration in a tenant of a cloud.
pub(crate) struct App {
    pub(crate) cloud: Cloud,
    pub(crate) tenant: String,
    pub(crate) client_id: String,
    pub(crate) http: Http,
    pub(crate) endpoint: Url,
}

impl App {
    /// An app in a tenant. `tenant` is its id or one of its domains.
    pub(crate) fn new(
        cloud: Cloud,
        tenant: &str,
        client_id: &str,
        http: Http,
        tenants: Tenants,
    ) -> Result<Self, CredentialError> {
        let (tenant, client_id) = (tenant.trim(), client_id.trim());
        let foreign: &[&str] = match tenants {
            Tenants::One => &["common", "consumers", "organizations"],
            Tenants::OneOrOrganizations => &["common", "consumers"],
        };
        if !is_name(tenant) || foreign.iter().any(|name| tenant.eq_ignore_ascii_case(name)) {
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
        Ok(Self {
            endpoint: address(&cloud, tenant, "token")?,
            tenant: tenant.into(),
            client_id: client_id.into(),
            http,
            cloud,
        })
    }

    /// Another of the tenant's endpoints: `devicecode`, `authorize`.
    pub(crate) fn address(&self, name: &str) -> Result<Url, CredentialError> {
        address(&self.cloud, &self.tenant, name)
    }

    /// Send a form to the token endpoint, once, and read the answer.
    pub(crate) async fn exchange(&self, form: &Form) -> Result<Granted, Failed> {
        let plain: Vec<(&str, &str)> = form
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let answer = self.http.post(&self.endpoint, &plain).await;
        let answer = answer.map_err(|error| (Refusal::from(error), None))?;
        let secrets: Vec<&str> = form
            .iter()
            .filter(|(name, _)| SECRETS.contains(name))
            .map(|(_, value)| value.as_str())
            .collect();
        let asked = Asked {
            cloud: &self.cloud,
            tenant: &self.tenant,
            client_id: &self.client_id,
            secrets: &secrets,
        };
        read(&answer, &asked, OffsetDateTime::now_utc())
            .map_err(|refusal| (refusal, answer.retry_after))
    }
}

/// Fields whose values must not come back in a message.
const SECRETS: &[&str] = &[
    "client_secret",
    "client_assertion",
    "refresh_token",
    "device_code",
    "code",
    "code_verifier",
];

fn address(cloud: &Cloud, tenant: &str, name: &str) -> Result<Url, CredentialError> {
    let text = format!("{}/{tenant}/oauth2/v2.0/{name}", cloud.authority());
    Url::parse(&text).map_err(|_| {
        refused(
            "tenant-invalid",
            "the tenant makes no address",
            "check AZURE_TENANT_ID",
        )
    })
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

/// What failed, and how long the service asks to be left alone.
pub(crate) type Failed = (Refusal, Option<Duration>);

/// How often something is tried, and how long is paused in between.
pub(crate) struct Tries {
    made: u32,
    pause: Duration,
}

impl Tries {
    pub(crate) fn new() -> Self {
        Self {
            made: 0,
            pause: PAUSE,
        }
    }

    /// Pause before the next try; or, if trying again cannot help or has been tried three times,
    /// the failure.
    pub(crate) async fn after(&mut self, (refusal, wish): Failed) -> Result<(), Refusal> {
        self.made += 1;
        let wait = wish.map_or(self.pause, |wish| wish.max(self.pause));
        if !refusal.error.transient || self.made == TRIES || wait > LONGEST_PAUSE {
            return Err(refusal);
        }
        self.pause *= 2;
        tokio::time::sleep(wait).await;
        Ok(())
    }
}

/// What an app shows to be given its own token.
#[async_trait]
pub(crate) trait Proof: Send + Sync {
    /// The fields that prove who asks. Made anew for each try: an authority may refuse an
    /// assertion that it has seen.
    async fn fields(&self, app: &App) -> Result<Form, CredentialError>;
}

/// An app that signs in as itself: the client credentials grant of OAuth 2.0, as Entra's v2.0
/// endpoint has it.
pub(crate) struct Confidential<P> {
    pub(crate) app: App,
    pub(crate) proof: P,
    cache: Cache,
}

impl<P: Proof> Confidential<P> {
    pub(crate) fn new(app: App, proof: P) -> Self {
        Self {
            app,
            proof,
            cache: Cache::default(),
        }
    }

    pub(crate) async fn token(
        &self,
        request: &TokenRequest,
    ) -> Result<AccessToken, CredentialError> {
        check_scope(&request.scope, &self.app.cloud)?;
        self.cache
            .token(request, self.ask(request.claims.as_deref()))
            .await
    }

    async fn ask(&self, challenge: Option<&str>) -> Result<AccessToken, CredentialError> {
        let claims = claims::declared(challenge)?;
        let mut tries = Tries::new();
        loop {
            match self.once(&claims).await {
                Ok(granted) => return Ok(granted.token),
                Err(failed) => tries
                    .after(failed)
                    .await
                    .map_err(|refusal| *refusal.error)?,
            }
        }
    }

    async fn once(&self, claims: &str) -> Result<Granted, Failed> {
        let mut form = vec![
            field("grant_type", "client_credentials"),
            field("client_id", &self.app.client_id),
        ];
        let proof = self.proof.fields(&self.app).await;
        form.extend(proof.map_err(|error| (error.into(), None))?);
        form.push(field("scope", &self.app.cloud.scope()));
        form.push(field("claims", claims));
        self.app.exchange(&form).await
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("cloud", &self.cloud)
            .field("tenant", &self.tenant)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}
