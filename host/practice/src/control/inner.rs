//! The running tenant's whole state, behind one lock.

use crate::clock::ServiceClock;
use crate::entra::caller::ClaimContext;
use crate::entra::caller::Identity;
use crate::entra::jwt::SigningKey;
use crate::entra::{AppCertificate, Caller, TokenRequest};
use crate::fault::book::Book;
use crate::http::exchange::Call;
use crate::journal::Journal;
use crate::options::{ClientApp, Settings};
use crate::throttle::Meters;
use crate::world::World;
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use time::OffsetDateTime;

/// What never changes, and the rest behind its lock.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) key: SigningKey,
    pub(crate) control_key: String,
    /// The addresses under which this tenant is Graph and Entra, `http://127.0.0.1:…` first if there is one.
    pub(crate) origins: Vec<String>,
    inner: Mutex<Inner>,
}

/// What changes.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) world: World,
    pub(crate) clock: ServiceClock,
    pub(crate) settings: Settings,
    pub(crate) clients: Vec<ClientApp>,
    pub(crate) book: Book,
    pub(crate) journal: Journal,
    pub(crate) meters: Meters,
    pub(crate) next_passcodes: VecDeque<String>,
    /// Tokens of an earlier generation than this were all revoked at once.
    pub(crate) generation: u64,
    pub(crate) revoked: BTreeSet<String>,
    /// The practice application's certificates.
    pub(crate) certificates: Vec<AppCertificate>,
    /// The kinds of operation that take another administrator's approval.
    pub(crate) approval_policies: Vec<String>,
}

impl Shared {
    pub(crate) fn new(
        key: SigningKey,
        control_key: String,
        origins: Vec<String>,
        inner: Inner,
    ) -> Self {
        Self {
            key,
            control_key,
            origins,
            inner: Mutex::new(inner),
        }
    }

    /// A panic in one request must not silence the tenant for all others.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether `origin` is one of ours, also when it says `localhost`.
    pub(crate) fn is_own_origin(&self, origin: &str) -> bool {
        let plain = origin
            .replace("://localhost:", "://127.0.0.1:")
            .replace("://[::1]:", "://127.0.0.1:");
        self.origins
            .iter()
            .any(|own| own.replace("://[::1]:", "://127.0.0.1:") == plain)
    }

    pub(crate) fn main_origin(&self) -> &str {
        self.origins.first().map_or("", String::as_str)
    }

    pub(crate) fn mint(&self, inner: &mut Inner, request: &TokenRequest, audience: &str) -> String {
        let (user_id, display_name) = match &request.caller {
            Caller::User { upn } => {
                let user = inner.world.add_user(upn, None, None);
                (user.id.clone(), user.name.clone())
            }
            Caller::App { .. } => (String::new(), String::new()),
        };
        let mut claims = request.claims(&ClaimContext {
            audience,
            tenant: &inner.world.tenant,
            user_id: &user_id,
            display_name: &display_name,
            now: OffsetDateTime::now_utc().unix_timestamp(),
        });
        claims["xms_practice_generation"] = inner.generation.into();
        self.key.sign(&claims)
    }

    /// The one behind a token, or why it does not hold.
    pub(crate) fn identify(&self, inner: &Inner, token: &str) -> Result<Identity, &'static str> {
        let signed = self.signed(token)?;
        self.holds(inner, &signed)?;
        Ok(signed.identity)
    }

    /// The same for a request. That of a part's token is ours was found out once, for the whole batch;
    /// everything that may change meanwhile is asked again.
    pub(crate) fn caller(&self, inner: &Inner, call: &Call) -> Result<Identity, &'static str> {
        let Some(batch) = &call.batch else {
            return self.identify(inner, call.token.as_deref().unwrap_or_default());
        };
        self.holds(inner, &batch.signed)?;
        Ok(batch.signed.identity.clone())
    }

    /// What a token of ours says.
    pub(crate) fn signed(&self, token: &str) -> Result<Signed, &'static str> {
        const INVALID: &str = "Access token validation failure. Invalid signature.";
        if token.is_empty() {
            return Err("Access token is empty.");
        }
        let claims = self.key.verify(token).ok_or(INVALID)?;
        Ok(Signed {
            identity: Identity::from_claims(&claims).ok_or(INVALID)?,
            end: claims["exp"].as_i64(),
            audience: claims["aud"].as_str().unwrap_or_default().to_owned(),
            generation: claims["xms_practice_generation"].as_u64().unwrap_or(0),
        })
    }

    /// Whether it is good now, and here.
    pub(crate) fn holds(&self, inner: &Inner, signed: &Signed) -> Result<(), &'static str> {
        let now = OffsetDateTime::now_utc().unix_timestamp();
        if signed.end.is_none_or(|end| end <= now) {
            return Err("Lifetime validation failed, the token is expired.");
        }
        if !self.is_own_origin(&signed.audience) {
            return Err("Access token validation failure. Invalid audience.");
        }
        let revoked = inner.revoked.contains(&signed.identity.token_id);
        if signed.generation < inner.generation || revoked {
            return Err("Access token validation failure. The token was revoked.");
        }
        Ok(())
    }
}

/// What a token of ours says, and of what depends whether it is good.
#[derive(Debug)]
pub(crate) struct Signed {
    pub(crate) identity: Identity,
    end: Option<i64>,
    audience: String,
    generation: u64,
}

impl Inner {
    /// A passcode nobody will mistake for something else on the wire, unless a test asked for its own.
    pub(crate) fn new_passcode(&mut self) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHJKMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789";
        self.next_passcodes.pop_front().unwrap_or_else(|| {
            let random = uuid::Uuid::new_v4();
            let bytes = random.as_bytes();
            // The bytes at 6 and 8 hold the version and variant of a UUID, so they are left out.
            [0, 1, 2, 3, 4, 5, 7, 9, 10, 11]
                .into_iter()
                .map(|at| char::from(LETTERS[usize::from(bytes[at]) % LETTERS.len()]))
                .collect()
        })
    }
}
