//! What may be said of an attempt afterwards.

use passcode_host::ledger::{Ending, Sending, Settlement};

use super::{Handle, answer, stands_at};

use Sending::{Accepted, Intended, NotExecuted, Rejected, Unknown};

/// From a state, to a state, with an answer, with evidence: whether it is recorded.
const TABLE: &[(Sending, Sending, bool, bool, bool)] = &[
    (Intended, Intended, true, false, false),
    (Intended, NotExecuted, false, false, true),
    (Intended, Rejected, true, false, true),
    (Intended, Accepted, true, false, true),
    (Intended, Accepted, false, true, true),
    (Intended, Unknown, false, false, true),
    // Nothing settles an unknown sending but evidence, or an answer that comes late.
    (Unknown, Accepted, false, true, true),
    (Unknown, Accepted, true, false, false),
    (Unknown, Accepted, false, false, false),
    (Unknown, NotExecuted, false, false, false),
    (Unknown, NotExecuted, false, true, false),
    (Unknown, NotExecuted, true, false, true),
    (Unknown, Rejected, false, false, false),
    (Unknown, Rejected, true, false, true),
    (Unknown, Unknown, false, false, true),
    (Unknown, Intended, false, false, false),
    // What is decided stays.
    (Accepted, Accepted, true, true, true),
    (Accepted, Unknown, false, false, false),
    (Accepted, Rejected, true, false, false),
    (Accepted, NotExecuted, true, false, false),
    (Accepted, Intended, false, false, false),
    (Rejected, Rejected, true, false, true),
    (Rejected, Accepted, true, true, false),
    (Rejected, NotExecuted, true, false, false),
    (Rejected, Unknown, false, false, false),
    (Rejected, Intended, false, false, false),
    (NotExecuted, NotExecuted, true, false, true),
    (NotExecuted, Accepted, true, true, false),
    (NotExecuted, Rejected, true, false, false),
    (NotExecuted, Unknown, false, false, false),
    (NotExecuted, Intended, false, false, false),
];

pub(super) async fn table(ledger: Handle) {
    for (at, (from, to, answered, proven, recorded)) in TABLE.iter().copied().enumerate() {
        let row = format!("{from:?} to {to:?}, answered {answered}, proven {proven}");
        let name = format!("settle-{at}");
        let plan = stands_at(&*ledger, &name, &name, from, None).await;
        let settlement = Settlement {
            settled_by: proven.then(|| "new-result".into()),
            ..if answered {
                answer(200)
            } else {
                Settlement::default()
            }
        };
        let result = ledger.settle(&name, to, &settlement).await;
        assert_eq!(result.is_ok(), recorded, "{row}: {result:?}");
        let attempts = ledger.attempts(&plan.id).await.expect("attempts");
        let expected = if recorded { to } else { from };
        assert_eq!(
            attempts.first().map(|attempt| attempt.sending),
            Some(expected),
            "{row}"
        );
    }

    // An answer was recorded with the unknown (a 503): another one cannot come.
    let plan = stands_at(&*ledger, "answered", "answered", Intended, None).await;
    ledger
        .settle("answered", Unknown, &answer(503))
        .await
        .expect("a 503 is unknown");
    for decided in [Rejected, NotExecuted] {
        assert!(
            ledger
                .settle("answered", decided, &answer(403))
                .await
                .is_err()
        );
    }

    // The first word on each point stands, and what was missing is added.
    let evidence = Settlement {
        status: Some(204),
        approval_code: Some("code".into()),
        settled_by: Some("audit-entry 7".into()),
        ..Settlement::default()
    };
    ledger
        .settle("answered", Accepted, &evidence)
        .await
        .expect("evidence");
    let attempts = ledger.attempts(&plan.id).await.expect("attempts");
    let known = attempts.first().map(|attempt| attempt.settlement.clone());
    let expected = Settlement {
        approval_code: Some("code".into()),
        settled_by: Some("audit-entry 7".into()),
        ..answer(503)
    };
    assert_eq!(known, Some(expected));

    evidence_first(&ledger).await;
    assert!(
        ledger
            .settle("nobody", Accepted, &answer(204))
            .await
            .is_err()
    );
}

/// One process looks and finds evidence while another still waits for the answer.
async fn evidence_first(ledger: &Handle) {
    let evidence = |word: &str| Settlement {
        settled_by: Some(word.into()),
        ..Settlement::default()
    };
    let table = [
        (Unknown, Settlement::default(), true, "new-result"),
        (Accepted, answer(204), true, "new-result"),
        (Accepted, evidence("audit-entry 7"), true, "audit-entry 7"),
        (Rejected, answer(403), false, "new-result"),
        (NotExecuted, answer(429), false, "new-result"),
    ];
    for (at, (reported, with, recorded, proof)) in table.into_iter().enumerate() {
        let name = format!("evidence-{at}");
        let plan = stands_at(&**ledger, &name, &name, Intended, None).await;
        ledger
            .settle(&name, Accepted, &evidence("new-result"))
            .await
            .expect("evidence");
        let result = ledger.settle(&name, reported, &with).await;
        assert_eq!(result.is_ok(), recorded, "{reported:?}: {result:?}");
        let attempts = ledger.attempts(&plan.id).await.expect("attempts");
        let found = attempts.first().expect("one attempt");
        assert_eq!(found.sending, Accepted, "{reported:?}");
        assert_eq!(found.settlement.settled_by.as_deref(), Some(proof));
    }
}

/// Only what was accepted ends on the device; a later word replaces an earlier one.
pub(super) async fn endings(ledger: Handle) {
    for (at, from) in [Intended, NotExecuted, Rejected, Unknown]
        .into_iter()
        .enumerate()
    {
        let name = format!("ending-{at}");
        stands_at(&*ledger, &name, &name, from, None).await;
        assert!(
            ledger.end(&name, Ending::Done).await.is_err(),
            "{from:?} cannot end"
        );
    }
    let plan = stands_at(&*ledger, "ends", "ends", Accepted, None).await;
    for ending in [
        Ending::Ambiguous,
        Ending::Failed,
        Ending::Canceled,
        Ending::NotSupported,
        Ending::Done,
        Ending::Done,
    ] {
        ledger.end("ENDS", ending).await.expect("it ends");
        let attempts = ledger.attempts(&plan.id).await.expect("attempts");
        assert_eq!(
            attempts.first().and_then(|attempt| attempt.ending),
            Some(ending)
        );
    }
    assert!(ledger.end("nobody", Ending::Done).await.is_err());
}
