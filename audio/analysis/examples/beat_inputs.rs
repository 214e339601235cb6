//! Writes what the beat network sees of WAV files, for `training/train.py`.
//!
//! `beat_inputs OUT_DIR A.wav B.wav …` writes `OUT_DIR/A.f32`: the width as u32, then hops of floats, little-endian.
#![expect(clippy::disallowed_methods, reason = "a tool around the pure crate: it reads and writes files")]

use std::path::PathBuf;

use anyhow::Context as _;

fn main() -> anyhow::Result<()> {
    let mut paths = std::env::args().skip(1).map(PathBuf::from);
    let out_dir = paths.next().context("usage: beat_inputs OUT_DIR FILE.wav…")?;
    std::fs::create_dir_all(&out_dir)?;
    for path in paths {
        let mut reader =
            hound::WavReader::open(&path).with_context(|| format!("reading {}", path.display()))?;
        let spec = reader.spec();
        anyhow::ensure!(spec.channels <= 2 && spec.bits_per_sample == 16, "16 bits, one or two channels");
        let samples: Vec<f32> =
            reader.samples::<i16>().map(|s| s.map(|s| f32::from(s) / 32_768.0)).collect::<Result<_, _>>()?;
        let channels = usize::from(spec.channels);
        let mono: Vec<f32> =
            samples.chunks_exact(channels).map(|f| f.iter().sum::<f32>() / channels as f32).collect();
        let (width, values) = audio_analysis::beat_network_inputs(&mono, spec.sample_rate);
        let mut bytes = u32::try_from(width)?.to_le_bytes().to_vec();
        bytes.extend(values.iter().flat_map(|v| v.to_le_bytes()));
        let name = path.file_stem().unwrap_or_default();
        std::fs::write(out_dir.join(name).with_extension("f32"), bytes)?;
    }
    Ok(())
}
