//! A segment: one immutable file with the constellations and landmarks of some tracks.
//!
//! All tracks of a segment lie on one axis of ticks, with gaps between them, so that a landmark's place
//! is one number. Landmarks are sorted into buckets by the first bits of their number; within a bucket
//! an entry is the rest of the number and the place, in order. A question reads each bucket once, and
//! buckets that are near in one go: the speeds of a turntable ask for near ones. A segment that is small
//! enough is held in memory.
//!
//! ```text
//! header       64 bytes, with its checksum
//! peaks        per track: the offset of each block of 256 ticks, then the blocks' peaks
//! tracks       per track: first tick, length, where its peaks are, their checksum
//! table        per bucket: its first entry; checksum of tracks and table
//! entries      rest of the number (1 or 2 bytes), place (4 bytes)
//! ```
//! Numbers are little-endian. Entries have no checksum: what they nominate is compared with the peaks,
//! and those have one.

mod build;
mod format;
mod merge;
mod read;

pub(crate) use build::SegmentBuilder;
pub(crate) use merge::merge;
pub(crate) use read::Segment;

/// Ticks between two tracks, and before the first: 80 s, longer than any query.
pub(crate) const GAP_TICKS: u32 = 5_000;
/// Longest track, in ticks: twelve hours, a long night.
pub(crate) const MAX_TRACK_TICKS: u32 = 12 * 3_600 * 125 / 2;
/// Ticks of a segment, with room for one more track: places are 32 bits. About 18,000 hours.
pub(crate) const MAX_SEGMENT_TICKS: u32 = u32::MAX - MAX_TRACK_TICKS - 2 * GAP_TICKS;
