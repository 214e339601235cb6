use std::fs::File;
use std::path::{Path, PathBuf};

use crate::catalogue::{Catalogue, path_text};
use crate::landmark::{Asked, Effort, RATES, landmarks};
use crate::nominate::{Nominee, nominate};
use crate::segment::{Segment, SegmentBuilder, merge};
use crate::verify::{Fit, Grid, SURROUNDINGS_TICKS, agreement, fit, secs};
use crate::{Peak, Recognition, RecognitionError, TrackId, TrackInfo};

/// Tracks that wait in memory before they are written: about 25 MB of four-minute tracks.
const TRACKS_PER_FLUSH: u32 = 128;
/// A segment is merged into the one before it unless that is more than so many times larger: few files
/// to ask, and each track is rewritten only a few times.
const MERGE_RATIO: u64 = 4;
/// Entries of a segment after a merge, at most: places in its table are 32 bits.
const MAX_ENTRIES: u64 = u32::MAX as u64 / 2;
/// Places that are compared peak by peak: as recorded, and at all other speeds together.
const MOST_NOMINEES: usize = 24;
/// Longest query, in ticks: 12 s. Later peaks are not asked.
const MAX_QUERY_TICKS: u32 = 750;
/// Fewest peaks of a query: under a second of music, or a sustained tone.
const MIN_PEAKS: usize = 24;
/// Standard deviations above chance from which a place has something in common with a query.
const SURE_SIGMAS: f64 = 8.0;
/// Standard deviations from which no other speed is asked.
const DOUBTLESS_SIGMAS: f64 = 16.0;
/// Agreement from which that is the recording. Measured: at noise as loud as the music and through a room it
/// is 0.5 and more; tracks that share a loop or a stem have 0.1–0.35, and only another version of the same
/// song comes above. Of 12 draws of 117 tracks, 8,400 queries that are known and 3,600 that are not:
///
/// | least agreement | known and named | not known, but named |
/// |---|---|---|
/// | 0.30 | 0.979 | 0.011 |
/// | 0.34 | 0.975 | 0.007 |
/// | 0.38 | 0.969 | 0.004 |
/// | 0.45 | 0.947 | 0.002 |
const MIN_AGREEMENT: f64 = 0.34;
/// Length of a query from which that holds, in ticks: 5 s. What a shorter one has in common by chance varies
/// more, as the root of its length: of 3 s, 0.34 would name one unknown query in 75.
const SURE_TICKS: u32 = 312;

/// The user's own music: a folder with a catalogue and segments. Several processes may read one, one at a
/// time may change it.
///
/// A change is on the disk, whole, when its call returns, and a crash at any time leaves what was there
/// before. Damage to a segment costs the tracks in it: they are listed as unknown and can be added again.
#[derive(Debug)]
pub struct Library {
    folder: PathBuf,
    catalogue: Catalogue,
    seen_version: i64,
    segments: Vec<(i64, Segment)>,
    problems: Vec<RecognitionError>,
}

impl Library {
    /// Opens a library, and makes its folder and an empty catalogue where there is none.
    ///
    /// Reads no more than the heads of its files.
    ///
    /// # Errors
    /// [`RecognitionError::File`] and [`RecognitionError::Catalogue`] as the system says them,
    /// [`RecognitionError::TooNew`]. A damaged segment is no error: see [`Library::problems`].
    pub fn open(folder: &Path) -> Result<Self, RecognitionError> {
        std::fs::create_dir_all(folder)
            .map_err(|source| RecognitionError::File { path: folder.to_owned(), source })?;
        let catalogue = Catalogue::open(&folder.join("catalogue.sqlite"))?;
        let mut library = Self {
            folder: folder.to_owned(),
            seen_version: 0,
            catalogue,
            segments: Vec::new(),
            problems: Vec::new(),
        };
        library.read_segments()?;
        Ok(library)
    }

    /// Takes up what another process changed since. Cheap when nothing did.
    fn refresh(&mut self) -> Result<(), RecognitionError> {
        if self.catalogue.data_version()? != self.seen_version { self.read_segments() } else { Ok(()) }
    }

    fn read_segments(&mut self) -> Result<(), RecognitionError> {
        self.seen_version = self.catalogue.data_version()?;
        let rows = self.catalogue.segments()?;
        let mut before = std::mem::take(&mut self.segments);
        self.problems.clear();
        for row in rows {
            if let Some(known) = before.iter().position(|(id, _)| *id == row.id) {
                self.segments.push(before.swap_remove(known));
                continue;
            }
            match Segment::open(&self.folder.join(&row.file)) {
                Ok(segment) => self.segments.push((row.id, segment)),
                Err(err @ RecognitionError::TooNew { .. }) => return Err(err),
                Err(err) => self.problems.push(err),
            }
        }
        Ok(())
    }

    /// Returns what is damaged: segments whose tracks cannot be recognised until they are added again.
    pub fn problems(&self) -> &[RecognitionError] {
        &self.problems
    }

    /// Returns every track, by path.
    ///
    /// # Errors
    /// What the catalogue says.
    pub fn tracks(&self) -> Result<Vec<TrackInfo>, RecognitionError> {
        self.catalogue.tracks()
    }

    /// Returns how many tracks there are.
    ///
    /// # Errors
    /// What the catalogue says.
    pub fn num_tracks(&self) -> Result<u64, RecognitionError> {
        self.catalogue.num_tracks()
    }

    /// Returns the bytes of all segments.
    pub fn index_bytes(&self) -> u64 {
        self.segments.iter().map(|(_, segment)| segment.header().file_bytes()).sum()
    }

    /// Begins to change the library.
    ///
    /// # Errors
    /// [`RecognitionError::Busy`] while another process does; as [`Library::open`].
    pub fn change(&mut self) -> Result<Change<'_>, RecognitionError> {
        let path = self.folder.join("lock");
        let lock =
            File::create(&path).map_err(|source| RecognitionError::File { path: path.clone(), source })?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                return Err(RecognitionError::Busy { path: self.folder.clone() });
            }
            Err(std::fs::TryLockError::Error(source)) => return Err(RecognitionError::File { path, source }),
        }
        self.refresh()?;
        self.forget_damaged()?;
        self.sweep();
        Ok(Change { library: self, builder: SegmentBuilder::default(), waiting: Vec::new(), _lock: lock })
    }

    /// Rows of segments that cannot be read go, so that their tracks can be added again.
    fn forget_damaged(&mut self) -> Result<(), RecognitionError> {
        for row in self.catalogue.segments()? {
            if !self.segments.iter().any(|(id, _)| *id == row.id) {
                let lost = self.catalogue.drop_segment(row.id)?;
                tracing::warn!(file = %row.file, lost, "a damaged part of the music index is dropped");
            }
        }
        Ok(())
    }

    /// Removes files that no row names: what a crash left, or a merge while someone read.
    fn sweep(&self) {
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return };
        for entry in entries.flatten() {
            let path = entry.path();
            let is_segment =
                path.extension().is_some_and(|extension| extension == "peaks" || extension == "part");
            if is_segment && !self.segments.iter().any(|(_, segment)| segment.path() == path) {
                // On a system that keeps open files, the next sweep takes it.
                let _ = std::fs::remove_file(path);
            }
        }
    }

    /// Recognises a stretch of music by its peaks: 3–12 s of them. `None`: unknown.
    ///
    /// Takes up what another process changed first. Blocks for some milliseconds, on the first call for
    /// as long as the disk takes for the tables.
    ///
    /// # Errors
    /// As [`Library::open`], and [`RecognitionError::Damaged`].
    pub fn recognize(&mut self, peaks: &[Peak]) -> Result<Option<Recognition>, RecognitionError> {
        self.refresh()?;
        let begin = peaks.first().map_or(0, |first| first.tick);
        let query: Vec<Peak> = peaks
            .iter()
            .map(|peak| Peak { tick: peak.tick.saturating_sub(begin), ..*peak })
            .take_while(|peak| peak.tick < MAX_QUERY_TICKS)
            .collect();
        if query.len() < MIN_PEAKS {
            return Ok(None);
        }
        // Most music is played as it is: the other speeds are asked only when that is in doubt.
        let (own, others) = RATES.split_at(1);
        let mut fits = self.fits(&query, own)?;
        if fits.iter().all(|place| place.fit.sigmas < DOUBTLESS_SIGMAS) {
            fits.extend(self.fits(&query, others)?);
        }
        fits.sort_by(|one, other| other.fit.sigmas.total_cmp(&one.fit.sigmas));
        for Place { fit, agreement, segment, slot } in fits {
            // A track that was removed is still in its segment until that is merged.
            if let Some(track) = self.catalogue.at(segment, slot)? {
                return Ok(Some(Recognition {
                    track,
                    heard_secs: secs(f64::from(begin)),
                    position_secs: secs(fit.start),
                    rate: fit.rate,
                    sigmas: fit.sigmas,
                    agreement,
                }));
            }
        }
        Ok(None)
    }

    /// Returns the places that are it, of those that most landmarks nominate at any of these speeds.
    fn fits(&self, query: &[Peak], rates: &[f64]) -> Result<Vec<Place>, RecognitionError> {
        let mut asked = Vec::new();
        let mut at_rate = Vec::new();
        for (rate_idx, &rate) in (0..).zip(rates) {
            at_rate.clear();
            landmarks(query, rate, Effort::ASKED, &mut at_rate);
            asked.extend(at_rate.iter().map(|mark| Asked { hash: mark.hash, rate_idx, tick: mark.tick }));
        }
        asked.sort_unstable();
        asked.dedup();
        let mut nominees = Vec::new();
        for (i, (_, segment)) in self.segments.iter().enumerate() {
            let found = nominate(segment, &asked, MOST_NOMINEES)?;
            nominees.extend(found.into_iter().map(|nominee| (nominee, i)));
        }
        nominees.sort_by_key(|(nominee, ..)| std::cmp::Reverse(nominee.votes));
        let mut fits = Vec::new();
        for (nominee, i) in nominees.into_iter().take(MOST_NOMINEES) {
            let Some((id, segment)) = self.segments.get(i) else { continue };
            let Some(&rate) = rates.get(usize::from(nominee.rate_idx)) else { continue };
            fits.extend(check(*id, segment, query, nominee, rate)?);
        }
        Ok(fits)
    }
}

/// A place that is what was heard.
struct Place {
    fit: Fit,
    agreement: f64,
    segment: i64,
    slot: u32,
}

/// Compares a query with a nominated place. `None`: that is not it.
fn check(
    id: i64,
    segment: &Segment,
    query: &[Peak],
    nominee: Nominee,
    rate: f64,
) -> Result<Option<Place>, RecognitionError> {
    let Some((slot, start)) = segment.track_at(nominee.start)? else { return Ok(None) };
    let Some(extent) = segment.extents()?.get(slot as usize).copied() else { return Ok(None) };
    let last = query.last().map_or(0, |last| last.tick);
    let end = start + (f64::from(last) * rate) as i64;
    let around = i64::from(SURROUNDINGS_TICKS);
    let clamp = |tick: i64| tick.clamp(0, i64::from(extent.num_ticks)) as u32;
    let ticks = clamp(start - around)..clamp(end + around);
    let record = segment.peaks(slot, ticks.clone())?;
    let grid = Grid::new(&record, i64::from(ticks.start)..i64::from(ticks.end));
    let found = fit(query, &record, &grid, extent.num_ticks, start, rate);
    let Some(fit) = found.filter(|fit| fit.sigmas >= SURE_SIGMAS) else { return Ok(None) };
    let agreement = agreement(&fit, query, &record, &grid, extent.num_ticks);
    let needed = MIN_AGREEMENT * (f64::from(SURE_TICKS) / f64::from(last.max(1))).max(1.0).sqrt();
    Ok((agreement >= needed).then_some(Place { fit, agreement, segment: id, slot }))
}

/// What a library knows of a file, from its path, size and date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// It is there, unchanged.
    Same,
    /// It must be read to know.
    Unsure,
}

/// A change of a library. What was added is written in parts and at [`Change::finish`]; dropped without
/// it, the last part is lost and nothing else.
#[derive(Debug)]
pub struct Change<'a> {
    library: &'a mut Library,
    builder: SegmentBuilder,
    waiting: Vec<TrackInfo>,
    _lock: File,
}

impl Change<'_> {
    /// Returns whether a file with this path, size and date is in the library.
    ///
    /// # Errors
    /// What the catalogue says.
    pub fn knows(
        &self,
        path: &Path,
        size_bytes: u64,
        modified_millis: i64,
    ) -> Result<Known, RecognitionError> {
        let here = self.library.catalogue.by_path(&path_text(path))?;
        let same = here
            .iter()
            .any(|track| track.size_bytes == size_bytes && track.modified_millis == modified_millis);
        Ok(if same { Known::Same } else { Known::Unsure })
    }

    /// Returns whether a file with these bytes is in the library; if so, notes its new place and tags.
    ///
    /// # Errors
    /// What the catalogue says.
    pub fn moved(&mut self, track: &TrackInfo) -> Result<bool, RecognitionError> {
        if self.waiting.iter().any(|waiting| waiting.content == track.content) {
            return Ok(true);
        }
        let Some(known) = self.library.catalogue.by_content(&track.content)? else { return Ok(false) };
        self.library.catalogue.update(known.id, track)?;
        Ok(true)
    }

    /// Adds a track. One with the same content counts as moved, one at the same path as replaced.
    ///
    /// # Errors
    /// [`RecognitionError::TooLong`]; what the disk and the catalogue say.
    pub fn add(&mut self, track: TrackInfo, peaks: &[Peak]) -> Result<(), RecognitionError> {
        if self.moved(&track)? {
            return Ok(());
        }
        let replaced: Vec<TrackId> =
            self.library.catalogue.by_path(&path_text(&track.path))?.iter().map(|old| old.id).collect();
        self.builder.add(peaks)?;
        self.waiting.push(track);
        self.library.catalogue.remove(&replaced)?;
        if self.builder.num_tracks() >= TRACKS_PER_FLUSH || self.builder.is_full() {
            self.flush()?;
        }
        Ok(())
    }

    /// Removes tracks. Returns how many there were.
    ///
    /// # Errors
    /// What the catalogue says.
    pub fn remove(&mut self, ids: &[TrackId]) -> Result<usize, RecognitionError> {
        self.library.catalogue.remove(ids)
    }

    /// Writes what waits, and tidies the index.
    ///
    /// # Errors
    /// What the disk and the catalogue say. What was written before stays.
    pub fn finish(mut self) -> Result<(), RecognitionError> {
        self.flush()?;
        self.tidy()
    }

    fn flush(&mut self) -> Result<(), RecognitionError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let builder = std::mem::take(&mut self.builder);
        let tracks = std::mem::take(&mut self.waiting);
        let name = self.free_name();
        let part = self.library.folder.join(format!("{name}.part"));
        let file = format!("{name}.peaks");
        builder.write(&part)?;
        self.publish(&part, &file)?;
        self.library.catalogue.add_segment(&file, &tracks)?;
        self.library.read_segments()
    }

    /// Gives a written file its name, and waits until the disk knows it.
    fn publish(&self, part: &Path, file: &str) -> Result<(), RecognitionError> {
        let path = self.library.folder.join(file);
        let failed = |source| RecognitionError::File { path: path.clone(), source };
        std::fs::rename(part, &path).map_err(failed)?;
        #[cfg(unix)]
        File::open(&self.library.folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        Ok(())
    }

    /// A name no file here has.
    fn free_name(&self) -> String {
        let taken = |number: &u32| {
            ["peaks", "part"]
                .iter()
                .any(|end| self.library.folder.join(format!("{number:06}.{end}")).exists())
        };
        let number = (1_u32..).find(|number| !taken(number)).unwrap_or_default();
        format!("{number:06}")
    }

    /// Merges small segments into larger ones.
    fn tidy(&mut self) -> Result<(), RecognitionError> {
        loop {
            let sizes: Vec<u64> = self
                .library
                .segments
                .iter()
                .map(|(_, segment)| u64::from(segment.header().num_entries))
                .collect();
            let Some(from) = first_to_merge(&sizes) else { return Ok(()) };
            self.merge(from)?;
        }
    }

    fn merge(&mut self, from: usize) -> Result<(), RecognitionError> {
        let ids: Vec<i64> = self.library.segments.iter().skip(from).map(|(id, _)| *id).collect();
        let mut live = std::collections::HashSet::new();
        for (i, id) in ids.iter().enumerate() {
            live.extend(self.library.catalogue.slots(*id)?.into_iter().map(|slot| (i, slot)));
        }
        let sources: Vec<Segment> = self.library.segments.drain(from..).map(|(_, segment)| segment).collect();
        let name = self.free_name();
        let part = self.library.folder.join(format!("{name}.part"));
        let file = format!("{name}.peaks");
        let moved = merge(&sources, |origin| live.contains(&origin), &part)?;
        self.publish(&part, &file)?;
        let moved: Vec<(i64, u32)> =
            moved.iter().filter_map(|(i, slot)| ids.get(*i).map(|id| (*id, *slot))).collect();
        self.library.catalogue.replace_segments(&ids, &file, &moved)?;
        drop(sources);
        self.library.read_segments()?;
        self.library.sweep();
        Ok(())
    }
}

/// Where the row of segments, oldest first, has to be merged from: the first that is not much larger than
/// all after it together, as far back as one segment can hold.
fn first_to_merge(sizes: &[u64]) -> Option<usize> {
    let mut first = None;
    let mut sum = 0_u64;
    for (i, size) in sizes.iter().enumerate().rev() {
        if i + 1 < sizes.len() {
            if sum + size > MAX_ENTRIES {
                break;
            }
            if *size <= sum.saturating_mul(MERGE_RATIO) {
                first = Some(i);
            }
        }
        sum += size;
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_segments_stay_however_they_came() {
        let check = |sizes: &[u64], expected: Option<usize>| assert_eq!(first_to_merge(sizes), expected);
        check(&[], None);
        check(&[5], None);
        check(&[100, 10, 2], None);
        check(&[100, 10, 3], Some(1));
        // A row of equal ones behind which a small one came.
        check(&[9, 9, 9, 9, 1], Some(0));
        check(&[1_000, 9, 9, 1], Some(1));
        check(&[MAX_ENTRIES, 9, 9], Some(1));
        check(&[MAX_ENTRIES - 10, MAX_ENTRIES / 2, 9, 9], Some(2));
    }
}
