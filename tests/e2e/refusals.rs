//! Every refusal that Graph and Intune are known to give, to a read and to the one request: which
//! code it gets, whether the device was touched, and how it ends.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use passcode_host::contract::types::{Touched, Verb};
use passcode_host::{Committed, HostError};
use passcode_runner::Ended;
use passcode_tests::{Bench, Reply, Service, Setup};
use serde_json::{Value, json};

/// What came of it: code, touched, ended, and for how long to wait.
type Came = (String, Touched, Ended, Option<u32>);

/// A device behind a service that answers one kind of request with a refusal.
struct Scene {
    bench: Bench,
    refusing: Arc<AtomicBool>,
    service: Service,
}

async fn scene(refused: &'static str, refusal: Reply) -> Scene {
    let fleet = Setup::real().start().await;
    let mut device = fleet.tenant.device("KIOSK-0001").expect("device");
    device["deviceActionResults"] = json!([]);
    let refusing = Arc::new(AtomicBool::new(false));
    let now = refusing.clone();
    let service = Service::start(move |request| {
        if request.method == refused && now.load(Ordering::SeqCst) {
            return refusal.clone();
        }
        match request.method.as_str() {
            "GET" => Reply::json(200, &device),
            _ => Reply::raw(204, ""),
        }
    });
    let service = service.await.expect("service");
    let setup = Setup::real().beside(&fleet).service(service.url());
    Scene {
        bench: setup.start().await,
        refusing,
        service,
    }
}

fn came(error: &HostError, ended: Ended) -> Came {
    let wait = match error {
        HostError::Problem(problem) => problem.retry_after_seconds,
        _ => None,
    };
    assert!(
        error.remedy().is_some_and(|remedy| !remedy.is_empty()),
        "{error:?}"
    );
    let told = format!("{error} {:?}", error.remedy());
    assert!(!told.contains("Global Administrator"), "{told}");
    assert!(
        !told.contains("://") && !told.contains("manage.microsoft.com"),
        "a scale unit's address: {told}"
    );
    (error.code(), error.touched(), ended, wait)
}

/// The refusal as the answer to the reading of a device.
async fn read(refusal: Reply) -> Came {
    let scene = scene("GET", refusal).await;
    scene.refusing.store(true, Ordering::SeqCst);
    let wanted = scene.bench.wanted("KIOSK-0001", Verb::Reset);
    let error = scene
        .bench
        .action
        .prepare(&wanted)
        .await
        .expect_err("refused");
    came(&error, Ended::of_error(&error))
}

/// The refusal as the answer to the plan's request, and how many requests it took.
async fn sent(refusal: Reply) -> (Came, usize) {
    let scene = scene("POST", refusal).await;
    let wanted = scene.bench.wanted("KIOSK-0001", Verb::Reset);
    let plan = scene.bench.action.prepare(&wanted).await.expect("plan").id;
    scene.refusing.store(true, Ordering::SeqCst);
    let committed: Committed = scene.bench.action.commit(&plan).await.expect("commit");
    let ended = Ended::of_committed(&committed);
    let error = committed.progress.expect_err("refused");
    let posts = scene
        .service
        .seen()
        .iter()
        .filter(|one| one.method == "POST")
        .count();
    (came(&error, ended), posts)
}

/// The code, whether the device was touched, how it ends.
type Says = (&'static str, Touched, Ended);

/// What one refusal is expected to amount to.
struct Row {
    what: String,
    refusal: Reply,
    read: Says,
    sent: Says,
    /// How often it is sent.
    posts: usize,
    wait: Option<u32>,
}

impl Row {
    async fn check(self) {
        let owned = |(code, touched, ended): Says| (code.to_owned(), touched, ended);
        let (code, touched, ended, wait) = read(self.refusal.clone()).await;
        assert_eq!(
            (code, touched, ended),
            owned(self.read),
            "read: {}",
            self.what
        );
        assert_eq!(wait, self.wait, "read: {}", self.what);
        let ((code, touched, ended, wait), posts) = sent(self.refusal).await;
        assert_eq!(
            (code, touched, ended),
            owned(self.sent),
            "sent: {}",
            self.what
        );
        assert_eq!(
            (wait, posts),
            (self.wait, self.posts),
            "sent: {}",
            self.what
        );
    }
}

const NO: Touched = Touched::No;
const REJECTED: (Says, Says) = (
    ("request-rejected", NO, Ended::Unavailable),
    ("action-rejected", NO, Ended::Failed),
);
const CONFLICT: (Says, Says) = (
    ("state-conflict", NO, Ended::Unavailable),
    ("state-conflict", NO, Ended::Failed),
);
const BROKEN: (Says, Says) = (
    ("service-unavailable", NO, Ended::Unavailable),
    ("outcome-unknown", Touched::Unknown, Ended::Unknown),
);

const fn both(code: &'static str, ended: Ended) -> (Says, Says) {
    ((code, NO, ended), (code, NO, ended))
}

const THROTTLED: (Says, Says) = both("throttled", Ended::Unavailable);
const NO_ROLE: (Says, Says) = both("intune-role-missing", Ended::Forbidden);
const NO_PERMISSION: (Says, Says) = both("graph-permission-missing", Ended::Forbidden);
const POLICY: (Says, Says) = both("conditional-access", Ended::Forbidden);
const NO_TOKEN: (Says, Says) = both("token-refused", Ended::NotSignedIn);
const GONE: (Says, Says) = both("not-found", Ended::NotFound);

fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("PASSCODE_VENDOR_DATA").map(PathBuf::from);
    if folder.is_none() {
        assert!(
            std::env::var_os("PASSCODE_REQUIRE_DATA").is_none(),
            "PASSCODE_VENDOR_DATA names no folder"
        );
        eprintln!("skipped: the vendors' refusals, because PASSCODE_VENDOR_DATA is not set");
    }
    folder.map(|folder| folder.join("graph"))
}

/// The answer that a file shows, where it shows a whole one; else its body with the status that
/// its source names.
fn answer(file: &str, text: &str, status: u16) -> Reply {
    if file == "errors/intune.403.Forbidden.missing-scope.syncDevice.txt" {
        // A transcript: the message, then what a client printed of the rest.
        let message = text.split("\n\n").next().unwrap_or_default().trim();
        let error = json!({"error": {"code": "Forbidden", "message": message}});
        return Reply::json(status, &error);
    }
    let Some((head, body)) = text.split_once("\n\n") else {
        return Reply::raw(status, text);
    };
    let shown: Option<u16> = head
        .strip_prefix("HTTP/1.1 ")
        .and_then(|head| head.get(..3)?.parse().ok());
    match shown {
        Some(shown) => {
            assert_eq!(shown, status, "{file}");
            let wait = head
                .lines()
                .find_map(|line| line.strip_prefix("Retry-After: "));
            let reply = Reply::raw(status, body);
            wait.map_or(reply.clone(), |wait| reply.header("retry-after", wait))
        }
        None if head.starts_with("POST ") => Reply::raw(status, body),
        None => Reply::raw(status, text),
    }
}

/// What the vendor data shows, file by file.
#[tokio::test]
async fn every_refusal_of_the_vendors_has_its_code_and_its_end() {
    let Some(data) = data() else { return };
    let approval = (
        ("graph-permission-missing", NO, Ended::Forbidden),
        ("approval-required", NO, Ended::AwaitingApproval),
    );
    // It goes on asking for the justification although it was sent one.
    let justification = (REJECTED.0, ("approval-refused", NO, Ended::Failed));
    let table = [
        ("errors/graph-docs.errors.1.json", 400, REJECTED, None),
        ("errors/graph-docs.errors.2.json", 400, REJECTED, None),
        ("errors/graph-docs.errors.3.json", 400, REJECTED, None),
        (
            "errors/graph-docs.throttling-429.1.http",
            429,
            THROTTLED,
            Some(3),
        ),
        (
            "errors/graph.400.segment-not-found.txt",
            400,
            REJECTED,
            None,
        ),
        (
            "errors/graph.429.learn-current.http",
            429,
            THROTTLED,
            Some(10),
        ),
        (
            "errors/intune.400.BadRequest.remoteLock.truncated.txt",
            400,
            REJECTED,
            None,
        ),
        (
            "errors/intune.400.BadRequest.wipe.json",
            400,
            REJECTED,
            None,
        ),
        (
            "errors/intune.401.UnknownError.nested-Forbidden.json",
            401,
            NO_ROLE,
            None,
        ),
        // Cut off by who reported it, so no JSON: the status is all there is.
        (
            "errors/intune.401.UnknownError.nested-Forbidden.truncated.txt",
            401,
            NO_TOKEN,
            None,
        ),
        (
            "errors/intune.403.Forbidden.microsoft-docs.txt",
            403,
            NO_PERMISSION,
            None,
        ),
        (
            "errors/intune.403.Forbidden.missing-scope.syncDevice.txt",
            403,
            NO_PERMISSION,
            None,
        ),
        ("errors/intune.404.ResourceNotFound.json", 404, GONE, None),
        (
            "errors/intune.429.TooManyRequests.json",
            429,
            THROTTLED,
            None,
        ),
        ("errors/intune.500.InternalError.json", 500, BROKEN, None),
        (
            "maa/approval-required.microsoft-docs-403.json",
            403,
            approval,
            None,
        ),
        (
            "maa/justification-missing.lab-400.txt",
            400,
            justification,
            None,
        ),
    ];
    // Not refusals: requests, and the answer to a look at a request for approval.
    let others = [
        "maa/operationApprovalRequest.get.response.json",
        "maa/request-with-approval-code.http",
        "maa/request-with-justification.http",
        "maa/status-query.http",
    ];
    for folder in ["errors", "maa"] {
        for entry in std::fs::read_dir(data.join(folder)).expect(folder) {
            let name = entry
                .expect("entry")
                .file_name()
                .into_string()
                .expect("name");
            let name = format!("{folder}/{name}");
            let known = table.iter().any(|row| row.0 == name) || others.contains(&&*name);
            assert!(known, "no case for {name}");
        }
    }
    for (file, status, (read, sent), wait) in table {
        let text = std::fs::read_to_string(data.join(file)).expect(file);
        let row = Row {
            what: file.to_owned(),
            refusal: answer(file, &text.replace("\r\n", "\n"), status),
            read,
            sent,
            posts: if file.contains("justification") { 2 } else { 1 },
            wait,
        };
        row.check().await;
    }
}

/// The shapes that the facts describe and nobody stored.
#[tokio::test]
async fn every_refusal_that_is_only_described_has_its_code_and_its_end() {
    type Shape<'a> = (&'a str, Reply, (Says, Says), usize, Option<u32>);
    let shape_a = json!({"_version": 3, "Message": "An error has occurred - Operation ID (for customer support): 00000000-0000-0000-0000-000000000000 - Activity ID: 13b1d9ee-b9d2-49c4-bff7-d7afd9dff0cb - Url: https://fef.sample.manage.microsoft.com/DeviceFE/x", "CustomApiErrorPhrase": "", "RetryAfter": null, "ErrorSourceService": "DeviceFE", "HttpHeaders": "{}"}).to_string();
    let shape_b = json!({"ErrorCode": "Forbidden", "Message": shape_a, "Target": null}).to_string();
    let plain = "An error has occurred - Operation ID (for customer support): 0 - Activity ID: 1 - Url: https://fef.sample.manage.microsoft.com/x - CustomApiErrorPhrase: ";
    let error = |code: &str, message: &str| json!({"error": {"code": code, "message": message}});
    let envelope =
        |status: u16, code: &str, message: &str| Reply::json(status, &error(code, message));
    let challenge =
        "Bearer realm=\"\", error=\"insufficient_claims\", claims=\"eyJhY2Nlc3NfdG9rZW4iOnt9fQ\"";
    let invalid = "Bearer realm=\"\", error=\"invalid_token\"";
    let code_header = (
        "x-msft-approval-code",
        "aabb1234-5678-4012-abcd-ef0123456789",
    );
    let waits = (
        CONFLICT.0,
        ("approval-required", NO, Ended::AwaitingApproval),
    );
    let rows: Vec<Shape<'_>> = vec![
        (
            "A",
            envelope(400, "BadRequest", &shape_a),
            REJECTED,
            1,
            None,
        ),
        (
            "B",
            envelope(401, "UnknownError", &shape_b),
            NO_ROLE,
            1,
            None,
        ),
        (
            "C",
            envelope(403, "Forbidden", plain),
            NO_PERMISSION,
            1,
            None,
        ),
        (
            "D",
            envelope(
                400,
                "BadRequest",
                "{ \"_version\": 3, \"Message\": An error",
            ),
            REJECTED,
            1,
            None,
        ),
        ("E", envelope(404, "UnknownError", ""), GONE, 1, None),
        ("no code", envelope(400, "", "sample"), REJECTED, 1, None),
        (
            "details",
            Reply::raw(
                400,
                r#"{"error":{"code":"BadRequest","message":"","details":[],"innererror":{"code":"x","innererror":{"code":"y"}}}}"#,
            ),
            REJECTED,
            1,
            None,
        ),
        (
            "a token that is no good",
            envelope(401, "InvalidAuthenticationToken", "sample")
                .header("www-authenticate", invalid),
            NO_TOKEN,
            2,
            None,
        ),
        (
            "claims",
            envelope(401, "InvalidAuthenticationToken", "sample")
                .header("www-authenticate", challenge),
            both("conditional-access", Ended::NotSignedIn),
            2,
            None,
        ),
        (
            "Conditional Access",
            envelope(403, "insufficient_claims", ""),
            POLICY,
            1,
            None,
        ),
        (
            "Conditional Access, inside",
            Reply::raw(
                403,
                r#"{"error":{"code":"Forbidden","message":"","innerError":{"code":"insufficient_claims"}}}"#,
            ),
            POLICY,
            1,
            None,
        ),
        (
            "words are not codes",
            envelope(
                403,
                "Forbidden",
                "insufficient_claims ApprovalRequired licence",
            ),
            NO_PERMISSION,
            1,
            None,
        ),
        ("gone", envelope(410, "Gone", ""), GONE, 1, None),
        ("conflict", envelope(409, "Conflict", ""), CONFLICT, 1, None),
        (
            "precondition",
            envelope(412, "BadRequest", "sample"),
            CONFLICT,
            1,
            None,
        ),
        ("locked", envelope(423, "Locked", ""), CONFLICT, 1, None),
        (
            "MAA as observed",
            envelope(412, "BadRequest", "sample").header(code_header.0, code_header.1),
            waits,
            1,
            None,
        ),
        (
            "MAA, any status",
            envelope(409, "Conflict", "sample").header(code_header.0, code_header.1),
            waits,
            1,
            None,
        ),
        (
            "a body that nobody can read",
            Reply::raw(405, "<html>no</html>"),
            REJECTED,
            1,
            None,
        ),
        ("too large", envelope(413, "", ""), REJECTED, 1, None),
        (
            "429 with a date",
            envelope(429, "TooManyRequests", "")
                .header("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT"),
            THROTTLED,
            1,
            None,
        ),
        (
            "503",
            envelope(503, "CancelledOnServiceTimeout", &shape_a),
            BROKEN,
            1,
            None,
        ),
        (
            "504",
            Reply::raw(504, "<html>gateway</html>"),
            BROKEN,
            1,
            None,
        ),
        ("507", envelope(507, "", ""), BROKEN, 1, None),
        ("408", envelope(408, "", ""), BROKEN, 1, None),
    ];
    for (what, refusal, (read, sent), posts, wait) in rows {
        let what = what.to_owned();
        let row = Row {
            what,
            refusal,
            read,
            sent,
            posts,
            wait,
        };
        row.check().await;
    }
}

#[tokio::test]
async fn what_support_asks_for_is_kept() {
    let body = json!({"error": {"code": "BadRequest", "message": "{\"Message\": \"An error - Activity ID: 13b1d9ee-b9d2-49c4-bff7-d7afd9dff0cb\"}",
        "innerError": {"date": "2026-01-07T04:43:04", "request-id": "of-the-body", "client-request-id": "ours"}}});
    let scene = scene(
        "POST",
        Reply::json(400, &body)
            .header("request-id", "of-the-header")
            .header("date", "Wed, 07 Jan 2026 04:43:03 GMT"),
    )
    .await;
    let wanted = scene.bench.wanted("KIOSK-0001", Verb::Reset);
    let plan = scene.bench.action.prepare(&wanted).await.expect("plan").id;
    scene.refusing.store(true, Ordering::SeqCst);
    let committed = scene.bench.action.commit(&plan).await.expect("commit");
    let Err(HostError::Problem(problem)) = committed.progress else {
        panic!("{committed:?}");
    };
    let ids: Value = problem.support_ids.iter().cloned().collect();
    assert_eq!(
        ids,
        json!({"request-id": "of-the-header", "client-request-id": "ours", "date": "2026-01-07T04:43:03Z",
            "activity-id": "13b1d9ee-b9d2-49c4-bff7-d7afd9dff0cb"})
    );
}
