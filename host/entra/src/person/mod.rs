//! People who sign in: once in person, from then on with a refresh token.

mod browser;
mod device_code;
mod listener;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use passcode_host::credential::{AccessToken, Credential, CredentialError, TokenRequest};
use tokio::sync::Mutex;
use url::Url;
use zeroize::Zeroizing;

pub use browser::Browser;
pub use device_code::DeviceCode;

use crate::answer::{Granted, Refusal};
use crate::app::{App, Form, Tenants, Tries, field};
use crate::cache::Cache;
use crate::claims;
use crate::cloud::Cloud;
use crate::error::refused;
use crate::given::check_scope;
use crate::http::Http;
use crate::sign_in::Registration;
use crate::vault::{Account, RefreshTokens};

/// What a person is to do at another device, or in another window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DevicePrompt {
    /// The code to type.
    pub user_code: String,
    /// Where to type it.
    pub address: String,
    /// For how many seconds it can be typed.
    pub seconds: u64,
}

/// How a sign-in speaks with the person: a command writes to its terminal, a program opens a
/// window.
#[async_trait]
pub trait Interaction: Send + Sync + fmt::Debug {
    /// Show a code and where to type it. Returns at once; the sign-in then waits for the person.
    ///
    /// # Errors
    ///
    /// Where nobody can see it; the sign-in then ends with the error.
    async fn show_code(&self, prompt: &DevicePrompt) -> Result<(), CredentialError>;

    /// Open an address in the person's browser, or show it. Returns at once. The address holds
    /// no secret that is of use to anybody else.
    ///
    /// # Errors
    ///
    /// Where that cannot be done; the sign-in then ends with the error.
    async fn open_browser(&self, address: &Url) -> Result<(), CredentialError>;

    /// Something did not work that the sign-in can do without: it could not be kept.
    async fn warn(&self, problem: &CredentialError);
}

/// How somebody signs in in person.
#[async_trait]
pub(crate) trait Way: Send + Sync + fmt::Debug {
    async fn sign_in(&self, app: &App, claims: &str) -> Result<Granted, Refusal>;

    /// The refresh token could not be read or kept.
    async fn warn(&self, problem: CredentialError) -> Result<(), CredentialError>;
}

/// A person's sign-in.
///
/// The access token stays in memory. The refresh token does too, and rests only where a
/// [`RefreshTokens`] was given for it.
pub(crate) struct Person<W> {
    app: App,
    way: W,
    cache: Cache,
    refresh: Mutex<Option<Zeroizing<String>>>,
    kept: Option<Arc<dyn RefreshTokens>>,
}

impl<W: Way> Person<W> {
    pub(crate) fn new(
        cloud: Cloud,
        tenant: &str,
        client_id: &str,
        http: Http,
        kept: Option<Arc<dyn RefreshTokens>>,
        way: W,
    ) -> Result<Self, CredentialError> {
        let app = App::new(cloud, tenant, client_id, http, Tenants::OneOrOrganizations)?;
        Ok(Self {
            app,
            way,
            cache: Cache::default(),
            refresh: Mutex::new(None),
            kept,
        })
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

    /// Sign out of this program: what is kept of the sign-in is gone afterwards.
    pub(crate) async fn forget(&self) -> Result<(), CredentialError> {
        self.cache.clear().await;
        *self.refresh.lock().await = None;
        match &self.kept {
            Some(kept) => kept.forget(&self.account()).await,
            None => Ok(()),
        }
    }

    fn account(&self) -> Account {
        let app = Registration {
            tenant: self.app.tenant.clone(),
            client_id: self.app.client_id.clone(),
        };
        Account::new(&self.app.cloud, &app)
    }

    async fn ask(&self, challenge: Option<&str>) -> Result<AccessToken, CredentialError> {
        let mut claims = claims::declared(challenge)?;
        if let Some(refresh) = self.refresh_token().await? {
            match self.refreshed(&refresh, &claims).await {
                Ok(granted) => return self.keep(granted).await,
                Err(refusal) if wants_a_person(&refusal) => {
                    // What the authority demands comes on top of nothing: it has seen ours.
                    if let Some(demanded) = &refusal.claims {
                        claims = claims::declared(Some(demanded))?;
                    }
                    if refusal.name == "invalid_grant" {
                        self.forget_refresh().await?;
                    }
                }
                Err(refusal) => return Err(*refusal.error),
            }
        }
        let granted = self.way.sign_in(&self.app, &claims).await;
        self.keep(granted.map_err(|refusal| *refusal.error)?).await
    }

    async fn refreshed(&self, refresh: &str, claims: &str) -> Result<Granted, Refusal> {
        let form: Form = vec![
            field("grant_type", "refresh_token"),
            field("client_id", &self.app.client_id),
            field("refresh_token", refresh),
            field("scope", &scope(&self.app.cloud)),
            field("claims", claims),
        ];
        let mut tries = Tries::new();
        loop {
            match self.app.exchange(&form).await {
                Ok(granted) => return Ok(granted),
                Err(failed) => tries.after(failed).await?,
            }
        }
    }

    async fn refresh_token(&self) -> Result<Option<Zeroizing<String>>, CredentialError> {
        let mut refresh = self.refresh.lock().await;
        if refresh.is_none()
            && let Some(kept) = &self.kept
        {
            match kept.load(&self.account()).await {
                Ok(found) => *refresh = found,
                Err(problem) => self.way.warn(problem).await?,
            }
        }
        Ok(refresh.clone())
    }

    /// Keep what is to be kept. A refresh token is often replaced by the next.
    async fn keep(&self, granted: Granted) -> Result<AccessToken, CredentialError> {
        if let Some(refresh) = granted.refresh {
            if let Some(kept) = &self.kept
                && let Err(problem) = kept.save(&self.account(), &refresh).await
            {
                self.way.warn(problem).await?;
            }
            *self.refresh.lock().await = Some(refresh);
        }
        Ok(granted.token)
    }

    async fn forget_refresh(&self) -> Result<(), CredentialError> {
        *self.refresh.lock().await = None;
        if let Some(kept) = &self.kept
            && let Err(problem) = kept.forget(&self.account()).await
        {
            self.way.warn(problem).await?;
        }
        Ok(())
    }
}

/// What a person's sign-in asks for: everything that the app registration has for Graph, and a
/// refresh token.
pub(crate) fn scope(cloud: &Cloud) -> String {
    format!("openid profile offline_access {}", cloud.scope())
}

/// Whether only a person can go on: the refresh token has ended, or a policy wants more.
fn wants_a_person(refusal: &Refusal) -> bool {
    [
        "invalid_grant",
        "interaction_required",
        "login_required",
        "consent_required",
    ]
    .contains(&refusal.name.as_str())
}

impl<W: Way> fmt::Debug for Person<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person")
            .field("app", &self.app)
            .field("kept", &self.kept)
            .finish_non_exhaustive()
    }
}

/// Somebody who signed in earlier, and whose refresh token was kept. Asks nobody anything.
#[derive(Debug)]
pub struct KeptSignIn(Person<Nobody>);

#[derive(Debug)]
struct Nobody;

impl KeptSignIn {
    /// What is kept of the sign-in to an app. `tenant` is an id, a domain, or `organizations`, as
    /// at the sign-in.
    ///
    /// # Errors
    ///
    /// `tenant-invalid`, `client-id-invalid`.
    pub fn new(
        cloud: Cloud,
        tenant: &str,
        client_id: &str,
        kept: Arc<dyn RefreshTokens>,
        http: Http,
    ) -> Result<Self, CredentialError> {
        Person::new(cloud, tenant, client_id, http, Some(kept), Nobody).map(Self)
    }

    /// Forget the sign-in. The authority is not told: it has no address for that.
    ///
    /// # Errors
    ///
    /// Those of the [`RefreshTokens`].
    pub async fn forget(&self) -> Result<(), CredentialError> {
        self.0.forget().await
    }
}

#[async_trait]
impl Way for Nobody {
    async fn sign_in(&self, app: &App, _claims: &str) -> Result<Granted, Refusal> {
        Err(Refusal::from(refused(
            "not-signed-in",
            format!(
                "nobody is signed in to app {} in tenant {}, or the sign-in has ended",
                app.client_id, app.tenant
            ),
            "sign in: `passcode login`",
        )))
    }

    async fn warn(&self, problem: CredentialError) -> Result<(), CredentialError> {
        Err(problem)
    }
}

#[async_trait]
impl Credential for KeptSignIn {
    async fn token(&self, request: &TokenRequest) -> Result<AccessToken, CredentialError> {
        self.0.token(request).await
    }

    fn kind(&self) -> &'static str {
        "kept-sign-in"
    }
}
