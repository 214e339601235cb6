//! Files to samples: a streaming reader with limits and typed refusals, on rodio's decoder.
//!
//! A header is only a claim. The reader goes by the sound that is really there, says once when it is
//! less than was promised, and never holds more than one block.

mod sniff;

use std::{
    fmt,
    fs::File,
    io::{Read, Seek, SeekFrom},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    time::Duration,
};

use rodio::{Decoder, Source, decoder::DecoderError};

use crate::StreamFormat;

/// Channels a file may have: 7.1.4 and some. More is a broken header.
const MAX_CHANNELS: u16 = 16;
/// Sample rates a file may have, in Hz.
const SAMPLE_RATES_HZ: std::ops::RangeInclusive<u32> = 4_000..=384_000;
/// A claim may be off by this much before it is worth a word: encoder delay and padding.
const CLAIM_TOLERANCE_SECS: f64 = 0.25;
/// Samples asked of the decoder in one guarded go.
const GUARDED_SAMPLES: usize = 4_096;

/// What a file may cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DecodeLimits {
    /// Seconds of sound after which reading ends with [`DecodeWarning::CutAtLimit`].
    pub max_secs: f64,
}

impl DecodeLimits {
    /// For streaming: a long night.
    pub const STREAM: Self = Self { max_secs: 12.0 * 3_600.0 };
    /// For [`decode_file`], which holds it all: 20 minutes of stereo at 48 kHz are 460 MB.
    pub const MEMORY: Self = Self { max_secs: 20.0 * 60.0 };
}

/// Why a file gives no sound.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// It cannot be opened or read.
    #[error("cannot read the audio file {path:?}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It has no bytes.
    #[error("the audio file is empty (0 bytes): {path:?}")]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// It is something else: text, a picture, noise.
    #[error("this is {what}, not audio: {path:?}")]
    NotAudio {
        /// The file.
        path: PathBuf,
        /// What it looks like.
        what: &'static str,
    },
    /// It is audio of a kind nobody here can read.
    #[error("{format} is not supported; convert it first, for example: ffmpeg -i {path:?} out.flac")]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// The format's name.
        format: &'static str,
    },
    /// The header is fine and no sound follows it.
    #[error("the audio file holds no sound, its header promises {claimed}: {path:?}")]
    NoSound {
        /// The file.
        path: PathBuf,
        /// What the header claims.
        claimed: Claim,
    },
    /// The decoder gave up.
    #[error("the audio file is damaged ({why}): {path:?}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the decoder says.
        why: String,
    },
}

/// A length as a header promises it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Claim(pub Option<f64>);

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("nothing"),
            Some(secs) if secs >= 3_600.0 => write!(f, "{:.1} hours", secs / 3_600.0),
            Some(secs) => write!(f, "{secs:.1} s"),
        }
    }
}

/// What was not as promised in a file that plays all the same.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum DecodeWarning {
    /// The sound ends before the header says so.
    Truncated {
        /// What the header claims, in seconds.
        claimed_secs: f64,
        /// What there is, in seconds.
        decoded_secs: f64,
    },
    /// The file goes on after the limit.
    CutAtLimit {
        /// The limit, in seconds.
        limit_secs: f64,
    },
    /// Rate or channels change in mid-file; reading ended there.
    FormatChanged {
        /// Where, in seconds.
        at_secs: f64,
    },
}

impl fmt::Display for DecodeWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { claimed_secs, decoded_secs } => {
                write!(
                    f,
                    "the file is cut short: {decoded_secs:.1} s of {} are there",
                    Claim(Some(*claimed_secs))
                )
            }
            Self::CutAtLimit { limit_secs } => {
                write!(f, "the file is longer than {}", Claim(Some(*limit_secs)))
            }
            Self::FormatChanged { at_secs } => write!(f, "the file changes its format at {at_secs:.1} s"),
        }
    }
}

/// A whole file in memory.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// Interleaved samples, −1–1, whole frames.
    pub samples: Vec<f32>,
    /// How they lie.
    pub format: StreamFormat,
    /// What was not as promised.
    pub warnings: Vec<DecodeWarning>,
}

/// Decodes a whole file into memory.
///
/// # Errors
/// As [`FileReader::open`] and [`FileReader::read`]. A file longer than the limit is cut, with a warning.
pub fn decode_file(path: &Path, limits: &DecodeLimits) -> Result<Decoded, DecodeError> {
    let mut reader = FileReader::open(path, limits)?;
    let mut samples = Vec::new();
    let mut block = vec![0.0; GUARDED_SAMPLES * 4];
    loop {
        let num_samples = reader.read(&mut block)?;
        if num_samples == 0 {
            break;
        }
        samples.extend_from_slice(block.get(..num_samples).unwrap_or_default());
    }
    Ok(Decoded { samples, format: reader.format(), warnings: reader.warnings().to_vec() })
}

/// Reads a file block by block. Holds one packet at a time, however long the file.
pub struct FileReader {
    path: PathBuf,
    decoder: Decoder<File>,
    format: StreamFormat,
    claimed_secs: Option<f64>,
    limit_samples: u64,
    limit_secs: f64,
    /// The first sample, read on opening to know that there is one.
    first: Option<f32>,
    /// Samples handed out since the start of the file, seeks counted.
    position_samples: u64,
    ended: bool,
    warnings: Vec<DecodeWarning>,
}

impl FileReader {
    /// Opens a file and reads as far as its first sound.
    ///
    /// # Errors
    /// Every variant of [`DecodeError`]: the file is missing, empty, something else, of an
    /// unsupported format, without sound, or damaged from the start.
    pub fn open(path: &Path, limits: &DecodeLimits) -> Result<Self, DecodeError> {
        let owned = || path.to_owned();
        let unreadable = |source| DecodeError::Unreadable { path: owned(), source };
        #[expect(clippy::disallowed_methods, reason = "this crate is where audio files are opened")]
        let mut file = File::open(path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        if metadata.is_dir() {
            return Err(DecodeError::NotAudio { path: owned(), what: "a folder" });
        }
        if metadata.is_file() && metadata.len() == 0 {
            return Err(DecodeError::Empty { path: owned() });
        }
        let mut head = Vec::new();
        file.by_ref().take(sniff::HEAD_BYTES).read_to_end(&mut head).map_err(unreadable)?;
        file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
        match sniff::sniff(&head) {
            sniff::Sniffed::Unsupported(format) => {
                return Err(DecodeError::Unsupported { path: owned(), format });
            }
            sniff::Sniffed::NotAudio(what) => return Err(DecodeError::NotAudio { path: owned(), what }),
            sniff::Sniffed::Maybe => {}
        }
        let decoder = open_decoder(path, file, metadata.len())?;
        let format =
            StreamFormat { sample_rate_hz: decoder.sample_rate().get(), channels: decoder.channels().get() };
        if format.channels > MAX_CHANNELS || !SAMPLE_RATES_HZ.contains(&format.sample_rate_hz) {
            let why = format!("{} channels at {} Hz", format.channels, format.sample_rate_hz);
            return Err(DecodeError::Damaged { path: owned(), why });
        }
        let mut reader = Self {
            path: owned(),
            claimed_secs: decoder.total_duration().map(|claim| claim.as_secs_f64()),
            decoder,
            format,
            limit_samples: format.num_samples(limits.max_secs),
            limit_secs: limits.max_secs,
            first: None,
            position_samples: 0,
            ended: false,
            warnings: Vec::new(),
        };
        let mut first = [0.0];
        if reader.pull(&mut first)? == 0 {
            return Err(DecodeError::NoSound { path: owned(), claimed: Claim(reader.claimed_secs) });
        }
        reader.first = first.first().copied();
        Ok(reader)
    }

    /// Returns rate and channels: the same for the whole file.
    pub fn format(&self) -> StreamFormat {
        self.format
    }

    /// Returns the length the header claims, in seconds. `None` when it claims nothing.
    pub fn claimed_secs(&self) -> Option<f64> {
        self.claimed_secs
    }

    /// Returns how far it has read, in seconds.
    pub fn position_secs(&self) -> f64 {
        self.format.secs(self.position_samples)
    }

    /// Returns what was not as promised so far. Complete after the last block.
    pub fn warnings(&self) -> &[DecodeWarning] {
        &self.warnings
    }

    /// Fills `out` with interleaved samples and returns how many: whole frames, 0 only at the end.
    ///
    /// # Errors
    /// [`DecodeError::Damaged`] when the decoder breaks down inside.
    pub fn read(&mut self, out: &mut [f32]) -> Result<usize, DecodeError> {
        let channels = usize::from(self.format.channels);
        let whole = out.len() / channels * channels;
        let left =
            usize::try_from(self.limit_samples.saturating_sub(self.position_samples)).unwrap_or(usize::MAX);
        if left == 0 && !self.ended {
            self.ended = true;
            self.warnings.push(DecodeWarning::CutAtLimit { limit_secs: self.limit_secs });
        }
        let out = out.get_mut(..whole.min(left)).unwrap_or_default();
        if self.ended || out.is_empty() {
            return Ok(0);
        }
        let mut filled = 0;
        if let (Some(first), Some(slot)) = (self.first.take(), out.first_mut()) {
            *slot = first;
            filled = 1;
        }
        while filled < out.len() && !self.ended {
            let end = out.len().min(filled + GUARDED_SAMPLES);
            let wanted = out.get_mut(filled..end).unwrap_or_default();
            let asked = wanted.len();
            let got = self.pull(wanted)?;
            filled += got;
            let at_secs = self.format.secs(self.position_samples + filled as u64);
            if got < asked {
                self.ended = true;
                if let Some(claimed_secs) =
                    self.claimed_secs.filter(|claim| at_secs < claim - CLAIM_TOLERANCE_SECS)
                {
                    self.warnings.push(DecodeWarning::Truncated { claimed_secs, decoded_secs: at_secs });
                }
            } else if self.decoder.sample_rate().get() != self.format.sample_rate_hz
                || self.decoder.channels().get() != self.format.channels
            {
                self.ended = true;
                self.warnings.push(DecodeWarning::FormatChanged { at_secs });
            }
        }
        let frames = filled / channels;
        self.position_samples += (frames * channels) as u64;
        Ok(frames * channels)
    }

    /// Goes to a moment, in seconds; past the end means the end.
    ///
    /// # Errors
    /// [`DecodeError::Damaged`] when the file cannot be sought in.
    pub fn seek(&mut self, secs: f64) -> Result<(), DecodeError> {
        let secs = secs.clamp(0.0, self.claimed_secs.unwrap_or(f64::MAX).min(self.limit_secs));
        // The decoder re-aligns to the channel it stood at: stand at the first.
        if self.first.take().is_some() {
            let mut rest = vec![0.0; usize::from(self.format.channels.saturating_sub(1))];
            self.pull(&mut rest)?;
        }
        let decoder = &mut self.decoder;
        catch_unwind(AssertUnwindSafe(|| decoder.try_seek(Duration::from_secs_f64(secs))))
            .map_err(|_| "the decoder broke down".to_owned())
            .and_then(|sought| sought.map_err(|err| err.to_string()))
            .map_err(|why| DecodeError::Damaged { path: self.path.clone(), why })?;
        self.position_samples = self.format.num_samples(secs);
        self.ended = false;
        self.warnings.clear();
        Ok(())
    }

    /// Takes samples off the decoder; fewer than asked at its end.
    fn pull(&mut self, out: &mut [f32]) -> Result<usize, DecodeError> {
        let decoder = &mut self.decoder;
        // Foreign bytes have made decoders panic before; here that is one damaged file.
        catch_unwind(AssertUnwindSafe(|| {
            let mut filled = 0;
            for slot in out.iter_mut() {
                let Some(sample) = decoder.next() else { break };
                *slot = if sample.is_finite() { sample } else { 0.0 };
                filled += 1;
            }
            filled
        }))
        .map_err(|_| DecodeError::Damaged {
            path: self.path.clone(),
            why: "the decoder broke down".to_owned(),
        })
    }
}

fn open_decoder(path: &Path, file: File, len_bytes: u64) -> Result<Decoder<File>, DecodeError> {
    let mut builder = Decoder::builder().with_data(file).with_byte_len(len_bytes).with_gapless(true);
    if let Some(extension) = path.extension().and_then(|extension| extension.to_str()) {
        builder = builder.with_hint(extension);
    }
    let path = || path.to_owned();
    let damaged = |why: String| DecodeError::Damaged { path: path(), why };
    let opened = catch_unwind(AssertUnwindSafe(|| builder.build()))
        .map_err(|_| damaged("the decoder broke down".to_owned()))?;
    opened.map_err(|err| match err {
        DecoderError::UnrecognizedFormat | DecoderError::NoStreams => DecodeError::NotAudio {
            path: path(),
            what: "no format known here (wav, flac, mp3, ogg vorbis, m4a)",
        },
        DecoderError::IoError(why) if why == "end of stream" => DecodeError::NotAudio {
            path: path(),
            what: "no format known here (wav, flac, mp3, ogg vorbis, m4a)",
        },
        DecoderError::IoError(why) => damaged(why),
        DecoderError::DecodeError(why) | DecoderError::LimitError(why) => damaged(why.to_owned()),
        other => damaged(other.to_string()),
    })
}
