-- How many workflows stand where: kept by every append in its own transaction, so that counting reads a few rows.
-- No triggers: with one, SQLite copies each page that a statement changes, in case it has to take it back.
CREATE TABLE IF NOT EXISTS standing (
    name      TEXT PRIMARY KEY NOT NULL,
    workflows INTEGER NOT NULL
) WITHOUT ROWID;
