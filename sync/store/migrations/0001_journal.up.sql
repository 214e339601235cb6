CREATE TABLE rooms (
    id             TEXT    NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
    created_millis INTEGER NOT NULL CHECK (created_millis >= 0)
) STRICT;

-- Append-only: what was decided, in order, gapless from 1 in each room.
CREATE TABLE events (
    room      TEXT    NOT NULL REFERENCES rooms (id) ON DELETE RESTRICT,
    seq       INTEGER NOT NULL CHECK (seq > 0),
    member    INTEGER NOT NULL CHECK (member BETWEEN 0 AND 4294967295),
    at_millis INTEGER NOT NULL CHECK (at_millis >= 0),
    event     TEXT    NOT NULL,
    body      TEXT    NOT NULL CHECK (json_valid(body)),
    PRIMARY KEY (room, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX events_by_time ON events (room, at_millis);

CREATE TRIGGER events_follow_each_other BEFORE INSERT ON events
WHEN NEW.seq <> coalesce((SELECT max(seq) FROM events WHERE room = NEW.room),
                         (SELECT max(seq) FROM snapshots WHERE room = NEW.room), 0) + 1
BEGIN
    SELECT RAISE(ABORT, 'events of a room are gapless');
END;

CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;

-- The only change an event may see: its person's words are taken out, its place stays.
CREATE TRIGGER events_are_never_moved BEFORE UPDATE OF room, seq, member, at_millis, event ON events
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;

-- A room at one event, as data. Replaying the events after it gives the room of now.
CREATE TABLE snapshots (
    room      TEXT    NOT NULL REFERENCES rooms (id) ON DELETE RESTRICT,
    seq       INTEGER NOT NULL CHECK (seq >= 0),
    at_millis INTEGER NOT NULL CHECK (at_millis >= 0),
    sha256    BLOB    NOT NULL CHECK (length(sha256) = 32),
    body      TEXT    NOT NULL,
    PRIMARY KEY (room, seq)
) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE said USING fts5 (text, room UNINDEXED, seq UNINDEXED);
