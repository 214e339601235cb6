//! Playing and listening through PulseAudio and PipeWire, in their own protocol.
//!
//! cpal does so too, and finds the devices. But its block is both how much the server hands over at a time and how much
//! it may hold: two blocks and no more when playing, one when listening. So a server or a callback that comes a block
//! late is heard, or what was to be heard is lost, and a server without time of its own looks after the device every half
//! millisecond, for everybody on the machine. Here it holds a margin besides, and wakes in peace.
//!
//! The connection's thread, which lives in the `pulseaudio` crate, calls back here for each block.

use std::{
    ffi::CString,
    os::unix::net::UnixStream,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
        mpsc::{RecvTimeoutError, SyncSender, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use pulseaudio::{AsPlaybackSource, Client, ClientError, PlaybackStream, RecordStream, protocol};

use crate::{
    AudioError, MIX_RATE_HZ,
    link::{Reporter, Vitals},
};

/// Frames the server holds beyond two blocks: 43 ms. On two cores that a renderer and others keep busy, a thread waits up
/// to ten milliseconds for its turn, and on the way of a block four of them take turns; half as much ran dry now and then.
const MARGIN_FRAMES: u32 = 2_048;
/// How often the server is asked how far it has played. Between, its clock and ours run alike.
const ASK_EVERY: Duration = Duration::from_millis(100);
/// How often a server that is listened to is asked whether it is there.
const CALL_EVERY: Duration = Duration::from_millis(300);
/// Pieces the server cuts of what is heard: 4 ms at 48 kHz. A click is on screen 10 ms sooner than with blocks of
/// 1,024. Each piece costs its client 60 µs, so smaller ones would cost a machine at rest more than they gain.
const PIECE_FRAMES: u32 = 192;
/// Blocks of what is heard that the server keeps for a client that is late; older ones are lost, so that no delay grows.
const KEPT_BLOCKS: u32 = 4;
/// Channels of a stream: the server spreads and folds them to what the device has.
pub(crate) const CHANNELS: u16 = 2;
/// Samples of `f32` converted at once.
const PART: usize = 512;
const BYTES_PER_SAMPLE: usize = size_of::<f32>();
const BYTES_PER_FRAME: usize = CHANNELS as usize * BYTES_PER_SAMPLE;

/// A stream that plays or listens. Dropping it ends its connection and its threads.
pub(crate) struct PulseStream {
    way: Way,
    socket: UnixStream,
    /// Its end tells the asking thread to end.
    _open: SyncSender<()>,
}

enum Way {
    Out(PlaybackStream),
    In(RecordStream),
}

impl PulseStream {
    /// Opens a stream on the sink of that name, paused: `fill` gets interleaved stereo to fill at [`MIX_RATE_HZ`] and
    /// in how long it will be heard. Waits for the server.
    pub(crate) fn playing(
        sink: &str,
        is_chosen: bool,
        block_frames: u32,
        vitals: Arc<Vitals>,
        reporter: Reporter,
        mut fill: impl FnMut(&mut [f32], Duration) + Send + 'static,
    ) -> Result<Self, AudioError> {
        let (client, socket) = connected()?;
        let params = protocol::PlaybackStreamParams {
            sample_spec: sample_spec(),
            channel_map: protocol::ChannelMap::stereo(),
            sink_name: Some(CString::new(sink).map_err(|err| refused(&err))?),
            buffer_attr: protocol::stream::BufferAttr {
                target_length: bytes(block_frames.saturating_mul(2).saturating_add(MARGIN_FRAMES)),
                minimum_request_length: bytes(block_frames),
                ..Default::default()
            },
            flags: flags(is_chosen),
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
        let asked = stream.clone();
        let mut playing_for = 0;
        let open = ask("audio-output-ask", ASK_EVERY, reporter, move || {
            let timing = pollster::block_on(asked.timing_info())?;
            let at = began.elapsed().as_micros() as i64;
            let queued = micros((timing.write_offset - timing.read_offset).max(0));
            let delay = timing.sink_usec as i64 + queued;
            heard_from.store(at + delay - micros(timing.write_offset), Ordering::Relaxed);
            // The server counts what it played since it last ran dry.
            if timing.playing_for < playing_for {
                vitals.dry.fetch_add(1, Ordering::Relaxed);
            }
            playing_for = timing.playing_for;
            Ok(())
        })?;
        Ok(Self { way: Way::Out(stream), socket, _open: open })
    }

    /// Opens a stream from the source of that name, paused: `hear` gets interleaved stereo at [`MIX_RATE_HZ`]. Waits
    /// for the server.
    pub(crate) fn listening(
        source: &str,
        is_chosen: bool,
        block_frames: u32,
        reporter: Reporter,
        mut hear: impl FnMut(&[f32]) + Send + 'static,
    ) -> Result<Self, AudioError> {
        let (client, socket) = connected()?;
        let params = protocol::RecordStreamParams {
            sample_spec: sample_spec(),
            channel_map: protocol::ChannelMap::stereo(),
            source_name: Some(CString::new(source).map_err(|err| refused(&err))?),
            buffer_attr: protocol::stream::BufferAttr {
                max_length: bytes(block_frames.saturating_mul(KEPT_BLOCKS)),
                fragment_size: bytes(block_frames.min(PIECE_FRAMES)),
                ..Default::default()
            },
            flags: flags(is_chosen),
            ..Default::default()
        };
        let callback = move |heard: &[u8]| {
            let mut part = [0.0f32; PART];
            for heard in heard.chunks(PART * BYTES_PER_SAMPLE) {
                let (samples, _) = heard.as_chunks();
                for (sample, bytes) in part.iter_mut().zip(samples) {
                    *sample = f32::from_ne_bytes(*bytes);
                }
                hear(part.get(..samples.len()).unwrap_or_default());
            }
        };
        let stream =
            pollster::block_on(client.create_record_stream(params, callback)).map_err(|err| refused(&err))?;
        let asked = stream.clone();
        let open = ask("audio-input-ask", CALL_EVERY, reporter, move || {
            pollster::block_on(asked.timing_info()).map(drop)
        })?;
        Ok(Self { way: Way::In(stream), socket, _open: open })
    }

    /// Begins. Waits for the server.
    pub(crate) fn play(&self) -> Result<(), AudioError> {
        match &self.way {
            Way::Out(stream) => pollster::block_on(stream.uncork()),
            Way::In(stream) => pollster::block_on(stream.uncork()),
        }
        .map_err(|err| refused(&err))
    }

    /// Stops. Waits for the server.
    pub(crate) fn pause(&self) -> Result<(), AudioError> {
        match &self.way {
            Way::Out(stream) => pollster::block_on(stream.cork()),
            Way::In(stream) => pollster::block_on(stream.cork()),
        }
        .map_err(|err| refused(&err))
    }
}

impl Drop for PulseStream {
    fn drop(&mut self) {
        // A connection that is dead already is what is wanted.
        let _ = self.socket.shutdown(std::net::Shutdown::Both);
    }
}

/// A connection of its own, and its socket, whose end ends it.
fn connected() -> Result<(Client, UnixStream), AudioError> {
    let path = pulseaudio::socket_path_from_env().ok_or_else(|| refused("no server"))?;
    #[expect(clippy::disallowed_methods, reason = "the server's own key, read as its protocol asks")]
    let cookie = pulseaudio::cookie_path_from_env().and_then(|path| std::fs::read(path).ok());
    let socket = UnixStream::connect(path).map_err(|err| refused(&err))?;
    let ours = socket.try_clone().map_err(|err| refused(&err))?;
    let client = Client::new_unix(c"Jamlight", socket, cookie).map_err(|err| refused(&err))?;
    Ok((client, ours))
}

/// Asks the server again and again until what it returns is dropped, and reports the stream's end.
fn ask(
    name: &'static str,
    every: Duration,
    reporter: Reporter,
    mut question: impl FnMut() -> Result<(), ClientError> + Send + 'static,
) -> Result<SyncSender<()>, AudioError> {
    let (open, close) = sync_channel(0);
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            loop {
                if let Err(err) = question() {
                    return reporter.died(&err);
                }
                if !matches!(close.recv_timeout(every), Err(RecvTimeoutError::Timeout)) {
                    return;
                }
            }
        })
        .map_err(|source| AudioError::Thread { name, source })?;
    Ok(open)
}

fn sample_spec() -> protocol::SampleSpec {
    protocol::SampleSpec {
        format: if cfg!(target_endian = "little") {
            protocol::SampleFormat::Float32Le
        } else {
            protocol::SampleFormat::Float32Be
        },
        channels: CHANNELS as u8,
        sample_rate: MIX_RATE_HZ,
    }
}

fn flags(is_chosen: bool) -> protocol::stream::StreamFlags {
    protocol::stream::StreamFlags {
        start_corked: true,
        // The lengths asked for include the device's own buffer.
        adjust_latency: true,
        // A server moves the streams of a device that is unplugged to another. Of one that somebody chose this ends the
        // stream instead: it is missed, and opened again there when the device is back.
        no_move: is_chosen,
        ..Default::default()
    }
}

fn bytes(frames: u32) -> u32 {
    frames.saturating_mul(BYTES_PER_FRAME as u32)
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
