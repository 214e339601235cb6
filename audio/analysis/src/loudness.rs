use ebur128::{EbuR128, Mode};

/// What silence reads, in LUFS: the absolute gate of EBU R128.
pub(crate) const SILENCE_LUFS: f32 = -70.0;
/// Momentary loudness is read every 100 ms, as EBU Tech 3341 asks for at least.
const HOPS_PER_READING: u32 = 10;

/// EBU R128 momentary loudness of the live stream.
pub(crate) struct Loudness {
    meter: Option<EbuR128>,
    channels: u16,
    rate_hz: u32,
    hops: u32,
    pub(crate) momentary_lufs: f32,
}

impl Loudness {
    pub(crate) fn new(rate_hz: u32) -> Self {
        Self { meter: None, channels: 0, rate_hz, hops: 0, momentary_lufs: SILENCE_LUFS }
    }

    /// Takes one hop of interleaved samples.
    pub(crate) fn push(&mut self, interleaved: &[f32], channels: u16) {
        if channels != self.channels {
            self.channels = channels;
            // A rate or channel count the meter refuses leaves loudness at silence: nothing else depends on it.
            self.meter = EbuR128::new(u32::from(channels), self.rate_hz, Mode::M).ok();
        }
        let Some(meter) = &mut self.meter else { return };
        if meter.add_frames_f32(interleaved).is_err() {
            return;
        }
        self.hops += 1;
        if self.hops >= HOPS_PER_READING {
            self.hops = 0;
            let lufs = meter.loudness_momentary().map_or(SILENCE_LUFS, |l| l as f32);
            self.momentary_lufs = if lufs.is_finite() { lufs.max(SILENCE_LUFS) } else { SILENCE_LUFS };
        }
    }
}

/// Returns the integrated loudness of a whole recording, in LUFS; −70 for silence or an odd format.
pub(crate) fn integrated_lufs(samples: &[f32], rate_hz: u32, channels: u16) -> f32 {
    let Ok(mut meter) = EbuR128::new(u32::from(channels), rate_hz, Mode::I) else { return SILENCE_LUFS };
    let whole = samples.len() - samples.len() % usize::from(channels.max(1));
    if meter.add_frames_f32(&samples[..whole]).is_err() {
        return SILENCE_LUFS;
    }
    let lufs = meter.loudness_global().map_or(SILENCE_LUFS, |l| l as f32);
    if lufs.is_finite() { lufs.max(SILENCE_LUFS) } else { SILENCE_LUFS }
}
