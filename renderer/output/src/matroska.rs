use std::io::Write;
use std::time::Duration;

use crate::{OutputError, check_size};

/// The name written into each stream.
const APP: &str = "jamlight";
/// A size that is not known yet, in eight bytes: the stream ends when it ends.
const UNKNOWN_SIZE: [u8; 8] = [0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];
/// One tick of a timestamp, in nanoseconds: a millisecond, which every reader takes.
const TICK_NANOS: u64 = 1_000_000;
/// What every block begins with: its track, no offset to the cluster's time, a key frame.
const BLOCK_HEAD_BYTES: u64 = 4;

const VIDEO_TRACK: u8 = 1;
const AUDIO_TRACK: u8 = 2;

/// The sound of a stream: interleaved `f32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoundFormat {
    /// Frames a second, in Hz.
    pub rate_hz: u32,
    /// Samples in a frame.
    pub channels: u8,
}

/// A live Matroska stream of uncompressed pictures: BGRA with straight alpha, and 32-bit sound where
/// it has a format.
///
/// It writes no picture: [`Matroska::picture`] gives the bytes that go before one, so that a picture
/// read by many is held once. Sizes are unknown on purpose; a reader may begin at any cluster after
/// the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Matroska {
    size: [u32; 2],
    sound: Option<SoundFormat>,
}

impl Matroska {
    /// A stream of pictures of this size, in pixels.
    pub fn new(size: [u32; 2], sound: Option<SoundFormat>) -> Self {
        Self { size, sound }
    }

    /// Returns what a reader must see first.
    pub fn header(&self) -> Vec<u8> {
        let ebml = [
            number(&[0x42, 0x86], 1),
            number(&[0x42, 0xF7], 1),
            number(&[0x42, 0xF2], 4),
            number(&[0x42, 0xF3], 8),
            element(&[0x42, 0x82], b"matroska"),
            number(&[0x42, 0x87], 4),
            number(&[0x42, 0x85], 2),
        ];
        let info = [
            number(&[0x2A, 0xD7, 0xB1], TICK_NANOS),
            element(&[0x4D, 0x80], APP.as_bytes()),
            element(&[0x57, 0x41], APP.as_bytes()),
        ];
        let video = [
            number(&[0xB0], u64::from(self.size[0])),
            number(&[0xBA], u64::from(self.size[1])),
            // Progressive.
            number(&[0x9A], 2),
            element(&[0x2E, 0xB5, 0x24], b"BGRA"),
            // The fourth byte is alpha.
            number(&[0x53, 0xC0], 1),
        ];
        let mut tracks = track(VIDEO_TRACK, 1, "V_UNCOMPRESSED", &element(&[0xE0], &video.concat()));
        if let Some(sound) = self.sound {
            let audio = [
                element(&[0xB5], &f64::from(sound.rate_hz).to_be_bytes()),
                number(&[0x9F], u64::from(sound.channels)),
                number(&[0x62, 0x64], 32),
            ];
            tracks.extend(track(AUDIO_TRACK, 2, "A_PCM/FLOAT/IEEE", &element(&[0xE1], &audio.concat())));
        }
        let mut header = element(&[0x1A, 0x45, 0xDF, 0xA3], &ebml.concat());
        header.extend([0x18, 0x53, 0x80, 0x67]);
        header.extend(UNKNOWN_SIZE);
        header.extend(element(&[0x15, 0x49, 0xA9, 0x66], &info.concat()));
        header.extend(element(&[0x16, 0x54, 0xAE, 0x6B], &tracks));
        header
    }

    /// Returns what goes before the BGRA bytes of a picture shown `at` after the stream began.
    pub fn picture(&self, at: Duration) -> Vec<u8> {
        let bytes = u64::from(self.size[0]) * u64::from(self.size[1]) * 4;
        cluster(VIDEO_TRACK, at, bytes)
    }

    /// Returns what goes before `bytes` of little-endian samples that begin `at` after the stream began.
    pub fn sound(&self, at: Duration, bytes: usize) -> Vec<u8> {
        cluster(AUDIO_TRACK, at, bytes as u64)
    }
}

/// Writes a [`Matroska`] stream onto one writer.
#[derive(Debug)]
pub struct MatroskaWriter<W: Write> {
    to: W,
    format: Matroska,
    size: [u32; 2],
    bgra: Vec<u8>,
}

impl<W: Write> MatroskaWriter<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// The writer's own.
    pub fn new(mut to: W, size: [u32; 2], sound: Option<SoundFormat>) -> Result<Self, OutputError> {
        let format = Matroska::new(size, sound);
        to.write_all(&format.header())?;
        Ok(Self { to, format, size, bgra: Vec::new() })
    }

    /// Writes one RGBA picture.
    ///
    /// # Errors
    /// [`OutputError::WrongSize`], or the writer's own.
    pub fn picture(&mut self, at: Duration, rgba: &[u8]) -> Result<(), OutputError> {
        check_size(self.size, rgba)?;
        self.bgra.clear();
        self.bgra.extend_from_slice(rgba);
        bgra_from_rgba(&mut self.bgra);
        self.to.write_all(&self.format.picture(at))?;
        self.to.write_all(&self.bgra)?;
        Ok(())
    }

    /// Writes interleaved samples.
    ///
    /// # Errors
    /// The writer's own.
    pub fn sound(&mut self, at: Duration, samples: &[f32]) -> Result<(), OutputError> {
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        self.to.write_all(&self.format.sound(at, bytes.len()))?;
        self.to.write_all(&bytes)?;
        Ok(())
    }

    /// Gives the writer back.
    pub fn into_inner(self) -> W {
        self.to
    }
}

/// Swaps red and blue of each pixel, in place.
pub fn bgra_from_rgba(pixels: &mut [u8]) {
    for pixel in pixels.chunks_exact_mut(4) {
        pixel.swap(0, 2);
    }
}

/// A cluster of one block, up to the block's payload.
fn cluster(track: u8, at: Duration, payload_bytes: u64) -> Vec<u8> {
    let millis = u64::try_from(at.as_millis()).unwrap_or(u64::MAX);
    let mut inside = number(&[0xE7], millis);
    let block_bytes = BLOCK_HEAD_BYTES + payload_bytes;
    inside.push(0xA3);
    inside.extend(size(block_bytes));
    inside.extend([0x80 | track, 0, 0, 0x80]);
    let mut cluster = vec![0x1F, 0x43, 0xB6, 0x75];
    cluster.extend(size(inside.len() as u64 + payload_bytes));
    cluster.extend(inside);
    cluster
}

fn track(no: u8, kind: u64, codec: &str, format: &[u8]) -> Vec<u8> {
    let parts = [
        number(&[0xD7], u64::from(no)),
        number(&[0x73, 0xC5], u64::from(no)),
        number(&[0x83], kind),
        // No lacing: one picture a block.
        number(&[0x9C], 0),
        element(&[0x86], codec.as_bytes()),
        format.to_vec(),
    ];
    element(&[0xAE], &parts.concat())
}

fn element(id: &[u8], data: &[u8]) -> Vec<u8> {
    [id, &size(data.len() as u64), data].concat()
}

fn number(id: &[u8], value: u64) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let first = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len() - 1);
    element(id, bytes.get(first..).unwrap_or(&bytes))
}

/// A size in eight bytes: always the same length, whatever the value.
fn size(bytes: u64) -> [u8; 8] {
    (bytes | 1 << 56).to_be_bytes()
}
