-- BYTES and NUMBERED_KEY stand for the types that SQLite and PostgreSQL name differently (src/store/dialect.rs).
-- Times are microseconds since 1970-01-01 UTC.

-- Connections. A removed one keeps its row, without its configuration.
CREATE TABLE connection (
    id            TEXT   NOT NULL PRIMARY KEY,
    configuration BYTES,                      -- encrypted; NULL once the connection is removed
    stored_at     BIGINT NOT NULL,
    blocked       BIGINT NOT NULL DEFAULT 0,  -- 1 while another connection is between the same account and shop: neither is processed
    jobs_ready_at       BIGINT,                     -- from when its jobs wait for a worker; NULL when none is pending
    last_served_at     BIGINT NOT NULL DEFAULT 0,  -- when its jobs were last taken or finished
    inbox_read_order    BIGINT NOT NULL DEFAULT 0   -- the highest has the inbox that was read last
);
-- In the order in which workers take connections, so that no sort is needed. An idle connection is in no other index.
CREATE INDEX connection_ready ON connection (jobs_ready_at, id) WHERE jobs_ready_at IS NOT NULL;
CREATE INDEX connection_inbox_read ON connection (inbox_read_order);

-- The account and the shop that a connection's name stands for, in lower case. It outlives the connection, as does its history.
CREATE TABLE counterparts (
    connection TEXT NOT NULL PRIMARY KEY,
    account    TEXT NOT NULL,
    shop       TEXT NOT NULL
);
CREATE INDEX counterparts_pair ON counterparts (account, shop);

-- Changes that users made: one entry for each, in the transaction of the change. It outlives the connection. No secrets.
CREATE TABLE activity (
    id         NUMBERED_KEY,
    at         BIGINT NOT NULL,
    actor      TEXT   NOT NULL,
    interface  TEXT   NOT NULL,                -- command-line, console, api
    operation  TEXT   NOT NULL,
    connection TEXT   NOT NULL,
    rma        TEXT,                           -- NULL if the operation was not about one RMA
    detail     TEXT   NOT NULL                 -- JSON, by operation
);
CREATE INDEX activity_of ON activity (connection, operation, id);

-- The process that refreshes a connection's OAuth tokens: one at a time, because a refresh token may work once only.
CREATE TABLE token_refresh (
    connection TEXT   NOT NULL PRIMARY KEY,
    holder     TEXT   NOT NULL,
    held_until BIGINT NOT NULL                 -- the reservation of a killed process ends here
);

-- Webhooks.
CREATE TABLE inbox (
    id            NUMBERED_KEY,
    connection    TEXT   NOT NULL REFERENCES connection (id),
    source        TEXT   NOT NULL,
    digest        TEXT   NOT NULL UNIQUE,      -- SHA-256 of connection, source and body
    body          TEXT   NOT NULL,
    times         BIGINT NOT NULL,
    received_at   BIGINT NOT NULL,             -- the last time
    waiting_since BIGINT,                      -- NULL once it is processed
    again_at      BIGINT,                      -- when it is processed again, because Brightpearl did not show its object; waiting_since is NULL
    tries         BIGINT NOT NULL DEFAULT 0    -- how often that happened since it was received last
);
CREATE INDEX inbox_waiting ON inbox (connection, waiting_since, id) WHERE waiting_since IS NOT NULL;
CREATE INDEX inbox_again ON inbox (connection, again_at) WHERE again_at IS NOT NULL;
-- In the order in which they are removed.
CREATE INDEX inbox_handled ON inbox (received_at) WHERE waiting_since IS NULL;

-- One job for each RMA.
CREATE TABLE job (
    connection     TEXT   NOT NULL REFERENCES connection (id),
    rma            TEXT   NOT NULL,
    state          TEXT   NOT NULL,            -- pending, in-progress, in-sync, needs-review, of-another-shop
    run_at         BIGINT,                     -- when it runs; NULL while it is in progress
    pending_since      BIGINT,                     -- since when it is pending or in progress
    enqueued         BIGINT NOT NULL,            -- how often it was queued
    enqueued_at      BIGINT,                     -- when it was first queued since a worker took it
    requested          BIGINT NOT NULL DEFAULT 0,  -- 1 once a user or a backfill queued it: it is synchronized even if it is older than its connection
    of_this_shop   BIGINT NOT NULL DEFAULT 0,  -- 1 once ReturnGO or a user named it, or ReturnGO showed it
    attempt        BIGINT NOT NULL,
    worker         TEXT,
    failures       BIGINT NOT NULL,
    abandoned      BIGINT NOT NULL DEFAULT 0,  -- how many times in a row its worker never finished it
    last_error     TEXT,
    last_signature TEXT,                       -- what tells the last failure apart from others
    credit         TEXT,
    reviews        TEXT   NOT NULL,            -- JSON list
    review_since   BIGINT,
    resolved       TEXT,                       -- JSON list: the reviews that were resolved, of those that the last run found
    resolved_error TEXT,                       -- the failure that was resolved
    resolved_signature TEXT,
    PRIMARY KEY (connection, rma)
);
CREATE INDEX job_pending ON job (connection, run_at) WHERE run_at IS NOT NULL;
CREATE INDEX job_pending_since ON job (connection, pending_since) WHERE pending_since IS NOT NULL;
CREATE INDEX job_in_progress ON job (worker) WHERE worker IS NOT NULL;
CREATE INDEX job_review ON job (review_since) WHERE review_since IS NOT NULL;
CREATE INDEX job_credit ON job (connection, credit) WHERE credit IS NOT NULL;

-- How many RMAs of a connection are in a state. Triggers maintain it, in the transaction that changes the job.
CREATE TABLE job_count (
    connection TEXT   NOT NULL,
    state      TEXT   NOT NULL,
    rmas       BIGINT NOT NULL,
    PRIMARY KEY (connection, state)
);
-- IN SQLITE
CREATE TRIGGER job_added AFTER INSERT ON job BEGIN
    INSERT INTO job_count (connection, state, rmas) VALUES (NEW.connection, NEW.state, 1)
    ON CONFLICT (connection, state) DO UPDATE SET rmas = rmas + 1;
END;
CREATE TRIGGER job_moved AFTER UPDATE OF connection, state ON job
WHEN NEW.state <> OLD.state OR NEW.connection <> OLD.connection BEGIN
    UPDATE job_count SET rmas = rmas - 1 WHERE connection = OLD.connection AND state = OLD.state;
    INSERT INTO job_count (connection, state, rmas) VALUES (NEW.connection, NEW.state, 1)
    ON CONFLICT (connection, state) DO UPDATE SET rmas = rmas + 1;
END;
CREATE TRIGGER job_removed AFTER DELETE ON job BEGIN
    UPDATE job_count SET rmas = rmas - 1 WHERE connection = OLD.connection AND state = OLD.state;
END;
-- IN POSTGRESQL
CREATE FUNCTION job_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO job_count (connection, state, rmas)
        SELECT connection, state, COUNT(*) FROM after_it GROUP BY connection, state ORDER BY connection, state
        ON CONFLICT (connection, state) DO UPDATE SET rmas = job_count.rmas + excluded.rmas;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO job_count (connection, state, rmas)
        SELECT connection, state, -COUNT(*) FROM before_it GROUP BY connection, state ORDER BY connection, state
        ON CONFLICT (connection, state) DO UPDATE SET rmas = job_count.rmas + excluded.rmas;
    ELSE
        INSERT INTO job_count (connection, state, rmas)
        SELECT connection, state, SUM(change)
        FROM (
            SELECT connection, state, 1 AS change FROM after_it
            UNION ALL SELECT connection, state, -1 FROM before_it
        ) AS changed
        GROUP BY connection, state HAVING SUM(change) <> 0 ORDER BY connection, state
        ON CONFLICT (connection, state) DO UPDATE SET rmas = job_count.rmas + excluded.rmas;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER job_added AFTER INSERT ON job REFERENCING NEW TABLE AS after_it
    FOR EACH STATEMENT EXECUTE FUNCTION job_counted();
CREATE TRIGGER job_moved AFTER UPDATE ON job REFERENCING OLD TABLE AS before_it NEW TABLE AS after_it
    FOR EACH STATEMENT EXECUTE FUNCTION job_counted();
CREATE TRIGGER job_removed AFTER DELETE ON job REFERENCING OLD TABLE AS before_it
    FOR EACH STATEMENT EXECUTE FUNCTION job_counted();
-- IN BOTH

-- Writes: what was intended, and the result.
CREATE TABLE effect (
    connection      TEXT   NOT NULL REFERENCES connection (id),
    rma             TEXT   NOT NULL,
    key             TEXT   NOT NULL,
    what            TEXT   NOT NULL,
    attempt         BIGINT NOT NULL,
    intended_at     BIGINT NOT NULL,
    outcome         TEXT,                      -- applied, refused, unknown; NULL until it is recorded
    remote_id       TEXT,
    already_existed BIGINT,
    error           TEXT,
    recorded_at     BIGINT,
    kind            TEXT,                      -- credit, adoption, payment; NULL for everything else
    account         TEXT,
    original_order  TEXT,
    credit_rows     TEXT,                      -- JSON: the quantities of the order's rows that the credit takes
    adopts          TEXT,                      -- the existing credit that is claimed
    PRIMARY KEY (connection, rma, key)
);
CREATE INDEX effect_of_order ON effect (account, original_order) WHERE original_order IS NOT NULL;

-- The job that holds a sales order: one RMA of an order is processed at a time, over all connections of the account. The
-- revision grows whenever the holder changes: an order with a higher revision than at the time of reading may have changed since.
CREATE TABLE original_order (
    account    TEXT   NOT NULL,
    order_id   TEXT   NOT NULL,
    revision   BIGINT NOT NULL,
    connection TEXT,                           -- with rma and attempt: the holder; NULL when there is none
    rma        TEXT,
    attempt    BIGINT,
    PRIMARY KEY (account, order_id)
);
CREATE INDEX original_order_revision ON original_order (revision);
CREATE INDEX original_order_holder ON original_order (connection, rma) WHERE connection IS NOT NULL;

-- Answers to reviews. An answer holds until it is revoked.
CREATE TABLE decision (
    connection TEXT   NOT NULL REFERENCES connection (id),
    rma        TEXT   NOT NULL,
    review     TEXT   NOT NULL,                -- the review's code and its subject
    choice     TEXT   NOT NULL,                -- the id of a choice, or settled
    digest     TEXT,                           -- the facts of the review that was answered; NULL if it was settled by hand
    decided_by TEXT   NOT NULL,
    interface  TEXT   NOT NULL,                -- the interface through which it was decided
    decided_at BIGINT NOT NULL,
    note       TEXT,
    PRIMARY KEY (connection, rma, review)
);

-- The history of each RMA.
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

-- What both systems showed of an RMA in sync: a sweep that finds the same does not queue the RMA.
CREATE TABLE observation (
    connection  TEXT   NOT NULL REFERENCES connection (id),
    rma         TEXT   NOT NULL,
    credit      TEXT,
    what        TEXT   NOT NULL,               -- JSON
    observed_at     BIGINT NOT NULL,               -- when it was stored
    finished    BIGINT NOT NULL DEFAULT 0,     -- 1 once its credit was closed, or in the complete status
    watch_until BIGINT,                        -- until when a sweep of ReturnGO tracks the RMA; NULL once it is finished
    PRIMARY KEY (connection, rma)
);
CREATE INDEX observed_at ON observation (connection, observed_at);
CREATE INDEX observation_credit ON observation (connection, credit) WHERE credit IS NOT NULL;
CREATE INDEX observation_watched ON observation (connection, watch_until, rma) WHERE watch_until IS NOT NULL;

-- The RMAs that had a unit at any time: transactions name units.
CREATE TABLE observed_item (
    connection TEXT NOT NULL,
    item       TEXT NOT NULL,
    rma        TEXT NOT NULL,
    PRIMARY KEY (connection, item, rma)
);

CREATE TABLE sweep (
    connection    TEXT   NOT NULL REFERENCES connection (id),
    name          TEXT   NOT NULL,
    position      TEXT,                        -- where the last one ended
    run_at        BIGINT NOT NULL,
    in_progress         BIGINT NOT NULL DEFAULT 0,   -- 1 while it is in progress
    expedited_to   BIGINT,                      -- the earlier time to which it was moved
    succeeded_at  BIGINT,
    failing_since BIGINT,
    error         TEXT,                        -- the last failure
    PRIMARY KEY (connection, name)
);
CREATE INDEX sweep_run ON sweep (run_at, connection, name);

-- What a sweep found and has not finished: one row for each RMA or transaction.
CREATE TABLE sweep_row (
    connection TEXT NOT NULL REFERENCES connection (id),
    sweep      TEXT NOT NULL,
    part       TEXT NOT NULL,                  -- the kind of object
    key        TEXT NOT NULL,
    what       TEXT NOT NULL,                  -- JSON
    PRIMARY KEY (connection, sweep, part, key)
);

-- Objects that could not be decoded and were skipped. An entry stays until it is dismissed, or its object is decoded.
CREATE TABLE unreadable (
    connection    TEXT   NOT NULL REFERENCES connection (id),
    kind          TEXT   NOT NULL,
    known_by      TEXT   NOT NULL,             -- its number, or a digest of its text
    signature     TEXT   NOT NULL,             -- what tells the reason apart from others
    reason        TEXT   NOT NULL,
    object        TEXT   NOT NULL,             -- as it is shown: its number, or its last position in a list
    times         BIGINT NOT NULL,
    first_seen_at BIGINT NOT NULL,
    last_seen_at  BIGINT NOT NULL,
    dismissed_at  BIGINT,
    dismissed_by  TEXT,
    note          TEXT,
    PRIMARY KEY (connection, kind, known_by, signature)
);
CREATE INDEX unreadable_open ON unreadable (connection) WHERE dismissed_at IS NULL;

-- Calls to ReturnGO that processes made or reserved. ReturnGO counts them by API key, which several shops may share.
CREATE TABLE returngo_calls (
    api_key TEXT   NOT NULL,                   -- a keyed digest of it
    day     TEXT   NOT NULL,                   -- in UTC, such as 2026-05-18
    reads   BIGINT NOT NULL,
    writes  BIGINT NOT NULL,
    PRIMARY KEY (api_key, day)
);

-- Processes. A process counts its reports, and those that watch it measure on their own clocks how long the count has not
-- changed: clocks of different machines are never compared.
CREATE TABLE process (
    id        NUMBERED_KEY,
    name      TEXT   NOT NULL,
    worker    TEXT   NOT NULL UNIQUE,          -- name and id, as in job.worker
    reports   BIGINT NOT NULL,
    report_at BIGINT NOT NULL                  -- by its own clock, for display
);
CREATE INDEX process_name ON process (name);

-- The latest time that a process reported: a time in the future means that a clock was ahead.
CREATE TABLE store_clock (
    id     BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    latest BIGINT NOT NULL
);
INSERT INTO store_clock (id, latest) VALUES (1, 0);

-- A value that only the right key decrypts.
CREATE TABLE vault (
    id          BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    check_value BYTES  NOT NULL
);

-- Written to find out whether the database accepts writes and has space.
CREATE TABLE readiness (
    id     BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    checks BIGINT NOT NULL,
    fill   BYTES
);
INSERT INTO readiness (id, checks) VALUES (1, 0);
