-- How often in a row an RMA was claimed again because its holder never finished it.
ALTER TABLE work ADD COLUMN abandoned BIGINT NOT NULL DEFAULT 0;
