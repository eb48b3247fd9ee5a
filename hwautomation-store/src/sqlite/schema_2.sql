-- What version 2 added; a file of version 1 gets it when it is opened.
-- Items that cannot be read: nobody can consume them, so they wait here for whoever looks into the damage.
CREATE TABLE IF NOT EXISTS inbox_damaged (
    id       INTEGER PRIMARY KEY NOT NULL,
    workflow BLOB NOT NULL,
    key      TEXT NOT NULL,
    item     TEXT NOT NULL,
    why      TEXT NOT NULL
);
