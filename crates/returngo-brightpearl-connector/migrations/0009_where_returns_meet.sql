-- Processes that work. A process counts its reports; whoever watches it measures on its own clock how long the count has
-- stood still, so that clocks of different machines are never compared.
CREATE TABLE process (
    id        NUMBERED_KEY,
    name      TEXT   NOT NULL,
    worker    TEXT   NOT NULL UNIQUE,          -- name and id: what work.worker holds
    reports   BIGINT NOT NULL,
    report_at BIGINT NOT NULL                  -- by its own clock, to be shown
);
CREATE INDEX process_name ON process (name);

-- The latest time at which any process reported: a time in the future tells that a clock was ahead.
CREATE TABLE store_clock (
    id     BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    latest BIGINT NOT NULL
);
INSERT INTO store_clock (id, latest) VALUES (1, 0);

-- Who works on a sales order's returns, one RMA at a time over all connections of the account. A revision grows with every
-- change of hands: an order whose revision is above what it was when somebody began to read has changed since.
CREATE TABLE original_order (
    account    TEXT   NOT NULL,
    order_id   TEXT   NOT NULL,
    revision   BIGINT NOT NULL,
    connection TEXT,                           -- with rma and attempt: the claim that has the order; NULL when none has
    rma        TEXT,
    attempt    BIGINT,
    PRIMARY KEY (account, order_id)
);
CREATE INDEX original_order_revision ON original_order (revision);
CREATE INDEX original_order_holder ON original_order (connection, rma) WHERE connection IS NOT NULL;

-- What is written for which sales order: credits and claims on credits that somebody else made.
ALTER TABLE effect ADD COLUMN kind TEXT;            -- credit, adoption, payment; NULL for everything else
ALTER TABLE effect ADD COLUMN account TEXT;
ALTER TABLE effect ADD COLUMN original_order TEXT;
ALTER TABLE effect ADD COLUMN credit_rows TEXT;     -- JSON: what the credit takes of the order's rows
ALTER TABLE effect ADD COLUMN adopts TEXT;          -- the credit that is claimed
CREATE INDEX effect_of_order ON effect (account, original_order) WHERE original_order IS NOT NULL;

-- 1 once a person or a backfill asked for the RMA: also one from before its connection was made is synchronized then.
ALTER TABLE work ADD COLUMN asked BIGINT NOT NULL DEFAULT 0;
-- 1 once ReturnGO or a person named the RMA, or ReturnGO showed it: it is this shop's.
ALTER TABLE work ADD COLUMN of_this_shop BIGINT NOT NULL DEFAULT 0;
UPDATE work SET of_this_shop = 1;

-- What a person decided about a review. It holds until it is revoked.
CREATE TABLE decision (
    connection TEXT   NOT NULL REFERENCES connection (id),
    rma        TEXT   NOT NULL,
    review     TEXT   NOT NULL,                -- the review's code and what it is about
    choice     TEXT   NOT NULL,
    decided_by TEXT   NOT NULL,
    decided_at BIGINT NOT NULL,
    note       TEXT,
    PRIMARY KEY (connection, rma, review)
);

-- 1 while another connection is between the same account and shop: none of the two is worked on.
ALTER TABLE connection ADD COLUMN blocked BIGINT NOT NULL DEFAULT 0;
UPDATE connection SET blocked = 1, turn_at = NULL WHERE configuration IS NOT NULL AND id IN (
    SELECT own.connection FROM counterparts AS own
    JOIN counterparts AS other ON other.account = own.account AND other.shop = own.shop
        AND other.connection <> own.connection
    JOIN connection AS rival ON rival.id = other.connection AND rival.configuration IS NOT NULL
);
CREATE INDEX counterparts_pair ON counterparts (account, shop);

-- Work in progress has no time at which it is due: its process has it until it is released.
UPDATE work SET due_at = 0, state = 'due', worker = NULL WHERE state = 'claimed';
ALTER TABLE connection DROP COLUMN busy_until;
DROP INDEX work_claimed;
CREATE INDEX work_claimed ON work (worker) WHERE worker IS NOT NULL;
