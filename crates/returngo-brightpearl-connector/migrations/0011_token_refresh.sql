-- Which process refreshes a connection's OAuth tokens: one at a time, for a refresh token may work once only.
CREATE TABLE token_refresh (
    connection TEXT   NOT NULL PRIMARY KEY,
    holder     TEXT   NOT NULL,
    held_until BIGINT NOT NULL                 -- a process that was killed holds it no longer than that
);
