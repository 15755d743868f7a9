-- BYTES and NUMBERED_KEY stand for the types that SQLite and PostgreSQL call differently (src/ledger/sql/dialect.rs).
-- Times are microseconds since 1970-01-01 UTC.

CREATE TABLE connection (
    id            TEXT   NOT NULL PRIMARY KEY,
    configuration BYTES,                      -- sealed; NULL once the connection is removed
    stored_at     BIGINT NOT NULL,
    turn_at       BIGINT,                     -- from when its work waits for a turn; NULL when none is due, ever
    busy_until    BIGINT NOT NULL DEFAULT 0,  -- until when somebody works on it
    served_at     BIGINT NOT NULL DEFAULT 0,  -- when its work was claimed or finished last
    inbox_turn    BIGINT NOT NULL DEFAULT 0   -- whose inbox was read last has the highest
);
-- An idle connection is in no index but its key's and inbox_turn's.
CREATE INDEX connection_turn ON connection (turn_at) WHERE turn_at IS NOT NULL;
CREATE INDEX connection_inbox_turn ON connection (inbox_turn);

CREATE TABLE inbox (
    id            NUMBERED_KEY,
    connection    TEXT   NOT NULL REFERENCES connection (id),
    source        TEXT   NOT NULL,
    digest        TEXT   NOT NULL UNIQUE,     -- SHA-256 of connection, source and body
    body          TEXT   NOT NULL,
    times         BIGINT NOT NULL,
    received_at   BIGINT NOT NULL,            -- when it came last
    waiting_since BIGINT                      -- NULL once it is handled
);
CREATE INDEX inbox_waiting ON inbox (connection, waiting_since, id) WHERE waiting_since IS NOT NULL;

CREATE TABLE work (
    connection   TEXT   NOT NULL REFERENCES connection (id),
    rma          TEXT   NOT NULL,
    state        TEXT   NOT NULL,             -- due, claimed, in-step, needs-review
    due_at       BIGINT,                      -- from when it may be claimed: while it is claimed, its lease's end
    due_since    BIGINT,                      -- since when it is due or claimed
    marked       BIGINT NOT NULL,             -- how often it was marked as due
    marked_at    BIGINT,                      -- when it was first marked since it was last claimed
    attempt      BIGINT NOT NULL,
    worker       TEXT,
    failures     BIGINT NOT NULL,
    last_error   TEXT,
    credit       TEXT,
    reviews      TEXT   NOT NULL,             -- JSON list
    review_since BIGINT,                      -- since when a person has to decide
    PRIMARY KEY (connection, rma)
);
CREATE INDEX work_due ON work (connection, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX work_claimed ON work (connection, due_at) WHERE state = 'claimed';
CREATE INDEX work_review ON work (review_since) WHERE review_since IS NOT NULL;
CREATE INDEX work_credit ON work (connection, credit) WHERE credit IS NOT NULL;

CREATE TABLE effect (
    connection      TEXT   NOT NULL REFERENCES connection (id),
    rma             TEXT   NOT NULL,
    key             TEXT   NOT NULL,
    what            TEXT   NOT NULL,
    attempt         BIGINT NOT NULL,
    intended_at     BIGINT NOT NULL,
    outcome         TEXT,                     -- applied, refused, unknown; NULL while nobody said
    remote_id       TEXT,
    already_existed BIGINT,
    error           TEXT,
    recorded_at     BIGINT,
    PRIMARY KEY (connection, rma, key)
);

CREATE TABLE audit (
    id         NUMBERED_KEY,
    connection TEXT   NOT NULL,
    rma        TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    attempt    BIGINT,
    event      TEXT   NOT NULL,
    detail     TEXT   NOT NULL
);
CREATE INDEX audit_of_rma ON audit (connection, rma, id);

CREATE TABLE sweep (
    connection TEXT   NOT NULL REFERENCES connection (id),
    name       TEXT   NOT NULL,
    position   TEXT,                          -- where the last one got to
    due_at     BIGINT NOT NULL,
    PRIMARY KEY (connection, name)
);
CREATE INDEX sweep_due ON sweep (due_at);

-- What only the right key opens.
CREATE TABLE vault (
    id          BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    check_value BYTES  NOT NULL
);

-- Written to find out whether the database can be written to.
CREATE TABLE readiness (
    id     BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    checks BIGINT NOT NULL
);
INSERT INTO readiness (id, checks) VALUES (1, 0);
