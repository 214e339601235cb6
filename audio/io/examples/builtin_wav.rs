//! Writes the built-in track as a wav file: `builtin_wav OUT.wav`.

use audio_io::{BuiltInTrack, MIX_CHANNELS, MIX_RATE_HZ};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: builtin_wav OUT.wav")?;
    let spec = hound::WavSpec {
        channels: MIX_CHANNELS,
        sample_rate: MIX_RATE_HZ,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec)?;
    for sample in BuiltInTrack::new() {
        writer.write_sample((sample * 32_767.0) as i16)?;
    }
    writer.finalize()?;
    Ok(())
}
