//! `jamlight devices`: what can be heard and played on.

use anyhow::Result;
use audio_io::devices;
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct DevicesArgs {
    /// Prints JSON: an array of devices.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &DevicesArgs) -> Result<()> {
    let found = devices();
    if args.json {
        let list: Vec<serde_json::Value> = found
            .iter()
            .map(|device| {
                serde_json::json!({
                    "id": device.id, "name": device.name, "host": device.host, "kind": device.kind.to_string(),
                    "default": device.default, "channels": device.channels, "sample_rate_hz": device.sample_rate_hz,
                })
            })
            .collect();
        println!("{}", serde_json::to_string(&list)?);
        return Ok(());
    }
    if found.is_empty() {
        println!("No sound device. Jamlight still runs and plays its built-in track in silence.");
        println!(
            "Fix: start a sound server (PipeWire or PulseAudio), or plug a device in; it is noticed by itself."
        );
    }
    for device in &found {
        let mark = if device.default { "*" } else { " " };
        println!(
            "{mark} {:<8} {} ({} ch, {} Hz, {})",
            device.kind.to_string(),
            device.name,
            device.channels,
            device.sample_rate_hz,
            device.host
        );
        println!("           {}", device.id);
    }
    Ok(())
}
