//! The contract's nouns that cross, field by field. A test compares the order with `wit/types.wit`
//! (host/builtin/tests/nouns.rs); that the types fit, the compiler sees.

use alloc::string::String;
use alloc::vec::Vec;

use passcode_logic::contract::{
    ActionResult, Address, Caller, Check, Citation, Context, Description, Device, Disposition,
    Effect, Evidence, Expectation, Fact, Findings, HistoryEntry, HistoryQuery, Level, Method,
    Operator, Opinion, Order, Outcome, Plan, PlannedRequest, Problem, ProblemKind, Progress,
    ProgressState, Proof, Proposal, Receipt, ReviewRecord, Rule, Ruling, Selector, Touched, Verb,
    Verdict,
};

use crate::abi::{record, variant};

record!(ActionResult {
    name: String,
    type_name: String,
    state: String,
    started: Option<String>,
    updated: Option<String>,
    error_code: Option<i64>,
    passcode: Option<u32>,
});

record!(Address {
    id: String,
    path: String,
    versions: Vec<String>,
    names_device: bool,
    ordinary: bool,
    citation: Citation,
});

record!(Caller {
    operator: Operator,
    reason: Option<String>,
    ticket: Option<String>,
    verified_by: Option<String>,
    accepted_checks: Vec<String>,
    facts: Vec<Fact>,
});

record!(Check {
    id: String,
    verdict: Verdict,
    summary: String,
    remedy: Option<String>,
    evidence: Option<String>,
    citations: Vec<Citation>,
    needs_acceptance: bool,
});

record!(Citation {
    document: String,
    uri: String,
    date: String,
    section: String,
    statement: String,
});

record!(Context {
    now: String,
    time_zone: Option<String>,
    cloud: String,
    practice: bool,
});

record!(Description {
    name: String,
    version: String,
    summary: String,
    service: String,
    verbs: Vec<Verb>,
    rules_as_of: String,
});

record!(Device {
    id: String,
    name: String,
    user_id: Option<String>,
    user_principal_name: Option<String>,
    user_display_name: Option<String>,
    serial_number: Option<String>,
    imei: Option<String>,
    entra_device_id: Option<String>,
    manufacturer: Option<String>,
    model: Option<String>,
    operating_system: Option<String>,
    os_version: Option<String>,
    device_type: Option<String>,
    enrollment_type: Option<String>,
    management_agent: Option<String>,
    ownership: Option<String>,
    management_state: Option<String>,
    lost_mode_state: Option<String>,
    supervised: Option<bool>,
    shared: Option<bool>,
    compliance_state: Option<String>,
    jail_broken: Option<String>,
    enrolled: Option<String>,
    last_check_in: Option<String>,
    certificate_expires: Option<String>,
    kind: String,
    kind_reason: String,
    read_from: String,
    unreadable: Vec<String>,
    attributes: Vec<(String, String)>,
});

record!(Expectation {
    id: String,
    who: String,
    text: String,
    citations: Vec<Citation>,
});

record!(Fact {
    name: String,
    value: String,
    source: String,
    observed: String,
});

record!(Findings {
    matched: Vec<Device>,
    set_aside: Vec<Device>,
    mismatched: u32,
    limits: Vec<String>,
});

record!(HistoryEntry {
    id: String,
    action: String,
    state: String,
    requested: Option<String>,
    initiated_by: Option<String>,
    device_id: Option<String>,
    device_name: Option<String>,
    user_principal_name: Option<String>,
});

record!(HistoryQuery {
    device_id: Option<String>,
    since: Option<String>,
    limit: u32,
});

record!(Operator {
    name: String,
    id: Option<String>,
    proof: Proof,
});

record!(Order {
    device_id: String,
    verb: Verb,
    address: Option<String>,
    address_values: Vec<(String, String)>,
    caller: Caller,
});

record!(Outcome {
    effect: Effect,
    level: Level,
    passcode: Option<u32>,
    expectations: Vec<Expectation>,
    remedy: Option<String>,
});

record!(Plan {
    proposal: Proposal,
    caller: Caller,
    tenant: String,
    cloud: String,
    practice: bool,
    created: String,
    expires: String,
    reviews: Vec<ReviewRecord>,
    delivery: String,
    component_digest: String,
    grant_digest: String,
    again: bool,
    after_unknown: Option<String>,
});

record!(PlannedRequest {
    destination: String,
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    body: Option<String>,
});

record!(Problem {
    touched: Touched,
    kind: ProblemKind,
    code: String,
    message: String,
    remedy: Option<String>,
    status: Option<u16>,
    service_code: Option<String>,
    support_ids: Vec<(String, String)>,
    retry_after_seconds: Option<u32>,
    checks: Vec<Check>,
});

record!(Progress {
    state: ProgressState,
    summary: String,
    action_result: Option<ActionResult>,
    others: Vec<ActionResult>,
    settled_by: Option<Evidence>,
    outcome: Option<Outcome>,
    look_again_seconds: Option<u32>,
});

record!(Proposal {
    device: Device,
    effect: Effect,
    level: Level,
    address: String,
    request: PlannedRequest,
    checks: Vec<Check>,
    expectations: Vec<Expectation>,
    earlier_results: Vec<ActionResult>,
    limits: Vec<String>,
    usual_seconds: Option<u32>,
    longest_seconds: Option<u32>,
});

record!(Receipt {
    client_request_id: String,
    request_id: Option<String>,
    disposition: Disposition,
    service_date: Option<String>,
    snapshot: Vec<ActionResult>,
});

record!(ReviewRecord {
    reviewer: String,
    digest: String,
    opinion: Opinion,
});

record!(Rule {
    id: String,
    kinds: Vec<String>,
    condition: Option<String>,
    about: String,
    ruling: Ruling,
    citation: Citation,
});

variant!(Disposition { Accepted, Unknown });

variant!(Effect {
    RemovePasscode,
    ResetDevicePasscode,
    ResetWorkProfilePasscode,
    Other(String),
});

variant!(Evidence {
    NewResult,
    AuditEntry(String),
});

variant!(Level {
    Device,
    WorkProfile,
    Disputed,
    Other(String),
});

variant!(Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
});

variant!(Opinion {
    Abstain,
    RequireApproval(String),
    Deny(String),
});

variant!(ProblemKind {
    Usage,
    NotSignedIn,
    Forbidden,
    NotFound,
    Refused(String),
    Changed,
    Busy,
    ApprovalRequired,
    Throttled,
    Unavailable,
    Rejected,
    Malformed,
    OutcomeUnknown,
    Internal,
    Other(String),
});

variant!(ProgressState {
    Pending,
    Active,
    Done,
    Failed,
    Canceled,
    NotSupported,
    NotListed,
    Ambiguous,
    Other(String),
});

variant!(Proof {
    SignedIn(String),
    Claimed,
});

variant!(Ruling {
    Supported,
    Unsupported,
    Conditional,
    Note,
});

variant!(Selector {
    Id(String),
    SerialNumber(String),
    UserPrincipalName(String),
    DeviceName(String),
    Imei(String),
    EntraDeviceId(String),
    Other((String, String)),
});

variant!(Touched { No, Yes, Unknown });

variant!(Verb {
    Remove,
    Reset,
    Either,
});

variant!(Verdict {
    Pass,
    Warn,
    Block,
    Unknown,
});
