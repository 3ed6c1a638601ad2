//! Making credential errors: what happened, to what, what to do now.

use passcode_host::credential::CredentialError;

/// An error that trying again does not mend.
pub(crate) fn refused(
    code: &str,
    message: impl Into<String>,
    remedy: impl Into<String>,
) -> CredentialError {
    CredentialError {
        code: code.into(),
        message: message.into(),
        remedy: remedy.into(),
        transient: false,
        said: None,
    }
}

/// An error that trying again later can mend.
pub(crate) fn later(
    code: &str,
    message: impl Into<String>,
    remedy: impl Into<String>,
) -> CredentialError {
    CredentialError {
        transient: true,
        ..refused(code, message, remedy)
    }
}

/// A service's words for a person's eyes: no control or bidirectional characters, and not
/// endless.
pub(crate) fn shown(text: &str, most: usize) -> String {
    let clean = |c: char| {
        !c.is_control()
            && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{61c}' | '\u{feff}')
    };
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.chars().filter(|c| clean(*c)).take(most).collect()
}
