-- An object that cannot be read is known by its number, and a row that says none by its text: a row moves in its list, and
-- another comes to be in its place. What was noted of rows by their places begins anew.
DROP INDEX unreadable_open;
ALTER TABLE unreadable RENAME TO unreadable_by_place;
CREATE TABLE unreadable (
    connection    TEXT   NOT NULL REFERENCES connection (id),
    kind          TEXT   NOT NULL,
    known_by      TEXT   NOT NULL,            -- its number, or what tells its text from others
    reason        TEXT   NOT NULL,
    object        TEXT   NOT NULL,            -- as people see it: its number, or its place in a list the last time
    times         BIGINT NOT NULL,
    first_seen_at BIGINT NOT NULL,
    last_seen_at  BIGINT NOT NULL,
    dismissed_at  BIGINT,
    dismissed_by  TEXT,
    note          TEXT,
    PRIMARY KEY (connection, kind, known_by, reason)
);
INSERT INTO unreadable (connection, kind, known_by, reason, object, times, first_seen_at, last_seen_at,
    dismissed_at, dismissed_by, note)
SELECT connection, kind, object, reason, object, times, first_seen_at, last_seen_at, dismissed_at, dismissed_by, note
FROM unreadable_by_place WHERE object NOT LIKE 'row %';
DROP TABLE unreadable_by_place;
CREATE INDEX unreadable_open ON unreadable (connection) WHERE dismissed_at IS NULL;

-- No RMA has such a number; what was remembered of one that a message claimed cannot be read any more.
DELETE FROM work WHERE length(rma) > 60;
DELETE FROM seen WHERE length(rma) > 60;
DELETE FROM seen_item WHERE length(rma) > 60;
DELETE FROM sweep_row WHERE part = 'due' AND length(key) > 60;
