//! Exit codes. Scripts branch on them, so they never change.

use std::process::ExitCode;

use passcode_runner::Ended;

/// The number of an ending.
pub(crate) fn number(ended: Ended) -> u8 {
    match ended {
        Ended::Done | Ended::Accepted => 0,
        Ended::Fault => 1,
        Ended::Usage => 2,
        Ended::NotSignedIn => 3,
        Ended::Forbidden => 4,
        Ended::NotFound => 5,
        Ended::Refused => 6,
        Ended::Unknown => 7,
        Ended::AwaitingApproval => 8,
        Ended::Pending => 9,
        Ended::Failed => 10,
        Ended::Unavailable => 12,
        Ended::Interrupted => 130,
    }
}

/// What the numbers mean, for manual pages.
pub(crate) const MEANINGS: [(u8, &str); 14] = [
    (0, "done; or a clean dry run; or accepted, under --no-wait"),
    (1, "a fault in this software"),
    (2, "usage: arguments, a file or the configuration"),
    (3, "not signed in"),
    (4, "forbidden"),
    (5, "no such device, or more than one"),
    (6, "refused, nothing sent"),
    (7, "the outcome is unknown; do not send it again"),
    (8, "waiting for another administrator's approval"),
    (9, "still pending when the wait ended"),
    (10, "the service or the device reported failure"),
    (11, "of many, some failed or were refused"),
    (12, "throttled or unavailable, nothing sent"),
    (130, "interrupted"),
];

pub(crate) fn code(ended: Ended) -> ExitCode {
    ExitCode::from(number(ended))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ending_has_the_number_that_scripts_know() {
        let cases = [
            (Ended::Done, 0),
            (Ended::Accepted, 0),
            (Ended::Fault, 1),
            (Ended::Usage, 2),
            (Ended::NotSignedIn, 3),
            (Ended::Forbidden, 4),
            (Ended::NotFound, 5),
            (Ended::Refused, 6),
            (Ended::Unknown, 7),
            (Ended::AwaitingApproval, 8),
            (Ended::Pending, 9),
            (Ended::Failed, 10),
            (Ended::Unavailable, 12),
            (Ended::Interrupted, 130),
        ];
        for (ended, expected) in cases {
            assert_eq!(number(ended), expected, "{ended:?}");
            assert!(
                MEANINGS.iter().any(|(number, _)| *number == expected),
                "{ended:?}"
            );
        }
    }
}
