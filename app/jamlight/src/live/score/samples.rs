//! Samples: the user's own, found at the start, and what a host lends. Decoded when code names them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use anyhow::Context as _;
use app_desktop::CardKind;
use audio_engine::{MAX_SAMPLE_SECS, SampleData};
use audio_io::{DecodeLimits, decode_file};

use crate::live::board::Board;
use crate::samples::SampleIndex;

/// Decoded samples of the user's own, in bytes: a quarter of a small machine's memory.
const MAX_BYTES: usize = 1 << 30;
/// Decoded samples that a host lends, in bytes: half of the user's own.
const MAX_LENT_BYTES: usize = 512 << 20;

/// What the worker is asked for.
#[derive(Debug)]
pub(crate) enum SampleAsk {
    /// Code, or a single name: whatever of our names stands in it is read, once.
    Code(String),
    /// Files of the host's by which a name goes in its room, in the order of their numbers.
    Lent { name: String, files: Vec<PathBuf> },
    /// The visit is over: names mean our own again.
    LoanEnds,
}

/// One name's samples, decoded, or the end of a loan.
pub(crate) enum Taken {
    Own { name: String, samples: Vec<SampleData> },
    Lent { name: String, samples: Vec<SampleData> },
    LoanEnded,
}

/// The way to the worker that reads samples.
pub(crate) struct SampleReader {
    /// Unbounded, but evaluations and names of a host only.
    pub ask: Sender<SampleAsk>,
    pub taken: Receiver<Taken>,
}

/// Starts the worker. It ends when nobody can ask it any more.
///
/// # Errors
/// When the system gives no thread.
pub(crate) fn start(board: Arc<Board>, folders: Vec<PathBuf>) -> anyhow::Result<SampleReader> {
    let (ask, asked) = channel();
    let (reply, taken) = channel();
    let worker = move || {
        let warn = |sentence| board.card(CardKind::Warning, sentence, None);
        let mut own = SampleFolders::open(&folders, &warn);
        board.score.sounds.change(|sounds| {
            let mut all: Vec<String> = sounds.iter().chain(own.left.names()).cloned().collect();
            all.sort_unstable();
            all.dedup();
            *sounds = all.into();
        });
        let mut lent_left = MAX_LENT_BYTES;
        while let Ok(asked) = asked.recv() {
            let taken = match asked {
                SampleAsk::Code(code) => own
                    .take(&code, &warn)
                    .into_iter()
                    .map(|(name, samples)| Taken::Own { name, samples })
                    .collect(),
                SampleAsk::Lent { name, files } => {
                    let samples = decode(&files, &mut lent_left, &warn);
                    vec![Taken::Lent { name, samples }]
                }
                SampleAsk::LoanEnds => {
                    lent_left = MAX_LENT_BYTES;
                    vec![Taken::LoanEnded]
                }
            };
            for taken in taken {
                if reply.send(taken).is_err() {
                    return;
                }
            }
        }
    };
    std::thread::Builder::new()
        .name("samples".to_owned())
        .spawn(worker)
        .context("the thread that reads samples cannot start")?;
    Ok(SampleReader { ask, taken })
}

/// The user's own samples that nobody has asked for yet.
pub(crate) struct SampleFolders {
    left: SampleIndex,
    bytes_left: usize,
}

impl SampleFolders {
    /// Looks what there is; `warn` gets a sentence for what cannot be used.
    pub(crate) fn open(folders: &[PathBuf], warn: &dyn Fn(String)) -> Self {
        let mut left = SampleIndex::of(folders);
        std::mem::take(&mut left.problems).into_iter().for_each(warn);
        Self { left, bytes_left: MAX_BYTES }
    }

    /// Decodes whatever of our names stands in code, each name once.
    pub(crate) fn take(&mut self, code: &str, warn: &dyn Fn(String)) -> Vec<(String, Vec<SampleData>)> {
        let names = self.left.named_in(code).into_iter();
        let mut taken = Vec::new();
        for name in names {
            let files = self.left.take(&name);
            taken.push((name, decode(&files, &mut self.bytes_left, warn)));
        }
        taken
    }
}

fn decode(files: &[PathBuf], bytes_left: &mut usize, warn: &dyn Fn(String)) -> Vec<SampleData> {
    files.iter().filter_map(|file| read(file, bytes_left, warn)).collect()
}

fn read(file: &Path, bytes_left: &mut usize, warn: &dyn Fn(String)) -> Option<SampleData> {
    let limits = DecodeLimits { max_secs: f64::from(MAX_SAMPLE_SECS) - 0.1 };
    let decoded = match decode_file(file, &limits) {
        Ok(decoded) => decoded,
        Err(err) => {
            warn(format!("The sample {} is left out: {err}.", file.display()));
            return None;
        }
    };
    let channels = usize::from(decoded.format.channels.max(1));
    let frames: Vec<[f32; 2]> = decoded
        .samples
        .chunks_exact(channels)
        .map(|frame| match frame {
            [mono] => [*mono; 2],
            [left, right, ..] => [*left, *right],
            [] => [0.0; 2],
        })
        .collect();
    let bytes = frames.len() * size_of::<[f32; 2]>();
    if bytes > *bytes_left {
        warn("The samples in use fill the memory set aside for them: further ones are left out.".to_owned());
        return None;
    }
    *bytes_left -= bytes;
    Some(SampleData { frames, rate_hz: decoded.format.sample_rate_hz })
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn wav(path: &Path, frames: u32) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 44_100,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(path, spec).unwrap();
        for _ in 0..frames {
            writer.write_sample(16_384i16).unwrap();
        }
        writer.finalize().unwrap();
    }

    #[test]
    fn folders_are_names_and_files_count_in_order() {
        let home = tempfile::tempdir().unwrap();
        wav(&home.path().join("Kick/b.wav"), 200);
        wav(&home.path().join("Kick/a.wav"), 100);
        std::fs::write(home.path().join("Kick/notes.txt"), "no sound").unwrap();
        let board = Board::new(Instant::now());
        let reader = start(board.clone(), vec![home.path().to_owned(), home.path().join("missing")]).unwrap();
        reader.ask.send(SampleAsk::Code("$: s(\"bd Kick*2\")".to_owned())).unwrap();
        let Taken::Own { samples, .. } = reader.taken.recv().unwrap() else { panic!("nothing of our own") };
        let lengths: Vec<usize> = samples.iter().map(|sample| sample.frames.len()).collect();
        assert_eq!(lengths, [100, 200]);
        assert_eq!(samples[0].rate_hz, 44_100);
        assert!(board.score.sounds.get().contains(&"kick".to_owned()));
    }
}
