//! Analyses WAV files and writes one JSON report each, for scoring against ground truth.
//!
//! `score_wav OUT_DIR [--online] A.wav B.wav …` writes `OUT_DIR/A.json`, …, as `jamlight analyze --json`
//! prints it, plus `cpu_s`.
#![expect(
    clippy::disallowed_methods,
    reason = "a tool around the pure crate: it reads files and times itself"
)]

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context as _;

fn main() -> anyhow::Result<()> {
    let (flags, paths): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|a| a.starts_with("--"));
    let online = flags.iter().any(|f| f == "--online");
    let mut paths = paths.into_iter().map(PathBuf::from);
    let out_dir = paths.next().context("usage: score_wav OUT_DIR [--online] FILE.wav…")?;
    std::fs::create_dir_all(&out_dir)?;
    for path in paths {
        let mut reader =
            hound::WavReader::open(&path).with_context(|| format!("reading {}", path.display()))?;
        let spec = reader.spec();
        let samples: Vec<f32> = match spec.sample_format {
            hound::SampleFormat::Float => reader.samples::<f32>().collect::<Result<_, _>>()?,
            hound::SampleFormat::Int => {
                let scale = 0.5f32.powi(i32::from(spec.bits_per_sample) - 1);
                reader.samples::<i32>().map(|s| s.map(|s| s as f32 * scale)).collect::<Result<_, _>>()?
            }
        };
        let begun = Instant::now();
        let analysis = if online {
            audio_analysis::analyze_online(&samples, spec.sample_rate, spec.channels)
        } else {
            audio_analysis::analyze(&samples, spec.sample_rate, spec.channels)
        };
        let mut report = serde_json::to_value(&analysis)?;
        if let Some(fields) = report.as_object_mut() {
            fields.insert("cpu_s".into(), begun.elapsed().as_secs_f64().into());
        }
        let name = path.file_stem().unwrap_or_default();
        let target = out_dir.join(name).with_extension("json");
        std::fs::write(&target, serde_json::to_string(&report)?)?;
    }
    Ok(())
}
