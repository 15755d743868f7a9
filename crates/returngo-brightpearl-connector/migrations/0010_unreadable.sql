-- What could not be read and was passed over, so that the rest goes on. It stays until somebody dismisses it, or it is read.
CREATE TABLE unreadable (
    connection    TEXT   NOT NULL REFERENCES connection (id),
    kind          TEXT   NOT NULL,
    object        TEXT   NOT NULL,            -- its number, or its place in a list
    reason        TEXT   NOT NULL,
    times         BIGINT NOT NULL,
    first_seen_at BIGINT NOT NULL,
    last_seen_at  BIGINT NOT NULL,
    dismissed_at  BIGINT,
    dismissed_by  TEXT,
    note          TEXT,
    PRIMARY KEY (connection, kind, object, reason)
);
CREATE INDEX unreadable_open ON unreadable (connection) WHERE dismissed_at IS NULL;

-- How the sweep went last.
ALTER TABLE sweep ADD COLUMN succeeded_at BIGINT;   -- when it last came to its end
ALTER TABLE sweep ADD COLUMN failing_since BIGINT;  -- when it first failed since
ALTER TABLE sweep ADD COLUMN error TEXT;            -- why it failed last
