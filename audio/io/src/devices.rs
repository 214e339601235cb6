//! Which devices there are, and which one a choice means.

use cpal::{
    DeviceId, Host,
    traits::{DeviceTrait, HostTrait},
};

use crate::{
    AudioError, MIX_RATE_HZ,
    connections::{connected, keep},
};

/// cpal's name of the host that is PulseAudio, or PipeWire in its place.
pub(crate) const PULSE: &str = "PulseAudio";

/// What a device is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeviceKind {
    /// A microphone or line input.
    Input,
    /// What an output is playing, as an input: a monitor or loopback.
    Loopback,
    /// Speakers or headphones.
    Output,
}

impl std::fmt::Display for DeviceKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Input => "input",
            Self::Loopback => "loopback",
            Self::Output => "output",
        })
    }
}

/// One device of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceInfo {
    /// The stable name: what settings keep and [`InputChoice::Device`] takes.
    pub id: String,
    /// The name for people. Two devices may share it.
    pub name: String,
    /// The system that offers it, such as `PulseAudio`.
    pub host: String,
    /// What it is good for.
    pub kind: DeviceKind,
    /// Whether it is the system's default of its kind.
    pub default: bool,
    /// Channels by default. 0 when it would not say.
    pub channels: u16,
    /// Sample rate by default, in Hz. 0 when it would not say.
    pub sample_rate_hz: u32,
}

/// Where to listen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum InputChoice {
    /// What this machine plays, else the default input.
    #[default]
    Auto,
    /// The system's default input.
    DefaultInput,
    /// What the default output plays.
    Loopback,
    /// One device by its id or name. An output's name means what it plays.
    Device(String),
    /// Nowhere.
    Off,
}

/// Where to play.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OutputChoice {
    /// The system's default output.
    #[default]
    Default,
    /// One device by its id or name.
    Device(String),
    /// Nowhere: sound runs on in silence, in real time.
    Off,
}

/// Lists the devices of this machine. Empty when there are none; that is not an error.
///
/// Asks the sound system and may take a second: never call it on a thread that draws.
pub fn devices() -> Vec<DeviceInfo> {
    let Ok((host, found)) = connected(None, list) else { return Vec::new() };
    keep(host);
    found
}

fn list(host: &Host) -> Result<Vec<DeviceInfo>, AudioError> {
    let name = host.id().name().to_owned();
    let default_input = host.default_input_device().and_then(|device| device.id().ok());
    let default_output = host.default_output_device().and_then(|device| device.id().ok());
    let loopback_id = default_output.as_ref().map(|id| monitor_id(id.id()));
    let mut found = Vec::new();
    for device in host.devices()? {
        let Ok(id) = device.id() else { continue };
        if name == "ALSA" && is_plugin(id.id()) {
            continue;
        }
        let mut push = |kind, default, config: Result<cpal::SupportedStreamConfig, cpal::Error>| {
            let config = config.ok();
            found.push(DeviceInfo {
                id: id.id().to_owned(),
                name: device.to_string(),
                host: name.clone(),
                kind,
                default,
                channels: config.as_ref().map_or(0, cpal::SupportedStreamConfig::channels),
                sample_rate_hz: config.as_ref().map_or(0, cpal::SupportedStreamConfig::sample_rate),
            });
        };
        if device.supports_input() {
            let monitor = is_monitor(id.id());
            let kind = if monitor { DeviceKind::Loopback } else { DeviceKind::Input };
            let default = if monitor {
                loopback_id.as_deref() == Some(id.id())
            } else {
                default_input.as_ref() == Some(&id)
            };
            push(kind, default, device.default_input_config());
        }
        if device.supports_output() {
            push(DeviceKind::Output, default_output.as_ref() == Some(&id), device.default_output_config());
        }
    }
    Ok(found)
}

/// Opens the sound system: `wanted`, or the first that answers.
///
/// Once a system has worked, only that one is asked again: while a sound server restarts, grabbing
/// the hardware from under it would keep it from coming back.
pub(crate) fn open_host(wanted: Option<cpal::HostId>) -> Result<Host, AudioError> {
    hush_alsa();
    let ids = match wanted {
        Some(id) => vec![id],
        None => cpal::available_hosts(),
    };
    let mut why = "this machine has no sound system".to_owned();
    for id in ids {
        match cpal::host_from_id(id) {
            Ok(host) => return Ok(host),
            Err(err) => why = err.to_string(),
        }
    }
    Err(AudioError::NoSystem { why })
}

/// ALSA prints what it tries on standard error, for this thread no more: what failed comes back as an
/// error, with its reason. Called each time, since that empties what was gathered.
fn hush_alsa() {
    #[cfg(target_os = "linux")]
    if let Err(err) = alsa::Output::local_error_handler() {
        tracing::debug!(%err, "ALSA keeps talking");
    }
}

/// Whether an id of ALSA's is a converter or a sink for nothing and not a device: these are always
/// listed, also where there is no sound card.
fn is_plugin(id: &str) -> bool {
    const PLUGINS: [&str; 12] = [
        "null",
        "lavrate",
        "samplerate",
        "speexrate",
        "speex",
        "upmix",
        "vdownmix",
        "jack",
        "oss",
        "pulse",
        "pipewire",
        "usbstream",
    ];
    let name = id.split(':').next().unwrap_or(id);
    PLUGINS.contains(&name)
}

/// A device and how to open it.
pub(crate) struct Picked {
    pub(crate) device: cpal::Device,
    pub(crate) name: String,
    pub(crate) kind: DeviceKind,
    pub(crate) config: cpal::SupportedStreamConfig,
    /// The default this pick followed: when it moves, the pick is stale.
    pub(crate) followed: Option<DeviceId>,
}

pub(crate) fn pick_input(host: &Host, choice: &InputChoice) -> Result<Picked, AudioError> {
    match choice {
        InputChoice::Auto => pick_loopback(host).or_else(|_| pick_default_input(host)),
        InputChoice::DefaultInput => pick_default_input(host),
        InputChoice::Loopback => pick_loopback(host),
        InputChoice::Device(name) => {
            let device = by_name(host, name, |device| device.supports_input())
                .or_else(|_| by_name(host, name, |device| device.supports_output()))?;
            if device.supports_input() { input_of(device, None) } else { loopback_of(host, device, None) }
        }
        InputChoice::Off => Err(AudioError::NoDevice { what: "input (it is switched off)" }),
    }
}

pub(crate) fn pick_output(host: &Host, choice: &OutputChoice) -> Result<Picked, AudioError> {
    let (device, followed) = match choice {
        OutputChoice::Default => {
            let device = host.default_output_device().ok_or(AudioError::NoDevice { what: "output" })?;
            let id = device.id().ok();
            (device, id)
        }
        OutputChoice::Device(name) => (by_name(host, name, |device| device.supports_output())?, None),
        OutputChoice::Off => return Err(AudioError::NoDevice { what: "output (it is switched off)" }),
    };
    let default = device.default_output_config()?;
    let config = at_mix_rate(default, device.supported_output_configs().ok().into_iter().flatten());
    Ok(Picked { name: device.to_string(), device, kind: DeviceKind::Output, config, followed })
}

/// Whether the default that a pick followed is another one now.
pub(crate) fn default_moved(host: &Host, kind: DeviceKind, followed: &DeviceId) -> bool {
    let now = match kind {
        DeviceKind::Input => host.default_input_device(),
        DeviceKind::Loopback | DeviceKind::Output => host.default_output_device(),
    };
    now.and_then(|device| device.id().ok()).is_some_and(|id| id != *followed)
}

fn pick_default_input(host: &Host) -> Result<Picked, AudioError> {
    let device = host.default_input_device().ok_or(AudioError::NoDevice { what: "input" })?;
    let followed = device.id().ok();
    input_of(device, followed)
}

fn pick_loopback(host: &Host) -> Result<Picked, AudioError> {
    let output = host.default_output_device().ok_or(AudioError::NoDevice { what: "output to listen to" })?;
    let followed = output.id().ok();
    loopback_of(host, output, followed)
}

/// What an output plays. PulseAudio and PipeWire offer it as a source named after the output;
/// Windows and macOS open an input stream on the output itself; plain ALSA has no such thing.
fn loopback_of(host: &Host, output: cpal::Device, followed: Option<DeviceId>) -> Result<Picked, AudioError> {
    if cfg!(any(windows, target_os = "macos")) {
        let config = output.default_output_config()?;
        let name = output.to_string();
        return Ok(Picked { device: output, name, kind: DeviceKind::Loopback, config, followed });
    }
    let wanted = monitor_id(output.id()?.id());
    let monitor = host
        .devices()?
        .find(|device| device.id().is_ok_and(|id| id.id() == wanted))
        .ok_or(AudioError::NoDevice { what: "monitor of the output" })?;
    input_of(monitor, followed)
}

fn input_of(device: cpal::Device, followed: Option<DeviceId>) -> Result<Picked, AudioError> {
    let default = device.default_input_config()?;
    let config = at_mix_rate(default, device.supported_input_configs().ok().into_iter().flatten());
    let monitor = device.id().is_ok_and(|id| is_monitor(id.id()));
    let kind = if monitor { DeviceKind::Loopback } else { DeviceKind::Input };
    Ok(Picked { name: device.to_string(), device, kind, config, followed })
}

/// The default configuration, at the mix's rate and in `f32` where the device can.
fn at_mix_rate(
    default: cpal::SupportedStreamConfig,
    ranges: impl Iterator<Item = cpal::SupportedStreamConfigRange>,
) -> cpal::SupportedStreamConfig {
    ranges
        .filter(|range| range.channels() == default.channels())
        .filter(|range| {
            matches!(range.sample_format(), cpal::SampleFormat::F32)
                || range.sample_format() == default.sample_format()
        })
        .filter_map(|range| range.try_with_sample_rate(MIX_RATE_HZ))
        .max_by_key(|config| config.sample_format() == cpal::SampleFormat::F32)
        .unwrap_or(default)
}

fn by_name(
    host: &Host,
    wanted: &str,
    fits: impl Fn(&cpal::Device) -> bool,
) -> Result<cpal::Device, AudioError> {
    let all: Vec<_> = host.devices()?.filter(fits).collect();
    let find = |same: &dyn Fn(&cpal::Device) -> bool| all.iter().find(|device| same(device)).cloned();
    find(&|device| device.id().is_ok_and(|id| id.id() == wanted))
        .or_else(|| find(&|device| device.to_string() == wanted))
        .or_else(|| find(&|device| device.to_string().eq_ignore_ascii_case(wanted)))
        .ok_or_else(|| AudioError::NotFound { name: wanted.to_owned() })
}

fn monitor_id(output_id: &str) -> String {
    format!("{output_id}.monitor")
}

fn is_monitor(id: &str) -> bool {
    id.ends_with(".monitor")
}

/// Asks for `wanted` frames per callback where the device says it can, else for what it likes.
pub(crate) fn buffer_size(config: &cpal::SupportedStreamConfig, wanted: u32) -> cpal::BufferSize {
    match config.buffer_size() {
        cpal::SupportedBufferSize::Range { min, max } => cpal::BufferSize::Fixed(wanted.clamp(*min, *max)),
        cpal::SupportedBufferSize::Unknown => cpal::BufferSize::Default,
    }
}
