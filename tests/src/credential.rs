//! A credential that always has a token, and counts how often it was asked.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use passcode_host::credential::{AccessToken, Credential, CredentialError, TokenRequest};
use passcode_practice::Control;

/// Hands out one token until a new one is asked for.
#[derive(Debug)]
pub struct Fixed {
    token: Mutex<String>,
    control: Option<Control>,
    asked: AtomicUsize,
    renewed: AtomicUsize,
    claims: Mutex<Vec<String>>,
}

impl Fixed {
    /// The practice operator's token; a renewal mints another.
    #[must_use]
    pub fn of(control: &Control) -> Self {
        let token = control.mint_token(&passcode_practice::TokenRequest::help_desk());
        Self::new(token, Some(control.clone()))
    }

    /// Always this token.
    #[must_use]
    pub fn always(token: &str) -> Self {
        Self::new(token.to_owned(), None)
    }

    fn new(token: String, control: Option<Control>) -> Self {
        Self {
            token: Mutex::new(token),
            control,
            asked: AtomicUsize::new(0),
            renewed: AtomicUsize::new(0),
            claims: Mutex::default(),
        }
    }

    /// The token, for searching.
    #[must_use]
    pub fn token_text(&self) -> String {
        lock(&self.token).clone()
    }

    /// How often a token was asked for, and how often a new one.
    #[must_use]
    pub fn asked(&self) -> (usize, usize) {
        (
            self.asked.load(Ordering::SeqCst),
            self.renewed.load(Ordering::SeqCst),
        )
    }

    /// The claims challenges it was asked to answer.
    #[must_use]
    pub fn claims(&self) -> Vec<String> {
        lock(&self.claims).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[async_trait]
impl Credential for Fixed {
    async fn token(&self, request: &TokenRequest) -> Result<AccessToken, CredentialError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        lock(&self.claims).extend(request.claims.clone());
        if request.renew {
            self.renewed.fetch_add(1, Ordering::SeqCst);
            if let Some(control) = &self.control {
                *lock(&self.token) =
                    control.mint_token(&passcode_practice::TokenRequest::help_desk());
            }
        }
        Ok(AccessToken::new(self.token_text(), None))
    }

    fn kind(&self) -> &'static str {
        "given-token"
    }
}
