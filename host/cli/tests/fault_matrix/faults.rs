//! What can go wrong with one request, from the connection to the last byte of the answer.

/// A way to go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Nothing goes wrong.
    Nothing,
    /// Nobody listens.
    Refused,
    /// The connection is closed before a byte of the request was read.
    DroppedBefore,
    /// The service does what was asked, and the connection is closed without an answer.
    DroppedAfter,
    /// The service does what was asked, and answers after the request's time is over.
    Slow,
    /// The service answers this instead.
    Answer(Answer),
    /// The service does what was asked, and its answer is spoiled.
    Spoiled(Spoil),
}

/// An answer that is given instead of the right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// What Graph calls it; empty for an answer without a body.
    pub code: &'static str,
    /// A header besides type and length.
    pub header: Option<(&'static str, &'static str)>,
    /// Whether the service does what was asked all the same.
    pub acts: bool,
}

/// What is wrong with a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoil {
    Truncated,
    Oversized,
    WrongType,
    InvalidJson,
    DuplicateKeys,
    SealKey,
}

/// A row of the matrix: a way to go wrong, and whether only one request meets it.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    pub name: &'static str,
    pub how: How,
    pub once: bool,
}

const fn lasting(name: &'static str, how: How) -> Fault {
    Fault {
        name,
        how,
        once: false,
    }
}

const fn once(name: &'static str, how: How) -> Fault {
    Fault {
        name,
        how,
        once: true,
    }
}

const fn refuses(status: u16, code: &'static str) -> How {
    How::Answer(Answer {
        status,
        code,
        header: None,
        acts: false,
    })
}

const fn with(status: u16, code: &'static str, header: (&'static str, &'static str)) -> How {
    How::Answer(Answer {
        status,
        code,
        header: Some(header),
        acts: false,
    })
}

const fn acts(status: u16, code: &'static str) -> How {
    How::Answer(Answer {
        status,
        code,
        header: None,
        acts: true,
    })
}

/// Where a redirect leads is filled in by the front.
pub const ELSEWHERE: &str = "elsewhere";

const EXPIRED: How = with(
    401,
    "InvalidAuthenticationToken",
    (
        "www-authenticate",
        "Bearer realm=\"\", authorization_uri=\"https://login.example/common/oauth2/authorize\", \
         error=\"invalid_token\", error_description=\"sample\"",
    ),
);

/// `{"access_token":{"nbf":{"essential":true,"value":"1"}}}`
const CLAIMS: How = with(
    401,
    "InvalidAuthenticationToken",
    (
        "www-authenticate",
        "Bearer realm=\"\", error=\"insufficient_claims\", \
         claims=\"eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZSwidmFsdWUiOiIxIn19fQ==\"",
    ),
);

/// Every fault. Without `once` it lasts to the end of the run, on this kind of request; where the
/// network is at fault, on every later one.
pub const FAULTS: &[Fault] = &[
    lasting("none", How::Nothing),
    lasting("refused", How::Refused),
    lasting("dropped before", How::DroppedBefore),
    once("dropped before, once", How::DroppedBefore),
    lasting("dropped after", How::DroppedAfter),
    once("dropped after, once", How::DroppedAfter),
    lasting("slow", How::Slow),
    lasting("200 with nothing", acts(200, "")),
    lasting("202", acts(202, "")),
    lasting("204", acts(204, "")),
    lasting("301", with(301, "", ("location", ELSEWHERE))),
    lasting("302", with(302, "", ("location", ELSEWHERE))),
    lasting("307", with(307, "", ("location", ELSEWHERE))),
    lasting("400", refuses(400, "BadRequest")),
    lasting("401", EXPIRED),
    once("401, once", EXPIRED),
    lasting("401 without challenge", refuses(401, "UnknownError")),
    lasting("401 with claims", CLAIMS),
    once("401 with claims, once", CLAIMS),
    lasting("403", refuses(403, "Forbidden")),
    lasting("404", refuses(404, "ResourceNotFound")),
    lasting("408", refuses(408, "RequestTimeout")),
    lasting("409", refuses(409, "Conflict")),
    lasting("412", refuses(412, "PreconditionFailed")),
    lasting("429", refuses(429, "TooManyRequests")),
    lasting(
        "429 with Retry-After",
        with(429, "TooManyRequests", ("retry-after", "1")),
    ),
    once(
        "429 with Retry-After, once",
        with(429, "TooManyRequests", ("retry-after", "1")),
    ),
    lasting("500", refuses(500, "InternalServerError")),
    once("500, once", refuses(500, "InternalServerError")),
    lasting("500, and it acted", acts(500, "InternalServerError")),
    lasting("502", refuses(502, "BadGateway")),
    lasting("503", refuses(503, "ServiceUnavailable")),
    once("503, once", refuses(503, "ServiceUnavailable")),
    lasting("503, and it acted", acts(503, "ServiceUnavailable")),
    lasting("504", refuses(504, "GatewayTimeout")),
    lasting("504, and it acted", acts(504, "GatewayTimeout")),
    lasting("truncated", How::Spoiled(Spoil::Truncated)),
    lasting("oversized", How::Spoiled(Spoil::Oversized)),
    lasting("wrong content type", How::Spoiled(Spoil::WrongType)),
    lasting("invalid JSON", How::Spoiled(Spoil::InvalidJson)),
    lasting("duplicate keys", How::Spoiled(Spoil::DuplicateKeys)),
    lasting("seal key in the data", How::Spoiled(Spoil::SealKey)),
];
