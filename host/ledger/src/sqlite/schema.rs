//! What the file holds, and how an older file becomes the present one.

/// `pcod`, in the header of every ledger: how a ledger is told from any other SQLite file.
pub(super) const APPLICATION_ID: u32 = 0x7063_6f64;

/// The version that this software writes.
pub(super) const VERSION: u32 = MIGRATIONS.len() as u32;

/// Each brings a ledger from the version that is its index to the next. Never change one that
/// was released; add another.
pub(super) const MIGRATIONS: &[&str] = &[V1, V2, V3, V4];

/// The rules of `intend` stand here a second time, as indexes, so that a race or an error in
/// our own transaction fails instead of writing. Names and ids of tenants and devices are
/// compared without regard to case, as the service does: otherwise one device spelled in two
/// ways would be two devices.
const V1: &str = r"
CREATE TABLE ledger (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    kind    TEXT NOT NULL CHECK (kind IN ('practice', 'real'))
) STRICT;

CREATE TABLE plans (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    id       TEXT NOT NULL UNIQUE CHECK (length(id) = 64),
    tenant   TEXT NOT NULL COLLATE NOCASE,
    device   TEXT NOT NULL COLLATE NOCASE,
    created  TEXT NOT NULL,
    expires  TEXT NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (id, tenant, device)
) STRICT;

CREATE TABLE attempts (
    seq               INTEGER PRIMARY KEY AUTOINCREMENT,
    client_request_id TEXT NOT NULL COLLATE NOCASE UNIQUE,
    plan              TEXT NOT NULL,
    tenant            TEXT NOT NULL COLLATE NOCASE,
    device            TEXT NOT NULL COLLATE NOCASE,
    request           TEXT NOT NULL,
    at                TEXT NOT NULL,
    sent_after        TEXT,
    snapshot          TEXT NOT NULL,
    after_unknown     TEXT REFERENCES plans (id),
    again             INTEGER NOT NULL CHECK (again IN (0, 1)),
    state             TEXT NOT NULL DEFAULT 'intended'
        CHECK (state IN ('intended', 'not-executed', 'rejected', 'accepted', 'unknown')),
    status            INTEGER CHECK (status BETWEEN 100 AND 999),
    request_id        TEXT,
    answer_date       TEXT,
    approval_code     TEXT,
    settled_by        TEXT,
    ending            TEXT
        CHECK (ending IN ('done', 'failed', 'canceled', 'not-supported', 'ambiguous')),
    CHECK (ending IS NULL OR state = 'accepted'),
    FOREIGN KEY (plan, tenant, device) REFERENCES plans (id, tenant, device)
) STRICT;

CREATE UNIQUE INDEX one_live_attempt_of_a_plan
    ON attempts (plan) WHERE state <> 'not-executed';
CREATE UNIQUE INDEX one_intent_on_a_device
    ON attempts (tenant, device) WHERE state = 'intended';
CREATE UNIQUE INDEX one_undecided_attempt_that_follows_no_other
    ON attempts (tenant, device) WHERE state IN ('intended', 'unknown') AND after_unknown IS NULL;
CREATE INDEX attempts_of_a_plan ON attempts (plan);
CREATE INDEX open_attempts_on_a_device
    ON attempts (tenant, device)
    WHERE state IN ('intended', 'unknown') OR (state = 'accepted' AND ending IS NULL);

CREATE TABLE deliveries (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    attempt INTEGER NOT NULL REFERENCES attempts (seq),
    at      TEXT NOT NULL,
    target  TEXT NOT NULL
) STRICT;
CREATE INDEX deliveries_of_an_attempt ON deliveries (attempt, seq);

CREATE TRIGGER plans_are_kept BEFORE DELETE ON plans
    BEGIN SELECT RAISE(ABORT, 'a plan is never removed'); END;
CREATE TRIGGER plans_do_not_change BEFORE UPDATE ON plans
    BEGIN SELECT RAISE(ABORT, 'a plan is never changed'); END;
CREATE TRIGGER attempts_are_kept BEFORE DELETE ON attempts
    BEGIN SELECT RAISE(ABORT, 'an attempt is never removed'); END;
CREATE TRIGGER intents_do_not_change
    BEFORE UPDATE OF client_request_id, plan, tenant, device, request, at, sent_after, snapshot,
        after_unknown, again ON attempts
    BEGIN SELECT RAISE(ABORT, 'an intent is never changed'); END;
CREATE TRIGGER what_is_decided_stays
    BEFORE UPDATE OF state ON attempts
    WHEN OLD.state <> NEW.state
        AND (NEW.state = 'intended' OR OLD.state IN ('not-executed', 'rejected', 'accepted'))
    BEGIN SELECT RAISE(ABORT, 'a decided attempt is never decided otherwise'); END;
CREATE TRIGGER deliveries_are_kept BEFORE DELETE ON deliveries
    BEGIN SELECT RAISE(ABORT, 'a delivery is never removed'); END;
CREATE TRIGGER deliveries_do_not_change BEFORE UPDATE ON deliveries
    BEGIN SELECT RAISE(ABORT, 'a delivery is never changed'); END;
";

/// Who has a turn to send: requests under way and within the service's window after them, by a
/// clock of this machine in milliseconds. Nothing in here is a record; what has ended is removed.
const V2: &str = r"
CREATE TABLE turns (
    seq    INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant TEXT NOT NULL COLLATE NOCASE,
    app    TEXT NOT NULL COLLATE NOCASE,
    write  INTEGER NOT NULL CHECK (write IN (0, 1)),
    at     INTEGER NOT NULL,
    until  INTEGER NOT NULL
) STRICT;
CREATE INDEX turns_of_an_application ON turns (tenant, app, until);
CREATE INDEX writes_of_an_application ON turns (tenant, app, until) WHERE write = 1;

CREATE TABLE held_back (
    tenant TEXT NOT NULL COLLATE NOCASE,
    app    TEXT NOT NULL COLLATE NOCASE,
    at     INTEGER NOT NULL,
    until  INTEGER NOT NULL,
    PRIMARY KEY (tenant, app)
) STRICT, WITHOUT ROWID;
";

/// Runs and their rows, what was handed in as approvals, and the audit chain. Times are
/// milliseconds since 1970 by the machine's clock, but where a record brings its own.
///
/// `free` is when a row may be claimed: the end of a lease if it has an owner, else the moment
/// before which nothing is to be done, else 0. So one index answers who may be claimed next.
const V3: &str = r"
CREATE TABLE runs (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    id       TEXT NOT NULL COLLATE NOCASE UNIQUE,
    key      TEXT,
    tenant   TEXT NOT NULL COLLATE NOCASE,
    title    TEXT NOT NULL,
    digest   TEXT NOT NULL,
    document TEXT NOT NULL,
    planner  TEXT NOT NULL,
    created  TEXT NOT NULL,
    state    TEXT NOT NULL
        CHECK (state IN ('planning', 'planned', 'running', 'stopped', 'finished', 'denied')),
    why      TEXT,
    plans    TEXT,
    changed  INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX one_run_of_a_key ON runs (tenant, key) WHERE key IS NOT NULL;

CREATE TABLE run_rows (
    run      INTEGER NOT NULL REFERENCES runs (seq),
    number   INTEGER NOT NULL CHECK (number > 0),
    source   TEXT NOT NULL,
    selector TEXT NOT NULL,
    stage    TEXT NOT NULL DEFAULT 'listed'
        CHECK (stage IN ('listed', 'planned', 'sent', 'ended')),
    epoch    INTEGER NOT NULL DEFAULT 0,
    owner    TEXT,
    free     INTEGER NOT NULL DEFAULT 0,
    device   TEXT COLLATE NOCASE,
    label    TEXT,
    plan     TEXT REFERENCES plans (id),
    outcome  TEXT,
    code     TEXT,
    message  TEXT,
    changed  INTEGER NOT NULL,
    PRIMARY KEY (run, number)
) STRICT;
CREATE UNIQUE INDEX one_row_of_a_device ON run_rows (run, device) WHERE device IS NOT NULL;
CREATE INDEX rows_by_time ON run_rows (run, stage, free, number);
CREATE INDEX rows_of_an_owner ON run_rows (run, owner) WHERE owner IS NOT NULL;
CREATE INDEX attempts_on_a_device ON attempts (tenant, device, seq);

CREATE TABLE approvals (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    subject  TEXT NOT NULL,
    document TEXT NOT NULL,
    at       TEXT NOT NULL,
    UNIQUE (subject, document)
) STRICT;

CREATE TABLE audit (
    number    INTEGER PRIMARY KEY,
    body      TEXT NOT NULL,
    hash      TEXT NOT NULL CHECK (length(hash) = 64),
    key       TEXT NOT NULL,
    signature TEXT NOT NULL
) STRICT;

CREATE TRIGGER runs_are_kept BEFORE DELETE ON runs
    BEGIN SELECT RAISE(ABORT, 'a run is never removed'); END;
CREATE TRIGGER what_a_run_asks_for_stays
    BEFORE UPDATE OF id, key, tenant, title, digest, document, planner, created ON runs
    BEGIN SELECT RAISE(ABORT, 'what a run asks for is never changed'); END;
CREATE TRIGGER the_plans_of_a_run_stay
    BEFORE UPDATE OF plans ON runs WHEN OLD.plans IS NOT NULL AND OLD.plans IS NOT NEW.plans
    BEGIN SELECT RAISE(ABORT, 'the set of a run is never changed'); END;
CREATE TRIGGER rows_are_kept BEFORE DELETE ON run_rows
    BEGIN SELECT RAISE(ABORT, 'a row is never removed'); END;
CREATE TRIGGER what_a_row_asks_for_stays
    BEFORE UPDATE OF run, number, source, selector ON run_rows
    BEGIN SELECT RAISE(ABORT, 'what a row asks for is never changed'); END;
CREATE TRIGGER the_plan_of_a_row_stays
    BEFORE UPDATE OF plan, device ON run_rows
    WHEN OLD.plan IS NOT NULL AND (OLD.plan IS NOT NEW.plan OR OLD.device IS NOT NEW.device)
    BEGIN SELECT RAISE(ABORT, 'the plan of a row is never changed'); END;
CREATE TRIGGER claims_are_counted
    BEFORE UPDATE OF owner, epoch ON run_rows
    WHEN NEW.epoch < OLD.epoch OR (NEW.epoch = OLD.epoch
        AND NEW.owner IS NOT NULL AND NEW.owner IS NOT OLD.owner)
    BEGIN SELECT RAISE(ABORT, 'a row is claimed under a new number'); END;
CREATE TRIGGER approvals_are_kept BEFORE DELETE ON approvals
    BEGIN SELECT RAISE(ABORT, 'an approval is never removed'); END;
CREATE TRIGGER approvals_do_not_change BEFORE UPDATE ON approvals
    BEGIN SELECT RAISE(ABORT, 'an approval is never changed'); END;
CREATE TRIGGER audit_lines_are_kept BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'an audit line is never removed'); END;
CREATE TRIGGER audit_lines_do_not_change BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'an audit line is never changed'); END;
CREATE TRIGGER audit_lines_follow_one_another BEFORE INSERT ON audit
    WHEN NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM audit)
    BEGIN SELECT RAISE(ABORT, 'an audit line follows the last'); END;
";

/// When a run was first carried out. Of those that were carried out before nobody knows.
const V4: &str = r"
ALTER TABLE runs ADD COLUMN started INTEGER;
CREATE TRIGGER a_run_starts_once
    BEFORE UPDATE OF started ON runs WHEN OLD.started IS NOT NULL AND OLD.started IS NOT NEW.started
    BEGIN SELECT RAISE(ABORT, 'a run starts once'); END;
";
