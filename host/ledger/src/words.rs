//! How states, endings, plans and times are written, wherever a ledger is kept.

use passcode_host::ledger::{Ending, PlanId, Sending};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The hash that names a document.
pub(crate) fn name_of(document: &str) -> PlanId {
    PlanId(Sha256::digest(document).into())
}

/// RFC 3339, in UTC, to the nanosecond where it has them. None outside the years 0 to 9999.
pub(crate) fn instant(at: OffsetDateTime) -> Option<String> {
    at.to_offset(time::UtcOffset::UTC).format(&Rfc3339).ok()
}

pub(crate) fn sending_word(sending: Sending) -> &'static str {
    match sending {
        Sending::Intended => "intended",
        Sending::NotExecuted => "not-executed",
        Sending::Rejected => "rejected",
        Sending::Accepted => "accepted",
        Sending::Unknown => "unknown",
    }
}

pub(crate) fn sending(word: &str) -> Option<Sending> {
    [
        Sending::Intended,
        Sending::NotExecuted,
        Sending::Rejected,
        Sending::Accepted,
        Sending::Unknown,
    ]
    .into_iter()
    .find(|sending| sending_word(*sending) == word)
}

pub(crate) fn ending_word(ending: Ending) -> &'static str {
    match ending {
        Ending::Done => "done",
        Ending::Failed => "failed",
        Ending::Canceled => "canceled",
        Ending::NotSupported => "not-supported",
        Ending::Ambiguous => "ambiguous",
    }
}

pub(crate) fn ending(word: &str) -> Option<Ending> {
    [
        Ending::Done,
        Ending::Failed,
        Ending::Canceled,
        Ending::NotSupported,
        Ending::Ambiguous,
    ]
    .into_iter()
    .find(|ending| ending_word(*ending) == word)
}
