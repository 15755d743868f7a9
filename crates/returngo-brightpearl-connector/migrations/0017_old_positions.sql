-- The position of a sweep of ReturnGO held what was seen of each RMA, up to 60 MB; `seen` has it. It is cut out here, so that no
-- process loads it. What is not as earlier versions wrote it stays as it is: the sweep reads it.
-- IN SQLITE
-- Cut as text, for reading so much JSON takes twice the memory. Quotes in texts are escaped, and the keys of `rmas` are numbers:
-- what stands at its end stands nowhere else.
CREATE TEMPORARY TABLE cut AS
SELECT connection,
    SUBSTR(position, 1, INSTR(position, ',"rmas":{') - 1) || SUBSTR(position, INSTR(position, '}},"due":{') + 2) AS position
FROM sweep
WHERE name = 'returngo' AND position LIKE '{"state":{"began":"%,"rmas":{"%}},"due":{%';
UPDATE sweep SET position = cut.position FROM cut
WHERE sweep.connection = cut.connection AND sweep.name = 'returngo' AND json_valid(cut.position);
DROP TABLE cut;
-- IN POSTGRESQL
CREATE FUNCTION pg_temp.without_rmas(stored text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN (stored::jsonb #- '{state,rmas}')::text;
EXCEPTION WHEN OTHERS THEN
    RETURN stored;
END
$$;
UPDATE sweep SET position = pg_temp.without_rmas(position) WHERE name = 'returngo' AND position LIKE '%"rmas"%';
DROP FUNCTION pg_temp.without_rmas(text);
