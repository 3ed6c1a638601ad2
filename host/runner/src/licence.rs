//! A tenant without an active Intune licence. Graph's refusal of one has no code of its own, and
//! its words are not judged; how the subscription stands is asked instead.

use async_trait::async_trait;
use passcode_host::HostError;
use passcode_host::contract::types::ProblemKind;

/// Who can be asked how the tenant's Intune subscription stands.
#[async_trait]
pub trait Subscription: std::fmt::Debug + Send + Sync {
    /// The state, if it is one in which the Graph API for Intune does not answer; `None` if it
    /// is another, or nobody can tell. Only reads.
    async fn lapsed(&self) -> Option<String>;
}

/// Refusals that the lack of a licence can be behind. All of them are of reads: who may read has
/// a licence.
pub(crate) fn concerns(error: &HostError) -> bool {
    const CODES: [&str; 3] = [
        "request-rejected",
        "intune-scope-missing",
        "intune-role-missing",
    ];
    let HostError::Problem(problem) = error else {
        return false;
    };
    // Just before acting the host reads by itself, and has one code for what it cannot explain.
    let unread = problem.code == "device-unreadable";
    CODES.contains(&problem.code.as_str()) || (unread && matches!(problem.status, Some(400..=499)))
}

/// The same error, where the subscription has lapsed and explains it.
pub(crate) fn told(error: HostError, lapsed: Option<&str>) -> HostError {
    match (error, lapsed) {
        (HostError::Problem(mut problem), Some(state)) => {
            problem.kind = ProblemKind::Forbidden;
            "licence-missing".clone_into(&mut problem.code);
            problem.message = format!(
                "{}; the tenant's Intune subscription is in the state `{state}`, and the Graph API for Intune takes an active one",
                problem.message
            );
            problem.remedy = Some(
                "have the subscription renewed in the Microsoft 365 admin center (Billing > Licenses); `passcode doctor` says how it stands".to_owned(),
            );
            HostError::Problem(problem)
        }
        (other, _) => other,
    }
}

#[cfg(test)]
mod tests {
    use passcode_host::contract::types::{Problem, Touched};

    use super::*;

    fn refused(code: &str, status: u16) -> HostError {
        HostError::Problem(Box::new(Problem {
            touched: Touched::No,
            kind: ProblemKind::Rejected,
            code: code.to_owned(),
            message: "Intune did not accept reading the list of devices".to_owned(),
            remedy: None,
            status: Some(status),
            service_code: Some("BadRequest".to_owned()),
            support_ids: vec![("request-id".to_owned(), "r".to_owned())],
            retry_after_seconds: None,
            checks: Vec::new(),
        }))
    }

    #[test]
    fn only_what_has_no_better_cause_is_asked_about() {
        for (code, status, asked) in [
            ("request-rejected", 400, true),
            ("intune-scope-missing", 403, true),
            ("intune-role-missing", 401, true),
            ("device-unreadable", 400, true),
            ("device-unreadable", 503, false),
            ("graph-permission-missing", 403, false),
            ("conditional-access", 403, false),
            ("token-refused", 401, false),
            ("throttled", 429, false),
            ("action-rejected", 400, false),
            ("not-found", 404, false),
        ] {
            assert_eq!(concerns(&refused(code, status)), asked, "{code} {status}");
        }
        assert!(!concerns(&HostError::Throttled { seconds: 1 }));
    }

    #[test]
    fn a_lapsed_subscription_is_the_cause_and_what_was_answered_stays() {
        let same = told(refused("request-rejected", 400), None);
        assert_eq!(same.code(), "request-rejected");
        let told = told(refused("request-rejected", 400), Some("lockedOut"));
        assert_eq!(told.code(), "licence-missing");
        assert_eq!(told.problem_kind(), Some(&ProblemKind::Forbidden));
        assert!(told.remedy().unwrap().contains("admin center"));
        let HostError::Problem(problem) = told else {
            unreachable!()
        };
        assert!(problem.message.starts_with("Intune did not accept"));
        assert!(problem.message.contains("`lockedOut`"));
        assert_eq!(problem.status, Some(400));
        assert_eq!(problem.service_code.as_deref(), Some("BadRequest"));
        assert_eq!(problem.support_ids.len(), 1);
    }
}
