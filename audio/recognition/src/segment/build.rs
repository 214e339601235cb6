use std::io::{BufWriter, Write};
use std::path::Path;

use super::format::{Extent, Header, encode_peaks};
use super::{GAP_TICKS, MAX_SEGMENT_TICKS, MAX_TRACK_TICKS};
use crate::RecognitionError;
use crate::landmark::{Effort, Landmark, landmarks};
use crate::peak::{Peak, TICKS_PER_SECOND};

/// Collects tracks in memory, about 180 KB each, and writes them as one segment.
#[derive(Debug, Default)]
pub(crate) struct SegmentBuilder {
    extents: Vec<Extent>,
    peaks: Vec<u8>,
    entries: Vec<Landmark>,
    next_tick: u32,
}

impl SegmentBuilder {
    pub(crate) fn num_tracks(&self) -> u32 {
        self.extents.len() as u32
    }

    pub(crate) fn is_full(&self) -> bool {
        self.next_tick > MAX_SEGMENT_TICKS
    }

    /// Appends a track and returns its slot.
    pub(crate) fn add(&mut self, peaks: &[Peak]) -> Result<u32, RecognitionError> {
        let num_ticks = peaks.last().map_or(0, |last| last.tick + 1);
        if num_ticks > MAX_TRACK_TICKS {
            return Err(RecognitionError::TooLong {
                secs: f64::from(num_ticks) / TICKS_PER_SECOND,
                limit: f64::from(MAX_TRACK_TICKS) / TICKS_PER_SECOND,
            });
        }
        let first_tick = self.next_tick + GAP_TICKS;
        let from = self.entries.len();
        landmarks(peaks, 1.0, Effort::KEPT, &mut self.entries);
        for entry in self.entries.iter_mut().skip(from) {
            entry.tick += first_tick;
        }
        let bytes = encode_peaks(peaks, num_ticks);
        let slot = self.num_tracks();
        self.extents.push(Extent {
            first_tick,
            num_ticks,
            peaks_at: self.peaks.len() as u64,
            peaks_bytes: bytes.len() as u32,
            checksum: crc32fast::hash(&bytes),
        });
        self.peaks.extend(bytes);
        self.next_tick = first_tick + num_ticks;
        Ok(slot)
    }

    /// Writes the file and waits until the disk has it.
    pub(crate) fn write(mut self, path: &Path) -> Result<(), RecognitionError> {
        self.entries.sort_unstable();
        self.entries.dedup();
        let header = Header::new(self.num_tracks(), self.entries.len() as u32, self.peaks.len() as u64);
        let mut counts = vec![0_u32; header.num_buckets() as usize];
        for entry in &self.entries {
            if let Some(count) = counts.get_mut((entry.hash >> header.rest_bits()) as usize) {
                *count += 1;
            }
        }
        let failed = |source| RecognitionError::File { path: path.to_owned(), source };
        let write = || {
            let mut file = BufWriter::with_capacity(1 << 20, std::fs::File::create(path)?);
            file.write_all(&header.encode())?;
            file.write_all(&self.peaks)?;
            file.write_all(&index_bytes(&self.extents, &counts))?;
            for entry in &self.entries {
                file.write_all(&encode_entry(&header, *entry).0[..header.entry_bytes()])?;
            }
            file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()
        };
        write().map_err(failed)
    }
}

/// Tracks, table and their checksum.
pub(super) fn index_bytes(extents: &[Extent], counts: &[u32]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for extent in extents {
        extent.encode(&mut bytes);
    }
    let mut first = 0_u32;
    bytes.extend(first.to_le_bytes());
    for count in counts {
        first += count;
        bytes.extend(first.to_le_bytes());
    }
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    bytes
}

/// An entry's bytes, of which the first `entry_bytes` count.
pub(super) struct EntryBytes(pub(super) [u8; 6]);

pub(super) fn encode_entry(header: &Header, entry: Landmark) -> EntryBytes {
    let mut bytes = [0; 6];
    let rest = (entry.hash & ((1 << header.rest_bits()) - 1)) as u16;
    let width = header.rest_bytes();
    let (rests, places) = bytes.split_at_mut(width);
    rests.copy_from_slice(&rest.to_le_bytes()[..width]);
    places[..4].copy_from_slice(&entry.tick.to_le_bytes());
    EntryBytes(bytes)
}
