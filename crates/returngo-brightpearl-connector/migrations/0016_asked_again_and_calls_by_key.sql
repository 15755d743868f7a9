-- A webhook about something that Brightpearl does not show yet is handled again at a later time, a few times.
ALTER TABLE inbox ADD COLUMN again_at BIGINT;                  -- NULL unless it is; waiting_since is NULL until then
ALTER TABLE inbox ADD COLUMN tries BIGINT NOT NULL DEFAULT 0;  -- how often it was handled in vain since it last came
CREATE INDEX inbox_again ON inbox (connection, again_at) WHERE again_at IS NOT NULL;

-- ReturnGO counts the calls of an API key, which several shops of one owner may share. What was counted by connection
-- is of today at most.
DROP TABLE returngo_calls;
CREATE TABLE returngo_calls (
    api_key TEXT   NOT NULL,                   -- a keyed digest of it
    day     TEXT   NOT NULL,                   -- of UTC, such as 2026-05-18
    reads   BIGINT NOT NULL,
    writes  BIGINT NOT NULL,
    PRIMARY KEY (api_key, day)
);
