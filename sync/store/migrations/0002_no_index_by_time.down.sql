CREATE INDEX events_by_time ON events (room, at_millis);
