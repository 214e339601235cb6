//! What voices share: a delay and a reverb, and a gain that others can duck.

use audio_signal::NoteEvent;

use crate::dsp::{Frame, part};

/// The longest delay, in seconds.
const MAX_DELAY_SECS: f32 = 2.0;
/// Delay lines of the reverb.
const LINES: usize = 8;
/// Their lengths at 48 kHz, in frames: primes, 23 to 75 ms, so that no two echoes fall together.
const LINE_FRAMES: [usize; LINES] = [1_117, 1_381, 1_693, 1_973, 2_311, 2_707, 3_119, 3_581];
/// Below this a tail is silence, −100 dB: it is no longer computed.
const SILENCE: f32 = 1e-5;

pub(crate) struct Orbit {
    delay: Delay,
    reverb: Reverb,
    duck: Duck,
}

/// One block of everything the voices of an orbit sent.
pub(crate) struct Bus<'a> {
    pub(crate) dry: &'a mut [Frame],
    pub(crate) delay: &'a mut [Frame],
    pub(crate) room: &'a mut [Frame],
}

impl Orbit {
    pub(crate) fn new(rate_hz: f32) -> Self {
        Self { delay: Delay::new(rate_hz), reverb: Reverb::new(rate_hz), duck: Duck::new(rate_hz) }
    }

    /// Takes over what a note says about the spaces it is sent to.
    pub(crate) fn tune(&mut self, note: &NoteEvent) {
        if note.delay > 0.0 {
            self.delay.tune(note.delay_secs, note.delay_feedback);
        }
        if note.room > 0.0 {
            self.reverb.tune(note.room_secs, note.room_low_pass_hz);
        }
    }

    pub(crate) fn duck(&mut self, note: &NoteEvent, offset: usize) {
        self.duck.hit(note, offset);
    }

    /// Whether it sounds although no voice does.
    pub(crate) fn rings(&self) -> bool {
        self.delay.level > SILENCE || self.reverb.level > SILENCE
    }

    /// Adds the orbit's block to `out`.
    pub(crate) fn process(&mut self, bus: Bus<'_>, fed: bool, out: &mut [Frame]) {
        if fed || self.delay.level > SILENCE {
            self.delay.process(bus.delay, bus.dry);
        }
        if fed || self.reverb.level > SILENCE {
            self.reverb.process(bus.room, bus.dry);
        }
        self.duck.process(bus.dry);
        for (out, frame) in out.iter_mut().zip(bus.dry.iter()) {
            *out = [out[0] + frame[0], out[1] + frame[1]];
        }
    }

    /// Forgets all that rings.
    pub(crate) fn hush(&mut self) {
        self.delay.level = 0.0;
        self.delay.line.fill([0.0; 2]);
        self.reverb.level = 0.0;
        self.reverb.lines.iter_mut().for_each(|line| line.fill(0.0));
        self.reverb.damped = [0.0; LINES];
    }
}

struct Delay {
    rate_hz: f32,
    line: Box<[Frame]>,
    at: usize,
    /// Frames back, moving towards `target` so that a change bends instead of clicking.
    back: f32,
    target: f32,
    feedback: f32,
    level: f32,
}

impl Delay {
    fn new(rate_hz: f32) -> Self {
        let frames = (MAX_DELAY_SECS * rate_hz) as usize + 2;
        let quarter = 0.25 * rate_hz;
        Self {
            rate_hz,
            line: vec![[0.0; 2]; frames].into_boxed_slice(),
            at: 0,
            back: quarter,
            target: quarter,
            feedback: 0.5,
            level: 0.0,
        }
    }

    fn tune(&mut self, secs: f32, feedback: f32) {
        self.target = (secs.min(MAX_DELAY_SECS) * self.rate_hz).max(1.0);
        self.feedback = feedback;
        if self.level <= SILENCE {
            self.back = self.target;
        }
    }

    fn process(&mut self, sent: &[Frame], out: &mut [Frame]) {
        let len = self.line.len();
        let mut peak = 0.0f32;
        for (sent, out) in sent.iter().zip(out) {
            self.back += (self.target - self.back) * 0.000_5;
            let (whole, between) = (self.back as usize, part(self.back));
            let read = |back: usize| {
                self.line.get((self.at + len - back.min(len - 1)) % len).copied().unwrap_or([0.0; 2])
            };
            let (a, b) = (read(whole), read(whole + 1));
            let wet = [a[0] + (b[0] - a[0]) * between, a[1] + (b[1] - a[1]) * between];
            let next = [sent[0] + wet[0] * self.feedback, sent[1] + wet[1] * self.feedback];
            if let Some(slot) = self.line.get_mut(self.at) {
                *slot = next;
            }
            peak = peak.max(next[0].abs()).max(next[1].abs());
            self.at = (self.at + 1) % len;
            *out = [out[0] + wet[0], out[1] + wet[1]];
        }
        // The line holds two seconds of what passed: its level falls no faster than that.
        self.level = peak.max(self.level * (1.0 - sent.len() as f32 / len as f32).max(0.0).powi(4));
    }
}

/// Eight delay lines that feed each other through a Householder matrix.
struct Reverb {
    rate_hz: f32,
    lines: [Box<[f32]>; LINES],
    at: [usize; LINES],
    gains: [f32; LINES],
    damped: [f32; LINES],
    /// How much of the highs survive a turn, as a one-pole coefficient.
    openness: f32,
    level: f32,
}

impl Reverb {
    fn new(rate_hz: f32) -> Self {
        let lines = LINE_FRAMES.map(|frames| {
            vec![0.0; ((frames as f32 * rate_hz / 48_000.0) as usize).max(1)].into_boxed_slice()
        });
        let mut reverb = Self {
            rate_hz,
            lines,
            at: [0; LINES],
            gains: [0.0; LINES],
            damped: [0.0; LINES],
            openness: 0.5,
            level: 0.0,
        };
        reverb.tune(1.5, 12_000.0);
        reverb
    }

    fn tune(&mut self, secs: f32, low_pass_hz: f32) {
        for (gain, line) in self.gains.iter_mut().zip(&self.lines) {
            // −60 dB after `secs`.
            *gain = 10.0f32.powf(-3.0 * line.len() as f32 / (secs.max(0.05) * self.rate_hz));
        }
        self.openness = 1.0 - (-std::f32::consts::TAU * low_pass_hz / self.rate_hz).exp();
    }

    fn process(&mut self, sent: &[Frame], out: &mut [Frame]) {
        let mut peak = 0.0f32;
        for (sent, out) in sent.iter().zip(out) {
            let mut heard = [0.0f32; LINES];
            for ((((heard, line), at), damped), gain) in
                heard.iter_mut().zip(&self.lines).zip(&self.at).zip(&mut self.damped).zip(&self.gains)
            {
                let x = line.get(*at).copied().unwrap_or(0.0) * gain;
                *damped += (x - *damped) * self.openness;
                *heard = *damped;
            }
            let mean = heard.iter().sum::<f32>() * (2.0 / LINES as f32);
            for (i, ((line, at), heard)) in self.lines.iter_mut().zip(&mut self.at).zip(&heard).enumerate() {
                let input = if i % 2 == 0 { sent[0] } else { sent[1] };
                if let Some(slot) = line.get_mut(*at) {
                    *slot = input * 0.5 + heard - mean;
                }
                *at += 1;
                if *at >= line.len() {
                    *at = 0;
                }
            }
            let [a, b, c, d, e, f, g, h] = heard;
            let wet = [(a - c + e - g) * 0.7, (b - d + f - h) * 0.7];
            peak = peak.max(wet[0].abs()).max(wet[1].abs()).max(sent[0].abs()).max(sent[1].abs());
            *out = [out[0] + wet[0], out[1] + wet[1]];
        }
        // A line may be silent where it is read and full behind: the level falls by half in the longest.
        self.level = peak.max(self.level * (-(sent.len() as f32) / 5_000.0).exp());
    }
}

/// A gain that goes down on a hit and comes back.
struct Duck {
    rate_hz: f32,
    gain: f32,
    floor: f32,
    fall: f32,
    rise: f32,
    falling: bool,
    /// Frame of the block at which the next hit comes.
    due: Option<usize>,
}

impl Duck {
    fn new(rate_hz: f32) -> Self {
        Self { rate_hz, gain: 1.0, floor: 0.0, fall: 0.0, rise: 0.0, falling: false, due: None }
    }

    fn hit(&mut self, note: &NoteEvent, offset: usize) {
        self.floor = 1.0 - note.duck_depth;
        self.fall = note.duck_depth / (note.duck_onset * self.rate_hz).max(48.0);
        self.rise = note.duck_depth / (note.duck_attack * self.rate_hz).max(48.0);
        self.due = Some(offset);
    }

    fn process(&mut self, block: &mut [Frame]) {
        if self.due.is_none() && self.gain >= 1.0 && !self.falling {
            return;
        }
        for (i, frame) in block.iter_mut().enumerate() {
            if self.due == Some(i) {
                (self.due, self.falling) = (None, true);
            }
            if self.falling {
                self.gain -= self.fall;
                if self.gain <= self.floor {
                    self.gain = self.floor;
                    self.falling = false;
                }
            } else {
                self.gain = (self.gain + self.rise).min(1.0);
            }
            *frame = frame.map(|x| x * self.gain);
        }
        self.due = None;
    }
}
