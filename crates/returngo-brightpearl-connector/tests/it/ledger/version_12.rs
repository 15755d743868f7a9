//! A store as a version left it that brings the tables up to migration 12.

/// What makes one of a store that is up to date.
pub(crate) fn statements(is_sqlite: bool) -> Vec<&'static str> {
    let mut statements = match is_sqlite {
        true => vec!["DROP TRIGGER work_added", "DROP TRIGGER work_moved", "DROP TRIGGER work_removed"],
        false => vec!["DROP FUNCTION work_counted CASCADE"],
    };
    statements.extend([
        "DROP TABLE work_count",
        "DROP TABLE seen_item",
        "DROP TABLE sweep_row",
        "DROP INDEX work_due_since",
        "DROP INDEX seen_watched",
        "ALTER TABLE seen DROP COLUMN watch_until",
        "DROP TABLE connection_change",
        "DROP INDEX inbox_again",
        "ALTER TABLE inbox DROP COLUMN again_at",
        "ALTER TABLE inbox DROP COLUMN tries",
        "DELETE FROM _sqlx_migrations WHERE version > 12",
    ]);
    statements
}
