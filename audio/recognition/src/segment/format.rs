use std::path::Path;

use crate::RecognitionError;
use crate::landmark::HASH_BITS;
use crate::peak::{NUM_PITCHES, Peak};

pub(crate) const MAGIC: [u8; 8] = *b"JLPEAKS\n";
/// The layout described in the parent module.
pub(crate) const VERSION: u32 = 2;
pub(crate) const HEADER_BYTES: u64 = 64;
pub(crate) const TRACK_BYTES: u64 = 24;
/// Ticks of a block of peaks: the offset of a peak in it is one byte.
pub(crate) const BLOCK_TICKS: u32 = 256;
/// Bytes of a peak: its tick in the block; its pitch (11 bits) and a level in steps of 8 dB (5 bits).
pub(crate) const PEAK_BYTES: usize = 3;
/// Buckets, as a power of two: as many bits as 16 bits of rest leave over…
pub(crate) const MIN_BUCKET_BITS: u32 = HASH_BITS - 16;
/// …and at most these: a table of 32 MiB.
pub(crate) const MAX_BUCKET_BITS: u32 = 23;
/// Entries a bucket holds on average, at most, as long as the table may grow.
const ENTRIES_PER_BUCKET: u64 = 32;
const PITCH_BITS: u32 = 11;

const _: () = assert!((NUM_PITCHES as u32) <= 1 << PITCH_BITS, "a pitch fits its bits");

/// Where things are in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) bucket_bits: u32,
    pub(crate) num_tracks: u32,
    pub(crate) num_entries: u32,
    pub(crate) peaks_bytes: u64,
}

impl Header {
    pub(crate) fn new(num_tracks: u32, num_entries: u32, peaks_bytes: u64) -> Self {
        let bits = (u64::from(num_entries) / ENTRIES_PER_BUCKET).max(1).ilog2() + 1;
        Self {
            bucket_bits: bits.clamp(MIN_BUCKET_BITS, MAX_BUCKET_BITS),
            num_tracks,
            num_entries,
            peaks_bytes,
        }
    }

    /// Bytes of the rest of a number in an entry.
    pub(crate) fn rest_bytes(&self) -> usize {
        if HASH_BITS - self.bucket_bits <= 8 { 1 } else { 2 }
    }

    pub(crate) fn rest_bits(&self) -> u32 {
        HASH_BITS - self.bucket_bits
    }

    pub(crate) fn entry_bytes(&self) -> usize {
        self.rest_bytes() + 4
    }

    pub(crate) fn num_buckets(&self) -> u64 {
        1 << self.bucket_bits
    }

    pub(crate) fn tracks_at(&self) -> u64 {
        HEADER_BYTES + self.peaks_bytes
    }

    pub(crate) fn table_at(&self) -> u64 {
        self.tracks_at() + u64::from(self.num_tracks) * TRACK_BYTES
    }

    /// Bytes of tracks and table, without their checksum.
    pub(crate) fn index_bytes(&self) -> u64 {
        u64::from(self.num_tracks) * TRACK_BYTES + (self.num_buckets() + 1) * 4
    }

    pub(crate) fn entries_at(&self) -> u64 {
        self.tracks_at() + self.index_bytes() + 4
    }

    pub(crate) fn file_bytes(&self) -> u64 {
        self.entries_at() + u64::from(self.num_entries) * self.entry_bytes() as u64
    }

    pub(crate) fn encode(&self) -> [u8; HEADER_BYTES as usize] {
        let mut bytes = Vec::with_capacity(HEADER_BYTES as usize);
        bytes.extend(MAGIC);
        for number in [VERSION, self.bucket_bits, self.num_tracks, self.num_entries] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(self.peaks_bytes.to_le_bytes());
        bytes.resize(HEADER_BYTES as usize - 4, 0);
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        let mut header = [0; HEADER_BYTES as usize];
        header.copy_from_slice(&bytes);
        header
    }

    pub(crate) fn decode(bytes: &[u8], file_bytes: u64, path: &Path) -> Result<Self, RecognitionError> {
        let damaged = |what| RecognitionError::Damaged { path: path.to_owned(), what };
        let mut words = bytes.get(8..).ok_or_else(|| damaged("no header"))?.chunks_exact(4).map(le_u32);
        if !bytes.starts_with(&MAGIC) {
            return Err(damaged("not an index"));
        }
        let mut word = || words.next().ok_or_else(|| damaged("short header"));
        let found = word()?;
        if found > VERSION {
            return Err(RecognitionError::TooNew { found, known: VERSION, path: path.to_owned() });
        }
        if found < VERSION {
            return Err(damaged("an earlier version made it"));
        }
        let [bucket_bits, num_tracks, num_entries] = [word()?, word()?, word()?];
        let peaks_bytes = u64::from(word()?) | u64::from(word()?) << 32;
        let (content, sum) =
            bytes.split_at_checked(HEADER_BYTES as usize - 4).ok_or_else(|| damaged("short header"))?;
        if sum.get(..4).map(le_u32) != Some(crc32fast::hash(content)) {
            return Err(damaged("the header's checksum is wrong"));
        }
        let header = Self { bucket_bits, num_tracks, num_entries, peaks_bytes };
        if !(MIN_BUCKET_BITS..=MAX_BUCKET_BITS).contains(&bucket_bits) || peaks_bytes > file_bytes {
            return Err(damaged("impossible sizes"));
        }
        if header.file_bytes() != file_bytes {
            return Err(damaged("its length is not what its header says"));
        }
        Ok(header)
    }
}

/// A track in its segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) first_tick: u32,
    pub(crate) num_ticks: u32,
    /// From the start of the peaks.
    pub(crate) peaks_at: u64,
    pub(crate) peaks_bytes: u32,
    pub(crate) checksum: u32,
}

impl Extent {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.extend(self.first_tick.to_le_bytes());
        out.extend(self.num_ticks.to_le_bytes());
        out.extend(self.peaks_at.to_le_bytes());
        out.extend(self.peaks_bytes.to_le_bytes());
        out.extend(self.checksum.to_le_bytes());
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut words = bytes.chunks_exact(4).map(le_u32);
        let mut word = || words.next();
        Some(Self {
            first_tick: word()?,
            num_ticks: word()?,
            peaks_at: u64::from(word()?) | u64::from(word()?) << 32,
            peaks_bytes: word()?,
            checksum: word()?,
        })
    }
}

pub(crate) fn le_u32(bytes: &[u8]) -> u32 {
    bytes.iter().take(4).rev().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// Writes peaks, in order of their ticks, as they lie in a file.
pub(crate) fn encode_peaks(peaks: &[Peak], num_ticks: u32) -> Vec<u8> {
    let num_blocks = num_ticks.div_ceil(BLOCK_TICKS) as usize;
    let mut bytes = Vec::with_capacity((num_blocks + 1) * 4 + peaks.len() * PEAK_BYTES);
    let mut from = 0;
    for block in 0..=num_blocks as u32 {
        from += peaks.iter().skip(from).take_while(|peak| peak.tick / BLOCK_TICKS < block).count();
        bytes.extend((from as u32).to_le_bytes());
    }
    for peak in peaks.iter().take(from) {
        let level = u16::from(peak.level / 8);
        bytes.push((peak.tick % BLOCK_TICKS) as u8);
        bytes.extend((peak.pitch | level << PITCH_BITS).to_le_bytes());
    }
    bytes
}

/// Reads the peaks of `ticks` back. `None` when the bytes are not what [`encode_peaks`] made.
pub(crate) fn decode_peaks(bytes: &[u8], num_ticks: u32, ticks: std::ops::Range<u32>) -> Option<Vec<Peak>> {
    let num_blocks = num_ticks.div_ceil(BLOCK_TICKS) as usize;
    let (offsets, peaks) = bytes.split_at_checked((num_blocks + 1) * 4)?;
    let first_block = (ticks.start / BLOCK_TICKS) as usize;
    let end_block = (ticks.end.div_ceil(BLOCK_TICKS) as usize).min(num_blocks);
    let mut out = Vec::new();
    for block in first_block..end_block {
        let offset =
            |block: usize| offsets.get(block * 4..block * 4 + 4).map(|o| le_u32(o) as usize * PEAK_BYTES);
        for peak in peaks.get(offset(block)?..offset(block + 1)?)?.chunks_exact(PEAK_BYTES) {
            let &[tick, low, high] = peak else { continue };
            let word = u16::from_le_bytes([low, high]);
            let tick = block as u32 * BLOCK_TICKS + u32::from(tick);
            let pitch = word & ((1 << PITCH_BITS) - 1);
            if pitch >= NUM_PITCHES {
                return None;
            }
            if ticks.contains(&tick) {
                out.push(Peak { tick, pitch, level: (word >> PITCH_BITS) as u8 * 8 });
            }
        }
    }
    Some(out)
}
