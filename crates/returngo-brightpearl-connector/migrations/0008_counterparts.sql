-- Which account and shop a connection's name stands for, in small letters. It outlives the connection, as does what was
-- remembered under the name.
CREATE TABLE counterparts (
    connection TEXT NOT NULL PRIMARY KEY,
    account    TEXT NOT NULL,
    shop       TEXT NOT NULL
);
