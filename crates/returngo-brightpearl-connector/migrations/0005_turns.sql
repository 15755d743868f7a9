-- In the whole order in which turns are taken, so that among thousands that are due since the same moment nobody has
-- to sort them to find the first. An idle connection is still in no index of turns.
DROP INDEX connection_turn;
CREATE INDEX connection_turn ON connection (turn_at, id) WHERE turn_at IS NOT NULL;
DROP INDEX sweep_due;
CREATE INDEX sweep_due ON sweep (due_at, connection, name);
