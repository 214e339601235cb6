DROP TABLE said;
DROP TABLE snapshots;
DROP TABLE events;
DROP TABLE rooms;
