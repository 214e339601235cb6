//! `jamlight analyze`: what the ear hears in a file.

use std::path::PathBuf;

use anyhow::Result;
use audio_analysis::{Analysis, analyze, analyze_online};
use audio_io::{DecodeLimits, decode_file};
use clap::Args;
use serde::Serialize;

#[derive(Debug, Args)]
pub(super) struct AnalyzeArgs {
    /// Audio files: wav, flac, mp3, ogg, m4a.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Uses the causal path of the live show instead of looking ahead.
    #[arg(long)]
    online: bool,
    /// Prints JSON: one object, or an array for several files.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Named<'a> {
    file: String,
    #[serde(flatten)]
    analysis: &'a Analysis,
}

pub(super) fn run(args: &AnalyzeArgs) -> Result<()> {
    let mut all = Vec::with_capacity(args.files.len());
    for file in &args.files {
        let decoded = decode_file(file, &DecodeLimits::MEMORY)?;
        for warning in &decoded.warnings {
            eprintln!("jamlight: {warning}: {}", file.display());
        }
        let hear = if args.online { analyze_online } else { analyze };
        let analysis = hear(&decoded.samples, decoded.format.sample_rate_hz, decoded.format.channels);
        if !args.json {
            print_words(file, &analysis);
        }
        all.push((file, analysis));
    }
    if args.json {
        match all.as_slice() {
            [(_, only)] => println!("{}", serde_json::to_string(only)?),
            many => {
                let named: Vec<Named<'_>> = many
                    .iter()
                    .map(|(file, analysis)| Named { file: file.display().to_string(), analysis })
                    .collect();
                println!("{}", serde_json::to_string(&named)?);
            }
        }
    }
    Ok(())
}

fn print_words(file: &std::path::Path, heard: &Analysis) {
    println!("{}", file.display());
    println!("  length    {:.1} s", heard.duration);
    println!(
        "  tempo     {:.1} BPM, {} beats, {} bars",
        heard.tempo,
        heard.beats.len(),
        heard.downbeats.len()
    );
    println!("  key       {}", heard.key.as_deref().unwrap_or("none"));
    println!("  onsets    {}", heard.onsets.len());
    println!("  loudness  {:.1} LUFS", heard.loudness_lufs);
}
