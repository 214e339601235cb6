-- A room's events are in order of time as well as of number, so its primary key finds a moment too.
-- The index doubled what each commit of many rooms writes.
DROP INDEX events_by_time;
