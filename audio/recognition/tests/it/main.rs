//! Recognition as its callers see it: what is heard through a room is named, what is unknown is not, and
//! the index survives what disks and people do to it.

mod hearing;
mod keeping;
mod music;
