use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::format::{BLOCK_TICKS, Extent, HEADER_BYTES, Header, TRACK_BYTES, decode_peaks, le_u32};
use crate::RecognitionError;
use crate::landmark::{Asked, HASH_BITS, Landmark};
use crate::peak::Peak;

/// Entries up to this size are held in memory; larger ones are read as they are needed.
const HELD_BYTES: u64 = 64 << 20;
/// A bucket with more entries than this says nothing: everything hums like that.
const MAX_BUCKET_ENTRIES: u32 = 4_096;
/// Entries between two buckets that are read along: copying them costs less than another read.
const MAX_SKIPPED_ENTRIES: u32 = 256;
/// Bytes of peaks of one track that are believed: twelve hours of the densest music.
const MAX_PEAKS_BYTES: u32 = 32 << 20;

/// An open segment. Opening reads 64 bytes; tables are read at the first query.
#[derive(Debug)]
pub(crate) struct Segment {
    path: PathBuf,
    file: File,
    header: Header,
    index: OnceLock<Index>,
}

#[derive(Debug)]
struct Index {
    extents: Vec<Extent>,
    /// First entry of each bucket, and the end of the last one.
    table: Vec<u32>,
    /// All entries, where they are few.
    entries: Option<Vec<u8>>,
}

impl Segment {
    pub(crate) fn open(path: &Path) -> Result<Self, RecognitionError> {
        let failed = |source| RecognitionError::File { path: path.to_owned(), source };
        let file = File::open(path).map_err(failed)?;
        let file_bytes = file.metadata().map_err(failed)?.len();
        let mut head = [0; HEADER_BYTES as usize];
        if file_bytes < HEADER_BYTES {
            return Err(RecognitionError::Damaged { path: path.to_owned(), what: "no header" });
        }
        read_at(&file, &mut head, 0).map_err(failed)?;
        let header = Header::decode(&head, file_bytes, path)?;
        Ok(Self { path: path.to_owned(), file, header, index: OnceLock::new() })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    fn index(&self) -> Result<&Index, RecognitionError> {
        if let Some(index) = self.index.get() {
            return Ok(index);
        }
        let index = self.read_index()?;
        Ok(self.index.get_or_init(|| index))
    }

    fn read_index(&self) -> Result<Index, RecognitionError> {
        let header = &self.header;
        let mut bytes = vec![0; header.index_bytes() as usize + 4];
        self.read(&mut bytes, header.tracks_at())?;
        let (content, sum) = bytes.split_at(header.index_bytes() as usize);
        if le_u32(sum) != crc32fast::hash(content) {
            return Err(self.damaged("the table's checksum is wrong"));
        }
        let (tracks, table) = content.split_at((header.table_at() - header.tracks_at()) as usize);
        let extents = tracks.chunks_exact(TRACK_BYTES as usize).filter_map(Extent::decode).collect();
        let table: Vec<u32> = table.chunks_exact(4).map(le_u32).collect();
        if !table.is_sorted() || table.last() != Some(&header.num_entries) {
            return Err(self.damaged("the table is out of order"));
        }
        let entries_bytes = u64::from(header.num_entries) * header.entry_bytes() as u64;
        let entries = if entries_bytes <= HELD_BYTES {
            let mut entries = vec![0; entries_bytes as usize];
            self.read(&mut entries, header.entries_at())?;
            Some(entries)
        } else {
            None
        };
        Ok(Index { extents, table, entries })
    }

    /// Calls `found` with the place of every entry that has the number of a landmark, and with that
    /// landmark. `asked` is in order of the numbers: each bucket is read once, however often it is asked.
    /// Where the entries are not in memory, buckets that hold much for what is asked of them are left out
    /// once `most` entries were to be read.
    pub(crate) fn look_up(
        &self,
        asked: &[Asked],
        most: u64,
        found: &mut impl FnMut(u32, Asked),
    ) -> Result<(), RecognitionError> {
        let index = self.index()?;
        let rest_bits = self.header.rest_bits();
        let mut visits: Vec<Visit<'_>> = asked
            .chunk_by(|one, other| one.hash >> rest_bits == other.hash >> rest_bits)
            .filter_map(|asked| Visit::new(index, rest_bits, asked))
            .collect();
        if index.entries.is_none() {
            visits.sort_unstable_by_key(Visit::cost_per_question);
            let mut sum = 0;
            let num_visits = visits.iter().take_while(|visit| {
                sum += u64::from(visit.end - visit.first);
                sum <= most
            });
            let num_visits = num_visits.count();
            visits.truncate(num_visits);
            visits.sort_unstable_by_key(|visit| visit.first);
        }
        let width = self.header.entry_bytes();
        let mut buffer = Vec::new();
        for near in visits.chunk_by(|one, other| other.first - one.end <= MAX_SKIPPED_ENTRIES) {
            let [Some(first), Some(end)] = [near.first().map(|v| v.first), near.last().map(|v| v.end)] else {
                continue;
            };
            let bytes = first as usize * width..end as usize * width;
            let entries = match &index.entries {
                Some(entries) => entries.get(bytes).unwrap_or_default(),
                None => {
                    buffer.resize(bytes.len(), 0);
                    self.read(&mut buffer, self.header.entries_at() + bytes.start as u64)?;
                    &buffer
                }
            };
            for visit in near {
                let [from, end] = [visit.first, visit.end].map(|entry| (entry - first) as usize * width);
                let entries = entries.get(from..end).unwrap_or_default();
                match width {
                    5 => scan(entries.as_chunks::<5>().0, rest_bits, visit.asked, found),
                    _ => scan(entries.as_chunks::<6>().0, rest_bits, visit.asked, found),
                }
            }
        }
        Ok(())
    }

    /// Returns the slot of the track that has this tick, or that is within a gap of it, and the tick
    /// within that track.
    pub(crate) fn track_at(&self, tick: i64) -> Result<Option<(u32, i64)>, RecognitionError> {
        let extents = &self.index()?.extents;
        let half_gap = i64::from(super::GAP_TICKS / 2);
        let slot = extents.partition_point(|extent| i64::from(extent.first_tick) - half_gap <= tick);
        let Some(slot) = slot.checked_sub(1) else { return Ok(None) };
        Ok(extents.get(slot).map(|extent| (slot as u32, tick - i64::from(extent.first_tick))))
    }

    pub(crate) fn extents(&self) -> Result<&[Extent], RecognitionError> {
        Ok(&self.index()?.extents)
    }

    /// Returns the peaks of a track within these ticks of it.
    pub(crate) fn peaks(
        &self,
        slot: u32,
        ticks: std::ops::Range<u32>,
    ) -> Result<Vec<Peak>, RecognitionError> {
        let Some(extent) = self.index()?.extents.get(slot as usize).copied() else { return Ok(Vec::new()) };
        let bytes = self.peaks_bytes(&extent)?;
        let end = ticks.end.min(extent.num_ticks.div_ceil(BLOCK_TICKS) * BLOCK_TICKS);
        decode_peaks(&bytes, extent.num_ticks, ticks.start..end)
            .ok_or_else(|| self.damaged("a track's peaks are out of order"))
    }

    pub(crate) fn peaks_bytes(&self, extent: &Extent) -> Result<Vec<u8>, RecognitionError> {
        if extent.peaks_bytes > MAX_PEAKS_BYTES
            || extent.peaks_at.saturating_add(u64::from(extent.peaks_bytes)) > self.header.peaks_bytes
        {
            return Err(self.damaged("a track's peaks lie outside"));
        }
        let mut bytes = vec![0; extent.peaks_bytes as usize];
        self.read(&mut bytes, HEADER_BYTES + extent.peaks_at)?;
        if crc32fast::hash(&bytes) != extent.checksum {
            return Err(self.damaged("the checksum of a track's peaks is wrong"));
        }
        Ok(bytes)
    }

    /// Returns the entries from a bucket on, in order, as landmarks.
    pub(crate) fn entries(&self) -> Result<Entries<'_>, RecognitionError> {
        Ok(Entries { segment: self, table: &self.index()?.table, bucket: 0, read: Vec::new(), next: 0 })
    }

    fn damaged(&self, what: &'static str) -> RecognitionError {
        RecognitionError::Damaged { path: self.path.clone(), what }
    }

    fn read(&self, bytes: &mut [u8], at: u64) -> Result<(), RecognitionError> {
        read_at(&self.file, bytes, at)
            .map_err(|source| RecognitionError::File { path: self.path.clone(), source })
    }
}

/// A bucket that a question leads to.
struct Visit<'a> {
    /// Its entries.
    first: u32,
    end: u32,
    /// What is asked of it: not empty, in order.
    asked: &'a [Asked],
}

impl<'a> Visit<'a> {
    /// `None` when the bucket is empty or says nothing.
    fn new(index: &Index, rest_bits: u32, asked: &'a [Asked]) -> Option<Self> {
        let bucket = (asked.first()?.hash >> rest_bits) as usize;
        let &[first, end] = index.table.get(bucket..bucket + 2)? else { return None };
        (end > first && end - first <= MAX_BUCKET_ENTRIES).then_some(Self { first, end, asked })
    }

    /// What is rare tells more, and what is common is most of a large library.
    fn cost_per_question(&self) -> (u32, u32) {
        ((self.end - self.first) * 64 / self.asked.len().max(1) as u32, self.first)
    }
}

/// Finds what is asked among the entries of a bucket: both are in order.
fn scan<const WIDTH: usize>(
    mut entries: &[[u8; WIDTH]],
    rest_bits: u32,
    asked: &[Asked],
    found: &mut impl FnMut(u32, Asked),
) {
    let rest_of = |entry: &[u8; WIDTH]| {
        entry.iter().take(WIDTH - 4).rev().fold(0_u32, |rest, byte| rest << 8 | u32::from(*byte))
    };
    for same in asked.chunk_by(|one, other| one.hash == other.hash) {
        let Some(asked) = same.first() else { continue };
        let rest = asked.hash & ((1 << rest_bits) - 1);
        entries = entries.get(entries.partition_point(|entry| rest_of(entry) < rest)..).unwrap_or_default();
        for entry in entries.iter().take_while(|entry| rest_of(entry) == rest) {
            let place = entry.last_chunk().map_or(0, |place| u32::from_le_bytes(*place));
            same.iter().for_each(|asked| found(place, *asked));
        }
    }
}

/// All entries of a segment in order of their numbers, a stretch of buckets in memory at a time.
pub(crate) struct Entries<'a> {
    segment: &'a Segment,
    table: &'a [u32],
    bucket: usize,
    read: Vec<Landmark>,
    next: usize,
}

/// Buckets read at once when a segment is read from end to end.
const STRETCH_BUCKETS: usize = 1_024;

impl Entries<'_> {
    /// Returns the next entry, `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Landmark>, RecognitionError> {
        while self.next >= self.read.len() {
            if self.bucket + 1 >= self.table.len() {
                return Ok(None);
            }
            self.read_stretch()?;
        }
        let entry = self.read.get(self.next).copied();
        self.next += 1;
        Ok(entry)
    }

    fn read_stretch(&mut self) -> Result<(), RecognitionError> {
        let header = &self.segment.header;
        let end_bucket = (self.bucket + STRETCH_BUCKETS).min(self.table.len() - 1);
        let bounds = self.table.get(self.bucket..=end_bucket).unwrap_or_default();
        let [first, end] = [bounds.first(), bounds.last()].map(|b| b.copied().unwrap_or_default());
        let width = header.entry_bytes();
        let mut bytes = vec![0; (end - first) as usize * width];
        self.segment.read(&mut bytes, header.entries_at() + u64::from(first) * width as u64)?;
        self.read.clear();
        self.next = 0;
        let mut entries = bytes.chunks_exact(width);
        for (bucket, bound) in (self.bucket as u32..).zip(bounds.windows(2)) {
            let &[first, end] = bound else { continue };
            for entry in entries.by_ref().take((end - first) as usize) {
                let (rest, place) = entry.split_at(width - 4);
                let hash = bucket << header.rest_bits() | le_u32(rest);
                debug_assert!(hash < 1 << HASH_BITS, "a number has {HASH_BITS} bits");
                self.read.push(Landmark { hash, tick: le_u32(place) });
            }
        }
        self.bucket = end_bucket;
        Ok(())
    }
}

#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], at: u64) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, at)
}

#[cfg(windows)]
fn read_at(file: &File, mut bytes: &mut [u8], mut at: u64) -> std::io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, bytes, at)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            read => {
                bytes = bytes.get_mut(read..).unwrap_or_default();
                at += read as u64;
            }
        }
    }
    Ok(())
}
