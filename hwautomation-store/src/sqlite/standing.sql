-- How many workflows stand where: kept by every change in its own transaction, so that counting reads a few rows.
CREATE TABLE IF NOT EXISTS standing (
    name      TEXT PRIMARY KEY NOT NULL,
    workflows INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS standing_begun AFTER INSERT ON workflow WHEN NEW.standing IS NOT NULL BEGIN
    INSERT INTO standing VALUES (NEW.standing, 1) ON CONFLICT (name) DO UPDATE SET workflows = workflows + 1;
END;
CREATE TRIGGER IF NOT EXISTS standing_changed AFTER UPDATE OF standing ON workflow
    WHEN OLD.standing IS NOT NEW.standing BEGIN
    UPDATE standing SET workflows = workflows - 1 WHERE name = OLD.standing;
    INSERT INTO standing SELECT NEW.standing, 1 WHERE NEW.standing IS NOT NULL
        ON CONFLICT (name) DO UPDATE SET workflows = workflows + 1;
END;
CREATE TRIGGER IF NOT EXISTS standing_gone AFTER DELETE ON workflow WHEN OLD.standing IS NOT NULL BEGIN
    UPDATE standing SET workflows = workflows - 1 WHERE name = OLD.standing;
END;
