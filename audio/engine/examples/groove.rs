//! Bounces a few bars with most of what the instrument can do: `groove OUT.wav [SECONDS]`.

use audio_engine::{Bounce, SoundTable, install_kits};
use audio_pattern::{Alignment, Op, Pattern, mini};
use audio_signal::Transport;

/// A sound, and controls for it in mini-notation.
fn part(sound: &str, controls: &[(&str, &str)]) -> Result<Pattern, Box<dyn std::error::Error>> {
    let mut pattern = mini(sound)?.control(&["s"]);
    for (name, values) in controls {
        pattern = pattern.combine(Op::Set, Alignment::In, &mini(values)?.control(&[name]));
    }
    Ok(pattern)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let path = args.next().ok_or("usage: groove OUT.wav [SECONDS]")?;
    let secs: usize = args.next().map_or(Ok(16), |secs| secs.parse())?;
    let pattern = Pattern::stack(vec![
        part("bd*4", &[("bank", "ember"), ("duckorbit", "2"), ("gain", "0.9")])?,
        part("[~ cp]*2", &[("room", "0.3"), ("gain", "0.6")])?,
        part("hh*8", &[("gain", "0.2 0.4"), ("pan", "0.3 0.7")])?,
        part(
            "saw*8",
            &[
                ("note", "<36 36 39 34>"),
                ("cutoff", "<400 700 900 1400>"),
                ("resonance", "10"),
                ("lpenv", "2"),
                ("decay", "0.15"),
                ("orbit", "2"),
                ("gain", "0.9"),
            ],
        )?,
        part(
            "supersaw",
            &[
                ("note", "<[60,63,67] [60,63,67] [58,63,67] [58,62,65]>"),
                ("cutoff", "1800"),
                ("attack", "0.2"),
                ("release", "0.5"),
                ("sustain", "0.7"),
                ("orbit", "2"),
                ("room", "0.6"),
                ("roomsize", "3"),
                ("gain", "0.5"),
            ],
        )?,
        part(
            "pluck*8",
            &[
                ("note", "72 75 79 ~ 84 82 ~ 79"),
                ("delay", "0.5"),
                ("delaytime", "0.375"),
                ("gain", "0.6"),
                ("orbit", "3"),
            ],
        )?,
        part(
            "wt_reed",
            &[
                ("note", "<~ 55 ~ 58>"),
                ("vowel", "<a o>"),
                ("release", "0.4"),
                ("gain", "0.4"),
                ("room", "0.4"),
            ],
        )?,
    ]);
    let mut sounds = SoundTable::default();
    let samples = install_kits(&mut sounds);
    let mut bounce = Bounce::new(pattern, Transport::default(), sounds, samples);
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: bounce.rate_hz(),
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec)?;
    let mut block = vec![0.0; 2 * bounce.rate_hz() as usize / 10];
    for _ in 0..secs * 10 {
        bounce.fill(&mut block)?;
        for sample in &block {
            writer.write_sample((sample * 32_767.0) as i16)?;
        }
    }
    writer.finalize()?;
    for sound in bounce.unknown_sounds() {
        eprintln!("nobody has the sound {sound:?}");
    }
    Ok(())
}
