//! `jamlight doctor`: what is wrong with this machine, and the fix.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use anyhow::{Result, bail};
use app_library::{Paths, SceneLibrary};
use audio_io::{DeviceKind, devices};
use clap::Args;
use renderer_gpu::{Gpu, GpuSettings};
use serde::Serialize;
use sync_protocol::{DEFAULT_SCENE, SceneId};

use crate::settings::Settings;

#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    /// Prints JSON: an array of findings.
    #[arg(long)]
    json: bool,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    /// As it should be.
    Ok,
    /// Jamlight runs, with less.
    Less,
    /// Jamlight cannot do its main job.
    Broken,
}

#[derive(Debug, Serialize)]
struct Finding {
    what: &'static str,
    verdict: Verdict,
    found: String,
    fix: Option<&'static str>,
}

impl Finding {
    fn ok(what: &'static str, found: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Ok, found: found.into(), fix: None }
    }

    fn less(what: &'static str, found: impl Into<String>, fix: &'static str) -> Self {
        Self { what, verdict: Verdict::Less, found: found.into(), fix: Some(fix) }
    }

    fn broken(what: &'static str, found: impl Into<String>, fix: &'static str) -> Self {
        Self { what, verdict: Verdict::Broken, found: found.into(), fix: Some(fix) }
    }
}

pub(super) fn run(args: &DoctorArgs) -> Result<()> {
    let findings =
        [gpu(), scene(), sound_in(), sound_out(), ffmpeg(), folders(), settings(), names(), display()];
    if args.json {
        println!("{}", serde_json::to_string(&findings)?);
    } else {
        for finding in &findings {
            let mark = match finding.verdict {
                Verdict::Ok => "ok    ",
                Verdict::Less => "less  ",
                Verdict::Broken => "BROKEN",
            };
            println!("{mark} {:<9} {}", finding.what, finding.found);
            if let Some(fix) = finding.fix {
                println!("       {:<9} fix: {fix}", "");
            }
        }
    }
    match findings.iter().filter(|finding| finding.verdict == Verdict::Broken).count() {
        0 => Ok(()),
        1 => bail!("1 thing is broken"),
        many => bail!("{many} things are broken"),
    }
}

fn gpu() -> Finding {
    match Gpu::new(&GpuSettings::default()) {
        Err(err) => Finding::broken(
            "GPU",
            err.to_string(),
            "install a Vulkan driver; `packaging/setup` installs one that runs on the processor",
        ),
        Ok(gpu) if gpu.is_software() => Finding::less(
            "GPU",
            gpu.describe(),
            "the processor draws; install your graphics card's Vulkan driver for more",
        ),
        Ok(gpu) => Finding::ok("GPU", gpu.describe()),
    }
}

fn scene() -> Finding {
    match SceneLibrary::built_in().compile(&SceneId::from(DEFAULT_SCENE)) {
        Ok(program) => Finding::ok("scenes", format!("{:?} compiles", Arc::unwrap_or_clone(program).name)),
        Err(err) => Finding::broken("scenes", err.to_string(), "this build is damaged; install it again"),
    }
}

fn sound_in() -> Finding {
    let found = devices();
    let loopback = found.iter().find(|device| device.kind == DeviceKind::Loopback);
    let input = found.iter().find(|device| device.kind == DeviceKind::Input);
    match (loopback, input) {
        (Some(device), _) => Finding::ok("hearing", format!("what this machine plays: {}", device.name)),
        (None, Some(device)) => Finding::less(
            "hearing",
            format!("only inputs: {}", device.name),
            "run PipeWire or PulseAudio to hear what this machine plays",
        ),
        (None, None) => Finding::less(
            "hearing",
            "nothing to listen to",
            "start a sound server (PipeWire or PulseAudio) or plug in an input; the built-in track plays meanwhile",
        ),
    }
}

fn sound_out() -> Finding {
    match devices().into_iter().find(|device| device.kind == DeviceKind::Output) {
        Some(device) => Finding::ok("playing", device.name),
        None => Finding::less(
            "playing",
            "no output",
            "start a sound server or plug in speakers; the show runs in silence",
        ),
    }
}

fn ffmpeg() -> Finding {
    match Command::new("ffmpeg").arg("-version").output() {
        Ok(ran) if ran.status.success() => {
            let first = String::from_utf8_lossy(&ran.stdout).lines().next().unwrap_or("ffmpeg").to_owned();
            Finding::ok("ffmpeg", first)
        }
        _ => Finding::less(
            "ffmpeg",
            "not found",
            "install ffmpeg (`packaging/setup`) for mp4, mkv and webm; PNG and y4m need none",
        ),
    }
}

fn folders() -> Finding {
    let Some(paths) = Paths::platform() else {
        return Finding::broken(
            "folders",
            "there is no home folder",
            "set HOME to a folder you may write to",
        );
    };
    for folder in [&paths.config, &paths.data, &paths.state, &paths.cache] {
        if let Err(err) = try_write(folder) {
            let found = format!("cannot write: {err}: {}", folder.display());
            return Finding::broken(
                "folders",
                found,
                "give yourself the right to write there, or free some space",
            );
        }
    }
    Finding::ok("folders", paths.data.display().to_string())
}

fn try_write(folder: &Path) -> std::io::Result<()> {
    let probe = folder.join(".doctor");
    app_library::write_atomic(&probe, b"ok")?;
    std::fs::remove_file(probe)
}

fn settings() -> Finding {
    let Some(paths) = Paths::platform() else { return Finding::ok("settings", "defaults") };
    let (_, problems) = Settings::load(&paths);
    match problems.first() {
        None => Finding::ok("settings", paths.settings_file().display().to_string()),
        Some(first) => Finding::less(
            "settings",
            first.to_string(),
            "`jamlight config check` names every line to correct",
        ),
    }
}

/// Services that name what plays: the app writes how they are.
fn names() -> Finding {
    let Some(paths) = Paths::platform() else { return Finding::ok("names", "only your library") };
    let (settings, _) = Settings::load(&paths);
    if !settings.live.names.ask_online {
        return Finding::ok("names", "your library; services outside are not asked");
    }
    let has_keys = match app_integrations::Keys::read(&paths.keys_file()) {
        Err(err) => {
            return Finding::less("names", err.to_string(), "`jamlight keys set acrcloud` writes it anew");
        }
        Ok(keys) => {
            let (section, names) = crate::live::ACRCLOUD;
            names.iter().all(|name| !keys.get(section, name).is_empty())
        }
    };
    if !has_keys {
        return Finding::less(
            "names",
            "services outside are wanted, and there are no keys",
            "`jamlight keys set acrcloud`, or switch them off under Now playing",
        );
    }
    let state = std::fs::read_to_string(paths.names_state_file()).ok();
    let state: Option<serde_json::Value> = state.and_then(|text| serde_json::from_str(&text).ok());
    let services = state.as_ref().and_then(|state| state["services"].as_array()).map(Vec::as_slice);
    let ill = services.unwrap_or_default().iter().find(|service| service["well"] == false);
    match ill {
        None => Finding::ok("names", "your library, then ACRCloud"),
        Some(service) => Finding::less(
            "names",
            format!(
                "{}: {}",
                service["name"].as_str().unwrap_or("a service"),
                service["state"].as_str().unwrap_or("does not answer")
            ),
            "tracks of your library are named all the same; it is asked again by itself",
        ),
    }
}

fn display() -> Finding {
    if cfg!(not(target_os = "linux")) {
        return Finding::ok("display", "the system's");
    }
    let named = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    match (named("WAYLAND_DISPLAY"), named("DISPLAY")) {
        (Some(display), _) => Finding::ok("display", format!("Wayland {display}")),
        (None, Some(display)) => Finding::ok("display", format!("X11 {display}")),
        (None, None) => Finding::less(
            "display",
            "none",
            "start a desktop session to open windows; `jamlight render` needs none",
        ),
    }
}
