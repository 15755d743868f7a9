-- A webhook about something that Brightpearl does not show yet is handled again at a later time, a few times.
ALTER TABLE inbox ADD COLUMN again_at BIGINT;                  -- NULL unless it is; waiting_since is NULL until then
ALTER TABLE inbox ADD COLUMN tries BIGINT NOT NULL DEFAULT 0;  -- how often it was handled in vain since it last came
CREATE INDEX inbox_again ON inbox (connection, again_at) WHERE again_at IS NOT NULL;
