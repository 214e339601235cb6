//! Several segments become one, in a stream: memory does not grow with them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

use super::build::{encode_entry, index_bytes};
use super::format::{Extent, Header};
use super::{GAP_TICKS, Segment};
use crate::RecognitionError;
use crate::landmark::Landmark;

/// A track that moves: from a segment (its place in the list) and slot. Its new slot is its place in
/// the answer.
pub(crate) type Origin = (usize, u32);

/// Writes the tracks for which `keeps` holds into one new file, and returns them in their new order.
pub(crate) fn merge(
    sources: &[Segment],
    keeps: impl Fn(Origin) -> bool,
    path: &Path,
) -> Result<Vec<Origin>, RecognitionError> {
    let mut moved = Vec::new();
    let mut extents = Vec::new();
    // Per source and slot: old first tick, new one where the track stays.
    let mut places: Vec<Vec<(u32, Option<u32>)>> = Vec::new();
    let mut next_tick = 0_u32;
    let mut peaks_bytes = 0_u64;
    for (i, source) in sources.iter().enumerate() {
        let mut row = Vec::new();
        for (slot, extent) in (0_u32..).zip(source.extents()?) {
            let kept = keeps((i, slot));
            row.push((extent.first_tick, kept.then_some(next_tick + GAP_TICKS)));
            if kept {
                let first_tick = next_tick + GAP_TICKS;
                extents.push(Extent { first_tick, peaks_at: peaks_bytes, ..*extent });
                moved.push((i, slot));
                next_tick = first_tick + extent.num_ticks;
                peaks_bytes += u64::from(extent.peaks_bytes);
            }
        }
        places.push(row);
    }
    // Entries of tracks that went make the table a little larger than it had to be.
    let at_most = sources.iter().fold(0_u32, |sum, source| sum.saturating_add(source.header().num_entries));
    let mut header = Header::new(moved.len() as u32, at_most, peaks_bytes);
    let failed = |source| RecognitionError::File { path: path.to_owned(), source };
    let file = std::fs::File::create(path).map_err(failed)?;
    let mut file = BufWriter::with_capacity(1 << 20, file);
    file.write_all(&header.encode()).map_err(failed)?;
    for &(i, slot) in &moved {
        let Some(source) = sources.get(i) else { continue };
        let Some(extent) = source.extents()?.get(slot as usize) else { continue };
        file.write_all(&source.peaks_bytes(extent)?).map_err(failed)?;
    }
    let mut counts = vec![0_u32; header.num_buckets() as usize];
    // Kept free for now: counts are known at the end.
    file.write_all(&index_bytes(&extents, &counts)).map_err(failed)?;
    let mut num_entries = 0_u32;
    let mut streams = Vec::new();
    let mut heads = BinaryHeap::new();
    for (i, source) in sources.iter().enumerate() {
        let mut stream = source.entries()?;
        if let Some(entry) = stream.next()? {
            heads.push(Reverse((entry.hash, i, entry.tick)));
        }
        streams.push(stream);
    }
    while let Some(Reverse((hash, i, tick))) = heads.pop() {
        if let Some(tick) = places.get(i).and_then(|row| replaced(row, tick)) {
            let entry = Landmark { hash, tick };
            file.write_all(&encode_entry(&header, entry).0[..header.entry_bytes()]).map_err(failed)?;
            num_entries += 1;
            if let Some(count) = counts.get_mut((hash >> header.rest_bits()) as usize) {
                *count += 1;
            }
        }
        if let Some(entry) = streams.get_mut(i).map_or(Ok(None), |stream| stream.next())? {
            heads.push(Reverse((entry.hash, i, entry.tick)));
        }
    }
    header.num_entries = num_entries;
    let finish = || {
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&header.encode())?;
        file.seek(SeekFrom::Start(header.tracks_at()))?;
        file.write_all(&index_bytes(&extents, &counts))?;
        file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()
    };
    finish().map_err(failed)?;
    Ok(moved)
}

/// Where a tick of the old segment is in the new one. `None` when its track went.
fn replaced(row: &[(u32, Option<u32>)], tick: u32) -> Option<u32> {
    let slot = row.partition_point(|(first, _)| *first <= tick).checked_sub(1)?;
    let (old, new) = row.get(slot)?;
    Some((*new)? + (tick - old))
}
