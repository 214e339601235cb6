//! Playing through PulseAudio and PipeWire, in their own protocol.
//!
//! cpal plays there too, and finds the devices. But it lets the server hold two blocks and no more, so a server or a
//! callback that comes a block late is heard, and leaves the server no time of its own, so it looks after the device
//! every half millisecond, for everybody on the machine. Here it holds a margin besides and wakes in peace.
//!
//! The server asks for a block by its connection's thread, which lives in the `pulseaudio` crate and calls back there.

use std::{
    ffi::CString,
    os::unix::net::UnixStream,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use pulseaudio::{AsPlaybackSource, Client, PlaybackStream, protocol};

use crate::{
    AudioError, MIX_RATE_HZ,
    link::{Reporter, Vitals},
};

/// Frames the server holds beyond two blocks: 43 ms. On two cores that a renderer and others keep busy, a thread waits up
/// to ten milliseconds for its turn, and on the way of a block four of them take turns; half as much ran dry now and then.
const MARGIN_FRAMES: u32 = 2_048;
/// How often the server is asked how far it is. Between, its clock and ours run alike.
const ASK_EVERY: Duration = Duration::from_millis(100);
/// Channels played: the server spreads them over what the device has.
pub(crate) const CHANNELS: u16 = 2;
/// Samples of `f32` converted at once.
const PART: usize = 512;
const BYTES_PER_SAMPLE: usize = size_of::<f32>();
const BYTES_PER_FRAME: usize = CHANNELS as usize * BYTES_PER_SAMPLE;

/// A stream that plays. Dropping it ends its connection and its threads.
pub(crate) struct PulseStream {
    stream: PlaybackStream,
    socket: UnixStream,
    /// Its end tells the asking thread to end.
    _open: SyncSender<()>,
}

impl PulseStream {
    /// Opens a stream on the sink of that name, paused: `fill` gets interleaved stereo to fill at [`MIX_RATE_HZ`] and
    /// in how long it will be heard. Waits for the server.
    pub(crate) fn open(
        sink: &str,
        block_frames: u32,
        vitals: Arc<Vitals>,
        reporter: Reporter,
        mut fill: impl FnMut(&mut [f32], Duration) + Send + 'static,
    ) -> Result<Self, AudioError> {
        let path = pulseaudio::socket_path_from_env().ok_or_else(|| refused("no server"))?;
        #[expect(clippy::disallowed_methods, reason = "the server's own key, read as its protocol asks")]
        let cookie = pulseaudio::cookie_path_from_env().and_then(|path| std::fs::read(path).ok());
        let socket = UnixStream::connect(path).map_err(|err| refused(&err))?;
        let ours = socket.try_clone().map_err(|err| refused(&err))?;
        let client = Client::new_unix(c"Jamlight", socket, cookie).map_err(|err| refused(&err))?;
        let bytes = |frames: u32| frames.saturating_mul(BYTES_PER_FRAME as u32);
        let params = protocol::PlaybackStreamParams {
            sample_spec: protocol::SampleSpec {
                format: if cfg!(target_endian = "little") {
                    protocol::SampleFormat::Float32Le
                } else {
                    protocol::SampleFormat::Float32Be
                },
                channels: CHANNELS as u8,
                sample_rate: MIX_RATE_HZ,
            },
            channel_map: protocol::ChannelMap::stereo(),
            sink_name: Some(CString::new(sink).map_err(|err| refused(&err))?),
            buffer_attr: protocol::stream::BufferAttr {
                target_length: bytes(block_frames.saturating_mul(2).saturating_add(MARGIN_FRAMES)),
                minimum_request_length: bytes(block_frames),
                ..Default::default()
            },
            flags: protocol::stream::StreamFlags {
                start_corked: true,
                // The length includes the device's own buffer.
                adjust_latency: true,
                ..Default::default()
            },
            ..Default::default()
        };
        let began = now();
        let heard_from = Arc::new(AtomicI64::new(0));
        let known = Arc::clone(&heard_from);
        let mut sent_bytes = 0u64;
        let callback = move |out: &mut [u8]| {
            let at = began.elapsed().as_micros() as i64;
            let heard = known.load(Ordering::Relaxed) + micros(sent_bytes as i64);
            let mut part = [0.0f32; PART];
            for (n, out) in out.chunks_mut(PART * BYTES_PER_SAMPLE).enumerate() {
                let Some(part) = part.get_mut(..out.len() / BYTES_PER_SAMPLE) else { continue };
                let ahead = heard + micros((n * PART * BYTES_PER_SAMPLE) as i64) - at;
                fill(part, Duration::from_micros(ahead.max(0) as u64));
                for (out, sample) in out.chunks_exact_mut(BYTES_PER_SAMPLE).zip(part.iter()) {
                    out.copy_from_slice(&sample.to_ne_bytes());
                }
            }
            sent_bytes += out.len() as u64;
            out.len()
        };
        let stream = pollster::block_on(client.create_playback_stream(params, callback.as_playback_source()))
            .map_err(|err| refused(&err))?;
        let (open, close) = sync_channel(0);
        let asked = stream.clone();
        let name = "audio-output-ask";
        thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || ask(&asked, began, &heard_from, &vitals, &reporter, &close))
            .map_err(|source| AudioError::Thread { name, source })?;
        Ok(Self { stream, socket: ours, _open: open })
    }

    /// Begins to play. Waits for the server.
    pub(crate) fn play(&self) -> Result<(), AudioError> {
        pollster::block_on(self.stream.uncork()).map_err(|err| refused(&err))
    }

    /// Stops playing. Waits for the server.
    pub(crate) fn pause(&self) -> Result<(), AudioError> {
        pollster::block_on(self.stream.cork()).map_err(|err| refused(&err))
    }
}

impl Drop for PulseStream {
    fn drop(&mut self) {
        // A connection that is dead already is what is wanted.
        let _ = self.socket.shutdown(std::net::Shutdown::Both);
    }
}

/// Keeps up with the server: when its first byte would have been heard, and how often it ran dry.
fn ask(
    stream: &PlaybackStream,
    began: Instant,
    heard_from: &AtomicI64,
    vitals: &Vitals,
    reporter: &Reporter,
    close: &Receiver<()>,
) {
    let mut playing_for = 0;
    loop {
        match pollster::block_on(stream.timing_info()) {
            Ok(timing) => {
                let at = began.elapsed().as_micros() as i64;
                let queued = micros((timing.write_offset - timing.read_offset).max(0));
                let delay = timing.sink_usec as i64 + queued;
                heard_from.store(at + delay - micros(timing.write_offset), Ordering::Relaxed);
                // The server counts what it played since it last ran dry.
                if timing.playing_for < playing_for {
                    vitals.dry.fetch_add(1, Ordering::Relaxed);
                }
                playing_for = timing.playing_for;
            }
            Err(err) => return reporter.died(&err),
        }
        if !matches!(close.recv_timeout(ASK_EVERY), Err(RecvTimeoutError::Timeout)) {
            return;
        }
    }
}

/// How long so many bytes last.
fn micros(bytes: i64) -> i64 {
    bytes / BYTES_PER_FRAME as i64 * 1_000_000 / i64::from(MIX_RATE_HZ)
}

fn refused(why: &(impl std::fmt::Display + ?Sized)) -> AudioError {
    AudioError::Refused { why: why.to_string() }
}

fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "devices live in real time; this is their edge")]
    Instant::now()
}
