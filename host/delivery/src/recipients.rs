//! Who can open the file.

use std::fmt;

use age::x25519::Recipient;

use crate::error::{BadRecipient, DeliveryError, Fault};

/// Public keys: at least one, all of them right.
#[derive(Clone)]
pub struct Recipients(Vec<Recipient>);

/// `age1` and what 32 bytes and a checksum are in Bech32.
const LENGTH: usize = 62;

impl Recipients {
    /// Read recipients, `age1…`. Blanks around them do not matter.
    ///
    /// # Errors
    ///
    /// Every one that is wrong, by its place.
    pub fn parse<T: AsRef<str>>(texts: &[T]) -> Result<Self, DeliveryError> {
        let mut good = Vec::new();
        let mut bad = Vec::new();
        for (place, text) in (1..).zip(texts) {
            let text = text.as_ref().trim();
            match text.parse() {
                Ok(recipient) => good.push(recipient),
                Err(_) => bad.push(BadRecipient {
                    place,
                    fault: fault(text),
                }),
            }
        }
        if !bad.is_empty() {
            return Err(DeliveryError::BadRecipients(bad));
        }
        if good.is_empty() {
            return Err(DeliveryError::NoRecipient);
        }
        Ok(Self(good))
    }

    pub(crate) fn each(&self) -> impl Iterator<Item = &dyn age::Recipient> {
        self.0.iter().map(|one| one as &dyn age::Recipient)
    }
}

fn fault(text: &str) -> Fault {
    let text = text.to_ascii_lowercase();
    if text.starts_with("age-secret-key-") || text.starts_with("age-plugin-") {
        Fault::SecretKey
    } else if text.starts_with("ssh-") {
        Fault::Ssh
    } else if !text.starts_with("age1") {
        Fault::Unlike
    } else if text.len().abs_diff(LENGTH) > 2 && text[4..].contains('1') {
        // Bech32 has no `1` in its data: what stands before the last one is the kind.
        Fault::OtherKind
    } else {
        Fault::Mistyped
    }
}

impl fmt::Debug for Recipients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts = self.0.iter().map(ToString::to_string);
        f.debug_list().entries(texts).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_are_wrong_are_named_and_none_is_repeated() {
        let good = age::x25519::Identity::generate().to_public().to_string();
        let mut mistyped = good.clone();
        let last = if mistyped.ends_with('q') { "p" } else { "q" };
        mistyped.replace_range(mistyped.len() - 1.., last);
        let secret = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
        let cases = [
            (secret, Fault::SecretKey),
            ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC", Fault::Ssh),
            ("age1yubikey1q2w3e4r5t6y7u8i9o0pasdfghjkl", Fault::OtherKind),
            (&format!("age1pq1{}", "q".repeat(1_900)), Fault::OtherKind),
            (&mistyped, Fault::Mistyped),
            (&good[..61], Fault::Mistyped),
            ("age1ü", Fault::Mistyped),
            ("adele@contoso.example", Fault::Unlike),
            ("", Fault::Unlike),
        ];
        let mut texts = vec![good.as_str()];
        texts.extend(cases.iter().map(|(text, _)| *text));
        let error = Recipients::parse(&texts).unwrap_err();
        let shown = format!("{error} {error:?}");
        let DeliveryError::BadRecipients(bad) = error else {
            panic!("{shown}");
        };
        let expected: Vec<_> = (2..)
            .zip(&cases)
            .map(|(place, (_, fault))| BadRecipient {
                place,
                fault: *fault,
            })
            .collect();
        assert_eq!(bad, expected);
        assert!(shown.contains("recipient 2 is a secret key"), "{shown}");
        for (text, _) in cases.iter().filter(|(text, _)| !text.is_empty()) {
            assert!(!shown.contains(text), "{shown}");
        }
    }

    #[test]
    fn one_is_needed_and_blanks_do_not_matter() {
        let none: [&str; 0] = [];
        assert!(matches!(
            Recipients::parse(&none),
            Err(DeliveryError::NoRecipient)
        ));
        let good = age::x25519::Identity::generate().to_public().to_string();
        let parsed = Recipients::parse(&[format!("  {good}\r\n")]).unwrap();
        assert_eq!(format!("{parsed:?}"), format!("[{good:?}]"));
    }
}
