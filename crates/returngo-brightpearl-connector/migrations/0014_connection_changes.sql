-- What people changed of connections: who, when and which fields. It outlives the connection. No secrets.
CREATE TABLE connection_change (
    id         NUMBERED_KEY,
    connection TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    changed_by TEXT   NOT NULL,
    fields     TEXT   NOT NULL                 -- JSON: the fields with what they were and are
);
CREATE INDEX connection_change_of ON connection_change (connection, id);
