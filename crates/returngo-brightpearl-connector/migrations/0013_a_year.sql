-- What a store with years of RMAs is asked for without reading all of them.

-- Which RMAs had which unit, whenever that was seen: transactions name units.
CREATE TABLE seen_item (
    connection TEXT NOT NULL,
    item       TEXT NOT NULL,
    rma        TEXT NOT NULL,
    PRIMARY KEY (connection, item, rma)
);
-- Until when a sweep of ReturnGO has to know the RMA without being shown it; NULL once it is finished.
ALTER TABLE seen ADD COLUMN watch_until BIGINT;

-- What was seen and is no JSON names no units and is not watched.
-- IN SQLITE
INSERT OR IGNORE INTO seen_item (connection, item, rma)
SELECT seen.connection, CAST(unit.value AS TEXT), seen.rma
FROM seen, json_each(CASE WHEN json_valid(seen.what) THEN seen.what ELSE '{}' END, '$.rma.items') AS unit;
UPDATE seen SET watch_until = CASE
    WHEN json_extract(what, '$.rma.status') = 'Done' THEN seen_at + 259200000000
    ELSE 9223372036854775807
END
WHERE CASE WHEN json_valid(what) THEN
    json_extract(what, '$.rma.status') NOT IN ('Done', 'Rejected', 'Canceled')
        OR (json_extract(what, '$.rma.status') = 'Done' AND json_extract(what, '$.rma.awaitsInspection'))
END;
-- IN POSTGRESQL
CREATE FUNCTION pg_temp.units_of(what text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY SELECT json_array_elements_text(what::json -> 'rma' -> 'items');
EXCEPTION WHEN OTHERS THEN
    RETURN;
END
$$;
INSERT INTO seen_item (connection, item, rma)
SELECT seen.connection, unit, seen.rma FROM seen, pg_temp.units_of(seen.what) AS unit WHERE unit IS NOT NULL
ON CONFLICT DO NOTHING;
CREATE FUNCTION pg_temp.watched_until(what text, seen_at bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    rma json;
    status text;
BEGIN
    rma := what::json -> 'rma';
    status := rma ->> 'status';
    IF status IS NULL OR status IN ('Rejected', 'Canceled') THEN
        RETURN NULL;
    ELSIF status <> 'Done' THEN
        RETURN 9223372036854775807;
    ELSIF (rma ->> 'awaitsInspection')::boolean THEN
        RETURN seen_at + 259200000000;
    END IF;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    RETURN NULL;
END
$$;
UPDATE seen SET watch_until = pg_temp.watched_until(what, seen_at)
WHERE pg_temp.watched_until(what, seen_at) IS NOT NULL;
DROP FUNCTION pg_temp.units_of(text);
DROP FUNCTION pg_temp.watched_until(text, bigint);
-- IN BOTH
CREATE INDEX seen_watched ON seen (connection, watch_until, rma) WHERE watch_until IS NOT NULL;

-- What a sweep found and is not done with: one row for each RMA or transaction.
CREATE TABLE sweep_row (
    connection TEXT NOT NULL REFERENCES connection (id),
    sweep      TEXT NOT NULL,
    part       TEXT NOT NULL,                 -- what kind of thing it is
    key        TEXT NOT NULL,
    what       TEXT NOT NULL,                 -- JSON
    PRIMARY KEY (connection, sweep, part, key)
);

-- How many RMAs of a connection are in a state. The triggers keep it, in the transaction that changes the work.
CREATE TABLE work_count (
    connection TEXT   NOT NULL,
    state      TEXT   NOT NULL,
    rmas       BIGINT NOT NULL,
    PRIMARY KEY (connection, state)
);
INSERT INTO work_count (connection, state, rmas)
SELECT connection, state, COUNT(*) FROM work GROUP BY connection, state;
CREATE INDEX work_due_since ON work (connection, due_since) WHERE due_since IS NOT NULL;
-- IN SQLITE
CREATE TRIGGER work_added AFTER INSERT ON work BEGIN
    INSERT INTO work_count (connection, state, rmas) VALUES (NEW.connection, NEW.state, 1)
    ON CONFLICT (connection, state) DO UPDATE SET rmas = rmas + 1;
END;
CREATE TRIGGER work_moved AFTER UPDATE OF connection, state ON work
WHEN NEW.state <> OLD.state OR NEW.connection <> OLD.connection BEGIN
    UPDATE work_count SET rmas = rmas - 1 WHERE connection = OLD.connection AND state = OLD.state;
    INSERT INTO work_count (connection, state, rmas) VALUES (NEW.connection, NEW.state, 1)
    ON CONFLICT (connection, state) DO UPDATE SET rmas = rmas + 1;
END;
CREATE TRIGGER work_removed AFTER DELETE ON work BEGIN
    UPDATE work_count SET rmas = rmas - 1 WHERE connection = OLD.connection AND state = OLD.state;
END;
-- IN POSTGRESQL
CREATE FUNCTION work_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO work_count (connection, state, rmas)
        SELECT connection, state, COUNT(*) FROM after_it GROUP BY connection, state ORDER BY connection, state
        ON CONFLICT (connection, state) DO UPDATE SET rmas = work_count.rmas + excluded.rmas;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO work_count (connection, state, rmas)
        SELECT connection, state, -COUNT(*) FROM before_it GROUP BY connection, state ORDER BY connection, state
        ON CONFLICT (connection, state) DO UPDATE SET rmas = work_count.rmas + excluded.rmas;
    ELSE
        INSERT INTO work_count (connection, state, rmas)
        SELECT connection, state, SUM(change)
        FROM (
            SELECT connection, state, 1 AS change FROM after_it
            UNION ALL SELECT connection, state, -1 FROM before_it
        ) AS changed
        GROUP BY connection, state HAVING SUM(change) <> 0 ORDER BY connection, state
        ON CONFLICT (connection, state) DO UPDATE SET rmas = work_count.rmas + excluded.rmas;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER work_added AFTER INSERT ON work REFERENCING NEW TABLE AS after_it
    FOR EACH STATEMENT EXECUTE FUNCTION work_counted();
CREATE TRIGGER work_moved AFTER UPDATE ON work REFERENCING OLD TABLE AS before_it NEW TABLE AS after_it
    FOR EACH STATEMENT EXECUTE FUNCTION work_counted();
CREATE TRIGGER work_removed AFTER DELETE ON work REFERENCING OLD TABLE AS before_it
    FOR EACH STATEMENT EXECUTE FUNCTION work_counted();
