//! What a person owns on disk.
