-- The calls to ReturnGO that were made or reserved by processes on a day of UTC.
CREATE TABLE returngo_calls (
    connection TEXT   NOT NULL,
    day        TEXT   NOT NULL,                -- such as 2026-05-18
    reads      BIGINT NOT NULL,
    writes     BIGINT NOT NULL,
    PRIMARY KEY (connection, day)
);
