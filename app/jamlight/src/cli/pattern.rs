//! `jamlight pattern` and `jamlight bounce`: what user code plays, as events and as sound.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use app_script::{Program, Settings, evaluate, haps_json};
use audio_engine::{BEATS_PER_CYCLE, Bounce, SoundTable, install_kits};
use audio_pattern::Span;
use audio_signal::Transport;
use clap::Args;

/// Longest program read, in bytes: a hundred times the longest set we know.
const MAX_CODE_BYTES: u64 = 1 << 20;
/// Longest bounce, in seconds.
const MAX_BOUNCE_SECS: f64 = 4.0 * 3600.0;
/// Frames asked of the engine at a time.
const BLOCK_FRAMES: usize = 4_096;

#[derive(Debug, Args)]
pub(super) struct PatternArgs {
    /// A file of code.
    file: PathBuf,
    /// How many cycles to ask for, from the first.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(i64).range(1..=100_000))]
    cycles: i64,
    /// Prints JSON: `{"haps":[{whole, part, value}]}`, times as exact fractions of a cycle.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct BounceArgs {
    /// A file of code.
    file: PathBuf,
    /// How much of it, in seconds.
    #[arg(long, default_value_t = 30.0)]
    seconds: f64,
    /// The sound file: .wav, 48 kHz stereo, 32-bit float.
    #[arg(long)]
    out: PathBuf,
}

pub(super) fn pattern(args: &PatternArgs) -> Result<()> {
    let program = read(&args.file)?;
    let fault = |fault| anyhow!("{}: {fault}", args.file.display());
    if args.json {
        println!("{}", haps_json(&program, args.cycles).map_err(fault)?);
        return Ok(());
    }
    for hap in program.query(Span::cycles(0, args.cycles)).map_err(fault)? {
        println!("{hap:?}");
    }
    Ok(())
}

pub(super) fn bounce(args: &BounceArgs) -> Result<()> {
    if !args.seconds.is_finite() || !(0.0..=MAX_BOUNCE_SECS).contains(&args.seconds) {
        bail!("--seconds is 0 to {MAX_BOUNCE_SECS}");
    }
    let program = read(&args.file)?;
    let transport = Transport { tempo_bpm: program.cps * BEATS_PER_CYCLE * 60.0, ..Transport::default() };
    let mut sounds = SoundTable::default();
    let samples = install_kits(&mut sounds);
    let mut bounce = Bounce::new(program.pattern, transport, sounds, samples);
    let part = PathBuf::from(format!("{}.part", args.out.display()));
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: bounce.rate_hz(),
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let file = File::create(&part).with_context(|| format!("cannot write {}", args.out.display()))?;
    let sounded = hound::WavWriter::new(BufWriter::new(file), spec)
        .map_err(anyhow::Error::from)
        .and_then(|writer| sound(&mut bounce, writer, args.seconds));
    if let Err(err) = sounded {
        // Nothing is left under either name; a failure to remove is no second failure.
        let _ = std::fs::remove_file(&part);
        return Err(err.context(args.file.display().to_string()));
    }
    std::fs::rename(&part, &args.out).with_context(|| format!("cannot name {}", args.out.display()))?;
    if !bounce.unknown_sounds().is_empty() {
        eprintln!("jamlight: nobody has these sounds: {}", bounce.unknown_sounds().join(", "));
    }
    Ok(())
}

fn sound(bounce: &mut Bounce, mut writer: hound::WavWriter<BufWriter<File>>, seconds: f64) -> Result<()> {
    let mut frames_left = (seconds * f64::from(bounce.rate_hz())).round() as usize;
    let mut block = vec![0.0; BLOCK_FRAMES * 2];
    while frames_left > 0 {
        let frames = frames_left.min(BLOCK_FRAMES);
        let block = block.get_mut(..frames * 2).unwrap_or_default();
        bounce.fill(block).map_err(|fault| anyhow!("{fault}"))?;
        for sample in block.iter() {
            writer.write_sample(*sample)?;
        }
        frames_left -= frames;
    }
    Ok(writer.finalize()?)
}

fn read(path: &Path) -> Result<Program> {
    let size = std::fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?.len();
    if size > MAX_CODE_BYTES {
        bail!("{size} bytes are no program, the limit is {MAX_CODE_BYTES}: {}", path.display());
    }
    let source = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let program =
        evaluate(&source, &Settings::default()).map_err(|err| anyhow!("{}:{err}", path.display()))?;
    for problem in &program.problems {
        eprintln!("jamlight: {}:{problem}", path.display());
    }
    Ok(program)
}
