//! Samples to a FLAC file that plays at any moment, also when the process is killed.
//!
//! Only whole FLAC frames reach the file, each by one write. The header says nothing of the length
//! until [`FlacFile::finish`]; players go by the frames that are there.

use std::{
    fs::File,
    io::{self, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use flac_codec::encode::{FlacStreamWriter, Options};

use crate::StreamFormat;

/// Frames of sound in one of FLAC, 85 ms at 48 kHz: what a kill may cost.
const BLOCK_FRAMES: usize = 4_096;
/// Bits of a sample: what a listener hears, at half the size of 24.
const BITS: u8 = 16;
/// Bytes of a FLAC file before its first frame: the mark, a block's header and STREAMINFO.
const HEADER_BYTES: usize = 4 + 4 + 34;

/// Why sound cannot be kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The file cannot be made or written.
    #[error("cannot write {path:?}: {source}")]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system says: most often that the disk is full.
        source: io::Error,
    },
    /// FLAC knows no such sound.
    #[error("FLAC keeps no sound of {channels} channels at {rate_hz} Hz: use up to 8 at up to 65,535 Hz")]
    Format {
        /// How many.
        channels: u16,
        /// Of which rate, in Hz.
        rate_hz: u32,
    },
}

/// A FLAC file that grows.
pub struct FlacFile {
    path: PathBuf,
    file: File,
    encoder: FlacStreamWriter<Frame>,
    frame: Frame,
    format: StreamFormat,
    /// Samples that fill no frame yet.
    waiting: Vec<i32>,
    num_frames: u64,
    num_bytes: u64,
}

impl FlacFile {
    /// Makes a file, or empties the one of that name.
    ///
    /// # Errors
    /// [`EncodeError::Format`], [`EncodeError::Unwritable`].
    pub fn create(path: &Path, format: StreamFormat) -> Result<Self, EncodeError> {
        let StreamFormat { sample_rate_hz: rate_hz, channels } = format;
        if !(1..=8).contains(&channels) || !(1..=65_535).contains(&rate_hz) {
            return Err(EncodeError::Format { channels, rate_hz });
        }
        let unwritable = |source| EncodeError::Unwritable { path: path.to_owned(), source };
        #[expect(clippy::disallowed_methods, reason = "this crate is where audio files are made")]
        let mut file = File::create(path).map_err(unwritable)?;
        file.write_all(&header(format, 0)).map_err(unwritable)?;
        let frame = Frame::default();
        Ok(Self {
            path: path.to_owned(),
            file,
            encoder: FlacStreamWriter::new(frame.clone(), Options::default()),
            frame,
            format,
            waiting: Vec::new(),
            num_frames: 0,
            num_bytes: HEADER_BYTES as u64,
        })
    }

    /// Adds interleaved samples, whole frames of them; what is beyond −1–1 is clipped. Waits for the disk.
    ///
    /// # Errors
    /// [`EncodeError::Unwritable`]; what was there before still plays.
    pub fn write(&mut self, samples: &[f32]) -> Result<(), EncodeError> {
        // The scale of the decoder: what is read is what was written, to half a step.
        let [low, full] = [i16::MIN, i16::MAX].map(i32::from);
        let step = -low as f32;
        self.waiting.extend(samples.iter().map(|sample| ((sample * step).round() as i32).clamp(low, full)));
        let block = BLOCK_FRAMES * usize::from(self.format.channels);
        let whole = self.waiting.len() / block * block;
        let ready: Vec<i32> = self.waiting.drain(..whole).collect();
        ready.chunks(block).try_for_each(|block| self.write_block(block))
    }

    /// Returns how many frames of sound were added.
    pub fn num_frames(&self) -> u64 {
        self.num_frames + (self.waiting.len() / usize::from(self.format.channels)) as u64
    }

    /// Returns the size of the file, in bytes.
    pub fn num_bytes(&self) -> u64 {
        self.num_bytes
    }

    /// Writes what waits, and the length into the header.
    ///
    /// # Errors
    /// [`EncodeError::Unwritable`]; what was there before still plays.
    pub fn finish(mut self) -> Result<(), EncodeError> {
        let rest = std::mem::take(&mut self.waiting);
        if !rest.is_empty() {
            self.write_block(&rest)?;
        }
        let header = header(self.format, self.num_frames);
        let written = self.file.seek(SeekFrom::Start(0)).and_then(|_| self.file.write_all(&header));
        written
            .and_then(|()| self.file.sync_all())
            .map_err(|source| EncodeError::Unwritable { path: self.path, source })
    }

    fn write_block(&mut self, block: &[i32]) -> Result<(), EncodeError> {
        let StreamFormat { sample_rate_hz: rate_hz, channels } = self.format;
        self.encoder
            .write(rate_hz, channels as u8, u32::from(BITS), block)
            .map_err(|_| EncodeError::Format { channels, rate_hz })?;
        let bytes = self.frame.take();
        let unwritable = |source| EncodeError::Unwritable { path: self.path.clone(), source };
        self.file.write_all(&bytes).map_err(unwritable)?;
        self.num_bytes += bytes.len() as u64;
        self.num_frames += (block.len() / usize::from(channels)) as u64;
        Ok(())
    }
}

/// The frame that is being encoded. The encoder keeps its writer to itself: this is its other end.
#[derive(Clone, Default)]
struct Frame(Arc<Mutex<Vec<u8>>>);

impl Frame {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Frame {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The beginning of a file (RFC 9639, section 8): a length of 0 and a checksum of 0 are unknown.
fn header(format: StreamFormat, num_frames: u64) -> Vec<u8> {
    const LAST_BLOCK_STREAMINFO: u8 = 0x80;
    let mut bytes = Vec::with_capacity(HEADER_BYTES);
    bytes.extend(b"fLaC");
    bytes.extend([LAST_BLOCK_STREAMINFO, 0, 0, 34]);
    let block = (BLOCK_FRAMES as u16).to_be_bytes();
    bytes.extend(block);
    bytes.extend(block);
    // The smallest and the largest frame in bytes: unknown.
    bytes.extend([0; 6]);
    // 20 bits of rate, 3 of channels, 5 of bits, 36 of length.
    let packed = u64::from(format.sample_rate_hz) << 44
        | u64::from(format.channels - 1) << 41
        | u64::from(BITS - 1) << 36
        | num_frames & ((1 << 36) - 1);
    bytes.extend(packed.to_be_bytes());
    bytes.extend([0; 16]);
    bytes
}
