-- Webhooks that are handled, in the order in which they are removed.
CREATE INDEX inbox_handled ON inbox (received_at) WHERE waiting_since IS NULL;
-- Filled and emptied to find out whether there is space.
ALTER TABLE readiness ADD COLUMN room BYTES;
