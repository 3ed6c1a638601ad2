//! Listening at the boundary, and searching what was heard.

use std::sync::Mutex;

use passcode_host::{Crossing, Tap};

/// Remembers everything that crosses into components.
#[derive(Debug, Default)]
pub struct Recorder(Mutex<Vec<(String, String)>>);

impl Recorder {
    /// Everything so far, one line each: phase, what, content.
    #[must_use]
    pub fn heard(&self) -> String {
        let heard = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        heard
            .iter()
            .map(|(what, content)| format!("{what}: {content}\n"))
            .collect()
    }

    /// How much crossed so far.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .len()
    }
}

impl Tap for Recorder {
    fn crossing(&self, crossing: &Crossing<'_>) {
        let mut heard = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        heard.push((
            format!("{:?} {}", crossing.phase, crossing.what),
            crossing.content.to_owned(),
        ));
    }
}

/// Fail if a secret occurs in a place. The message does not repeat the secret.
pub fn assert_absent(place: &str, content: &[u8], secrets: &[String]) {
    for (index, secret) in secrets.iter().enumerate() {
        assert!(!secret.is_empty(), "an empty secret is found everywhere");
        let found = memchr::memmem::find(content, secret.as_bytes());
        assert!(
            found.is_none(),
            "secret {index} occurs in {place} at byte {}",
            found.unwrap_or(0)
        );
    }
}

/// Whether a text occurs in some bytes.
#[must_use]
pub fn occurs(content: &[u8], text: &str) -> bool {
    memchr::memmem::find(content, text.as_bytes()).is_some()
}
