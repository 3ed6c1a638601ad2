//! What the schema `passcode` holds, and how an older one becomes the present one.
//!
//! Every name is written with its schema: nobody's search path leads elsewhere.

/// The version that this software writes.
pub(super) const VERSION: i32 = MIGRATIONS.len() as i32;

/// Each brings a ledger from the version that is its index to the next. Never change one that
/// was released; add another.
pub(super) const MIGRATIONS: &[&str] = &[V1, V2];

/// What a role has to be allowed. One that owns the tables is, and could drop the triggers too: hence
/// the advice to run as another one.
pub(super) const TABLES: &[(&str, &str)] = &[
    ("ledger", "SELECT"),
    ("plans", "SELECT, INSERT"),
    ("attempts", "SELECT, INSERT, UPDATE"),
    ("deliveries", "SELECT, INSERT"),
    ("turns", "SELECT, INSERT, UPDATE, DELETE"),
    ("held_back", "SELECT, INSERT, UPDATE"),
    ("runs", "SELECT, INSERT, UPDATE"),
    ("run_rows", "SELECT, INSERT, UPDATE"),
    ("approvals", "SELECT, INSERT"),
    ("audit", "SELECT, INSERT"),
];

/// The rules of `intend` stand here a second time, as indexes, so that an error in our own locks
/// fails instead of writing. Tenants, devices and client-request-ids are compared without regard to
/// the case of ASCII letters, as the service does and as SQLite's `NOCASE` does: each has a column
/// that holds it in small letters, whatever the database's collation. (`citext` would be an
/// extension, which not every server has.)
///
/// Times that callers name are text (RFC 3339), because a `timestamptz` has no nanoseconds. Times of
/// the server's own clock are microseconds since 1970.
const V1: &str = r#"
CREATE TABLE passcode.ledger (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    kind    TEXT NOT NULL CHECK (kind IN ('practice', 'real')),
    version INTEGER NOT NULL
);

CREATE TABLE passcode.plans (
    seq        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE CHECK (length(id) = 64),
    tenant     TEXT NOT NULL,
    device     TEXT NOT NULL,
    created    TEXT NOT NULL,
    expires    TEXT NOT NULL,
    document   TEXT NOT NULL,
    tenant_key TEXT NOT NULL GENERATED ALWAYS AS (lower(tenant COLLATE pg_catalog."C")) STORED,
    device_key TEXT NOT NULL GENERATED ALWAYS AS (lower(device COLLATE pg_catalog."C")) STORED,
    UNIQUE (id, tenant_key, device_key)
);

CREATE TABLE passcode.attempts (
    seq               BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client_request_id TEXT NOT NULL,
    plan              TEXT NOT NULL,
    tenant            TEXT NOT NULL,
    device            TEXT NOT NULL,
    request           TEXT NOT NULL,
    at                TEXT NOT NULL,
    sent_after        TEXT,
    snapshot          TEXT NOT NULL,
    after_unknown     TEXT REFERENCES passcode.plans (id),
    again             BOOLEAN NOT NULL,
    state             TEXT NOT NULL DEFAULT 'intended'
        CHECK (state IN ('intended', 'not-executed', 'rejected', 'accepted', 'unknown')),
    status            INTEGER CHECK (status BETWEEN 100 AND 999),
    request_id        TEXT,
    answer_date       TEXT,
    approval_code     TEXT,
    settled_by        TEXT,
    ending            TEXT
        CHECK (ending IN ('done', 'failed', 'canceled', 'not-supported', 'ambiguous')),
    name_key   TEXT NOT NULL UNIQUE
        GENERATED ALWAYS AS (lower(client_request_id COLLATE pg_catalog."C")) STORED,
    tenant_key TEXT NOT NULL GENERATED ALWAYS AS (lower(tenant COLLATE pg_catalog."C")) STORED,
    device_key TEXT NOT NULL GENERATED ALWAYS AS (lower(device COLLATE pg_catalog."C")) STORED,
    CHECK (ending IS NULL OR state = 'accepted'),
    FOREIGN KEY (plan, tenant_key, device_key)
        REFERENCES passcode.plans (id, tenant_key, device_key)
);

CREATE UNIQUE INDEX one_live_attempt_of_a_plan
    ON passcode.attempts (plan) WHERE state <> 'not-executed';
CREATE UNIQUE INDEX one_intent_on_a_device
    ON passcode.attempts (tenant_key, device_key) WHERE state = 'intended';
CREATE UNIQUE INDEX one_undecided_attempt_that_follows_no_other
    ON passcode.attempts (tenant_key, device_key)
    WHERE state IN ('intended', 'unknown') AND after_unknown IS NULL;
CREATE INDEX attempts_of_a_plan ON passcode.attempts (plan, seq);
CREATE INDEX attempts_on_a_device ON passcode.attempts (tenant_key, device_key, seq);

CREATE TABLE passcode.deliveries (
    seq     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    attempt BIGINT NOT NULL REFERENCES passcode.attempts (seq),
    at      TEXT NOT NULL,
    target  TEXT NOT NULL
);
CREATE INDEX deliveries_of_an_attempt ON passcode.deliveries (attempt, seq);

CREATE TABLE passcode.turns (
    seq        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_key TEXT NOT NULL,
    app_key    TEXT NOT NULL,
    write      BOOLEAN NOT NULL,
    at         BIGINT NOT NULL,
    until      BIGINT NOT NULL
);
CREATE INDEX turns_of_an_application ON passcode.turns (tenant_key, app_key, until);

CREATE TABLE passcode.held_back (
    tenant_key TEXT NOT NULL,
    app_key    TEXT NOT NULL,
    at         BIGINT NOT NULL,
    until      BIGINT NOT NULL,
    PRIMARY KEY (tenant_key, app_key)
);

CREATE TABLE passcode.runs (
    seq        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id         TEXT NOT NULL,
    key        TEXT,
    tenant     TEXT NOT NULL,
    title      TEXT NOT NULL,
    digest     TEXT NOT NULL,
    document   TEXT NOT NULL,
    planner    TEXT NOT NULL,
    created    TEXT NOT NULL,
    state      TEXT NOT NULL
        CHECK (state IN ('planning', 'planned', 'running', 'stopped', 'finished', 'denied')),
    why        TEXT,
    plan_set   TEXT,
    changed    BIGINT NOT NULL,
    id_key     TEXT NOT NULL UNIQUE
        GENERATED ALWAYS AS (lower(id COLLATE pg_catalog."C")) STORED,
    tenant_key TEXT NOT NULL GENERATED ALWAYS AS (lower(tenant COLLATE pg_catalog."C")) STORED
);
CREATE UNIQUE INDEX one_run_of_a_key ON passcode.runs (tenant_key, key) WHERE key IS NOT NULL;

CREATE TABLE passcode.run_rows (
    run        BIGINT NOT NULL REFERENCES passcode.runs (seq),
    number     BIGINT NOT NULL CHECK (number > 0),
    source     TEXT NOT NULL,
    selector   TEXT NOT NULL,
    stage      TEXT NOT NULL CHECK (stage IN ('listed', 'planned', 'sent', 'ended')),
    epoch      BIGINT NOT NULL DEFAULT 0,
    device     TEXT,
    label      TEXT,
    plan       TEXT REFERENCES passcode.plans (id),
    outcome    TEXT,
    code       TEXT,
    message    TEXT,
    changed    BIGINT NOT NULL,
    due        BIGINT NOT NULL DEFAULT 0,
    owner      TEXT,
    until      BIGINT,
    device_key TEXT GENERATED ALWAYS AS (lower(device COLLATE pg_catalog."C")) STORED,
    PRIMARY KEY (run, number),
    CHECK ((owner IS NULL) = (until IS NULL))
);
CREATE UNIQUE INDEX one_row_of_a_device ON passcode.run_rows (run, device_key)
    WHERE device IS NOT NULL;
CREATE INDEX rows_to_be_taken ON passcode.run_rows (run, stage, due, number)
    WHERE stage <> 'ended';
CREATE INDEX rows_of_an_owner ON passcode.run_rows (run, owner) WHERE owner IS NOT NULL;

CREATE TABLE passcode.approvals (
    seq      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject  TEXT NOT NULL,
    digest   TEXT NOT NULL CHECK (length(digest) = 64),
    document TEXT NOT NULL,
    at       TEXT NOT NULL,
    UNIQUE (subject, digest)
);

CREATE TABLE passcode.audit (
    number    BIGINT PRIMARY KEY,
    body      TEXT NOT NULL,
    hash      TEXT NOT NULL CHECK (length(hash) = 64),
    key       TEXT NOT NULL,
    signature TEXT NOT NULL
);

CREATE FUNCTION passcode.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER plans_are_kept BEFORE DELETE ON passcode.plans
    FOR EACH ROW EXECUTE FUNCTION passcode.refuse('a plan is never removed');
CREATE TRIGGER plans_are_not_emptied BEFORE TRUNCATE ON passcode.plans
    FOR EACH STATEMENT EXECUTE FUNCTION passcode.refuse('a plan is never removed');
CREATE TRIGGER plans_do_not_change BEFORE UPDATE ON passcode.plans
    FOR EACH ROW EXECUTE FUNCTION passcode.refuse('a plan is never changed');
CREATE TRIGGER attempts_are_kept BEFORE DELETE ON passcode.attempts
    FOR EACH ROW EXECUTE FUNCTION passcode.refuse('an attempt is never removed');
CREATE TRIGGER attempts_are_not_emptied BEFORE TRUNCATE ON passcode.attempts
    FOR EACH STATEMENT EXECUTE FUNCTION passcode.refuse('an attempt is never removed');
CREATE TRIGGER intents_do_not_change
    BEFORE UPDATE OF seq, client_request_id, plan, tenant, device, request, at, sent_after,
        snapshot, after_unknown, again ON passcode.attempts
    FOR EACH ROW EXECUTE FUNCTION passcode.refuse('an intent is never changed');
CREATE TRIGGER what_is_decided_stays
    BEFORE UPDATE OF state ON passcode.attempts
    FOR EACH ROW
    WHEN (OLD.state <> NEW.state
        AND (NEW.state = 'intended' OR OLD.state IN ('not-executed', 'rejected', 'accepted')))
    EXECUTE FUNCTION passcode.refuse('a decided attempt is never decided otherwise');
CREATE TRIGGER deliveries_are_kept BEFORE DELETE ON passcode.deliveries
    FOR EACH ROW EXECUTE FUNCTION passcode.refuse('a delivery is never removed');
CREATE TRIGGER deliveries_are_not_emptied BEFORE TRUNCATE ON passcode.deliveries
    FOR EACH STATEMENT EXECUTE FUNCTION passcode.refuse('a delivery is never removed');
CREATE TRIGGER deliveries_do_not_change BEFORE UPDATE ON passcode.deliveries
    FOR EACH ROW EXECUTE FUNCTION passcode.refuse('a delivery is never changed');

CREATE TRIGGER runs_are_kept BEFORE DELETE ON passcode.runs
    FOR EACH ROW EXECUTE FUNCTION passcode.refuse('a run is never removed');
CREATE TRIGGER runs_are_not_emptied BEFORE TRUNCATE ON passcode.runs
    FOR EACH STATEMENT EXECUTE FUNCTION passcode.refuse('a run is never removed');
CREATE TRIGGER what_a_run_asks_for_stays
    BEFORE UPDATE OF seq, id, key, tenant, title, digest, document, planner, created
    ON passcode.runs
    FOR EACH ROW EXECUTE FUNCTION passcode.refuse('what a run asks for is never changed');
CREATE TRIGGER a_set_stays BEFORE UPDATE OF plan_set ON passcode.runs
    FOR EACH ROW WHEN (OLD.plan_set IS NOT NULL AND NEW.plan_set IS DISTINCT FROM OLD.plan_set)
    EXECUTE FUNCTION passcode.refuse('the set of a run is never changed');
CREATE TRIGGER rows_are_kept BEFORE DELETE ON passcode.run_rows
    FOR EACH ROW EXECUTE FUNCTION passcode.refuse('a row is never removed');
CREATE TRIGGER rows_are_not_emptied BEFORE TRUNCATE ON passcode.run_rows
    FOR EACH STATEMENT EXECUTE FUNCTION passcode.refuse('a row is never removed');
CREATE TRIGGER what_a_row_asks_for_stays
    BEFORE UPDATE OF run, number, source, selector ON passcode.run_rows
    FOR EACH ROW EXECUTE FUNCTION passcode.refuse('what a row asks for is never changed');
CREATE TRIGGER the_plan_of_a_row_stays
    BEFORE UPDATE OF plan, device ON passcode.run_rows
    FOR EACH ROW
    WHEN (OLD.plan IS NOT NULL AND (NEW.plan IS DISTINCT FROM OLD.plan
        OR lower(NEW.device COLLATE pg_catalog."C")
            IS DISTINCT FROM lower(OLD.device COLLATE pg_catalog."C")))
    EXECUTE FUNCTION passcode.refuse('the plan of a row is never changed');
CREATE TRIGGER claims_are_counted
    BEFORE UPDATE OF owner, epoch ON passcode.run_rows
    FOR EACH ROW
    WHEN (NEW.epoch < OLD.epoch OR (NEW.epoch = OLD.epoch
        AND NEW.owner IS NOT NULL AND NEW.owner IS DISTINCT FROM OLD.owner))
    EXECUTE FUNCTION passcode.refuse('a row is never claimed under an old number');
CREATE TRIGGER approvals_are_kept BEFORE DELETE ON passcode.approvals
    FOR EACH ROW EXECUTE FUNCTION passcode.refuse('an approval is never removed');
CREATE TRIGGER approvals_are_not_emptied BEFORE TRUNCATE ON passcode.approvals
    FOR EACH STATEMENT EXECUTE FUNCTION passcode.refuse('an approval is never removed');
CREATE TRIGGER approvals_do_not_change BEFORE UPDATE ON passcode.approvals
    FOR EACH ROW EXECUTE FUNCTION passcode.refuse('an approval is never changed');

CREATE FUNCTION passcode.follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM passcode.audit) THEN
        RAISE EXCEPTION 'an audit line never stands elsewhere than after the last'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_lines_follow_one_another BEFORE INSERT ON passcode.audit
    FOR EACH ROW EXECUTE FUNCTION passcode.follow();
CREATE TRIGGER audit_lines_are_kept BEFORE DELETE ON passcode.audit
    FOR EACH ROW EXECUTE FUNCTION passcode.refuse('an audit line is never removed');
CREATE TRIGGER audit_lines_are_not_emptied BEFORE TRUNCATE ON passcode.audit
    FOR EACH STATEMENT EXECUTE FUNCTION passcode.refuse('an audit line is never removed');
CREATE TRIGGER audit_lines_do_not_change BEFORE UPDATE ON passcode.audit
    FOR EACH ROW EXECUTE FUNCTION passcode.refuse('an audit line is never changed');
"#;

/// When a run was first carried out. Of those that were carried out before nobody knows.
const V2: &str = "
ALTER TABLE passcode.runs ADD COLUMN started BIGINT;
CREATE TRIGGER a_run_starts_once BEFORE UPDATE OF started ON passcode.runs
    FOR EACH ROW WHEN (OLD.started IS NOT NULL AND NEW.started IS DISTINCT FROM OLD.started)
    EXECUTE FUNCTION passcode.refuse('a run never starts a second time');
";
