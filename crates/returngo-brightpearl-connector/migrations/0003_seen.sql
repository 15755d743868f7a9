-- What a worker saw of an RMA when it had nothing more to do about it.
CREATE TABLE seen (
    connection TEXT   NOT NULL REFERENCES connection (id),
    rma        TEXT   NOT NULL,
    credit     TEXT,
    what       TEXT   NOT NULL,               -- JSON
    seen_at    BIGINT NOT NULL,               -- when it was stored
    PRIMARY KEY (connection, rma)
);
CREATE INDEX seen_at ON seen (connection, seen_at);
CREATE INDEX seen_credit ON seen (connection, credit) WHERE credit IS NOT NULL;

ALTER TABLE sweep ADD COLUMN taken BIGINT NOT NULL DEFAULT 0;  -- 1 while somebody takes its turn
ALTER TABLE sweep ADD COLUMN hastened_to BIGINT;               -- from when it is due because somebody cannot wait
