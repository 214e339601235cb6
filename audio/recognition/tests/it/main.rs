//! Recognition as its callers see it: what is heard through a room is named, what is unknown is not, and
//! the index survives what disks and people do to it.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says where")]

mod hearing;
mod keeping;
mod music;
