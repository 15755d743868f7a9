-- What a person has decided, of what the last attempt found: a JSON list of questions, and how it failed.
ALTER TABLE work ADD COLUMN resolved TEXT;
ALTER TABLE work ADD COLUMN resolved_error TEXT;
