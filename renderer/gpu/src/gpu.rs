use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::ErrorTracker;

/// Bytes a device that needs little takes from the system at a time; the least its allocator knows.
pub const SMALL_BLOCK_BYTES: u64 = 4 << 20;

/// Which adapter to take.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdapterChoice {
    /// The fastest there is, a processor if it must be.
    #[default]
    Fastest,
    /// A processor: slow, the same pixels everywhere.
    Software,
    /// The first whose name contains this, whatever the case.
    Named(String),
}

/// How a device is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GpuSettings {
    /// Which adapter to take.
    pub adapter: AdapterChoice,
    /// What all textures together may take, in bytes. At least 64 MiB.
    pub texture_budget_bytes: u64,
    /// What the upload belt may send in a frame, in bytes. At least 64 KiB.
    pub upload_bytes_per_frame: u64,
}

impl Default for GpuSettings {
    fn default() -> Self {
        Self {
            adapter: AdapterChoice::Fastest,
            texture_budget_bytes: 1024 * 1024 * 1024,
            upload_bytes_per_frame: 4 * 1024 * 1024,
        }
    }
}

impl GpuSettings {
    /// Returns the settings with every number in its range.
    #[must_use]
    pub fn validated(self) -> Self {
        Self {
            texture_budget_bytes: self.texture_budget_bytes.max(64 * 1024 * 1024),
            upload_bytes_per_frame: self.upload_bytes_per_frame.max(64 * 1024),
            ..self
        }
    }
}

/// One life of a device. Handles made in another are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(pub u64);

/// Why there is no device.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GpuError {
    /// No adapter fits the choice. After a driver reset this may pass: try again with back-off.
    #[error(
        "no graphics adapter fits {choice:?}; found: {found}. On Linux install mesa-vulkan-drivers or the GPU's driver"
    )]
    NoAdapter {
        /// What was wanted.
        choice: AdapterChoice,
        /// Names of all adapters.
        found: String,
    },
    /// The adapter gave no device. After a driver reset this may pass: try again with back-off.
    #[error("adapter {adapter:?} gives no device: {reason}")]
    NoDevice {
        /// The adapter's name.
        adapter: String,
        /// What the driver said.
        reason: String,
    },
}

/// One generation of one device.
///
/// Cheap to clone; clones are the same device. All calls may come from any thread, but one render
/// thread owns the frame.
#[derive(Clone, Debug)]
pub struct Gpu {
    /// Made once per generation: a lost device takes its instance with it.
    instance: wgpu::Instance,
    info: wgpu::AdapterInfo,
    adapter: wgpu::Adapter,
    device: wgpu::Device,
    queue: wgpu::Queue,
    generation: Generation,
    loss: Arc<Loss>,
    errors: Arc<ErrorTracker>,
    settings: GpuSettings,
}

#[derive(Debug, Default)]
struct Loss {
    lost: AtomicBool,
    /// Guards the driver's words, written once.
    reason: Mutex<String>,
}

impl Gpu {
    /// Makes the first device, without a window.
    ///
    /// # Errors
    /// [`GpuError`] when no adapter fits or it gives no device.
    pub fn new(settings: &GpuSettings) -> Result<Self, GpuError> {
        Self::for_surface(Self::new_instance(), None, settings, Generation(1))
    }

    /// Makes the next generation, on a new instance: whatever was made by this one is void.
    ///
    /// # Errors
    /// [`GpuError`]; for some seconds after a driver reset that is normal, so try for ever.
    pub fn rebirth(&self) -> Result<Self, GpuError> {
        Self::for_surface(Self::new_instance(), None, &self.settings, self.next_generation())
    }

    /// Returns an instance for [`Gpu::for_surface`]: surfaces are made on the main thread, from it.
    pub fn new_instance() -> wgpu::Instance {
        let mut desc = wgpu::InstanceDescriptor::new_without_display_handle_from_env();
        desc.backends &= wgpu::Backends::PRIMARY;
        wgpu::Instance::new(desc)
    }

    /// Makes a device that can present on a surface of the same instance.
    ///
    /// # Errors
    /// [`GpuError`] when no adapter fits or it gives no device.
    pub fn for_surface(
        instance: wgpu::Instance,
        surface: Option<&wgpu::Surface<'_>>,
        settings: &GpuSettings,
        generation: Generation,
    ) -> Result<Self, GpuError> {
        let settings = settings.clone().validated();
        let adapter = choose(&instance, surface, &settings.adapter)?;
        let info = adapter.get_info();
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("jamlight"),
            required_features: wanted_features() & adapter.features(),
            required_limits: wanted_limits(&adapter.limits()),
            // A processor's memory is everybody's: large blocks would stand half empty in it.
            memory_hints: match info.device_type {
                wgpu::DeviceType::Cpu => wgpu::MemoryHints::Manual {
                    suballocated_device_memory_block_size: SMALL_BLOCK_BYTES..SMALL_BLOCK_BYTES,
                },
                _ => wgpu::MemoryHints::Performance,
            },
            ..wgpu::DeviceDescriptor::default()
        };
        let (device, queue) = pollster::block_on(adapter.request_device(&descriptor))
            .map_err(|e| GpuError::NoDevice { adapter: info.name.clone(), reason: e.to_string() })?;

        let loss = Arc::new(Loss::default());
        let errors = Arc::new(ErrorTracker::default());
        device.set_device_lost_callback({
            let loss = loss.clone();
            move |reason, message| {
                *loss.reason.lock().unwrap_or_else(PoisonError::into_inner) =
                    format!("{reason:?}: {message}");
                loss.lost.store(true, Ordering::Release);
            }
        });
        // wgpu's own handler panics. On a dead device every object is invalid: not worth a word.
        device.on_uncaptured_error({
            let (loss, errors) = (loss.clone(), errors.clone());
            Arc::new(move |error: wgpu::Error| {
                if !loss.lost.load(Ordering::Acquire) {
                    errors.report(&error.to_string());
                }
            })
        });
        tracing::debug!(adapter = info.name, generation = generation.0, "graphics device made");
        Ok(Self { instance, info, adapter, device, queue, generation, loss, errors, settings })
    }

    /// The device.
    pub fn device(&self) -> &wgpu::Device {
        &self.device
    }

    /// The queue.
    pub fn queue(&self) -> &wgpu::Queue {
        &self.queue
    }

    /// The adapter.
    pub fn adapter(&self) -> &wgpu::Adapter {
        &self.adapter
    }

    /// The instance: further surfaces of this generation are made from it.
    pub fn instance(&self) -> &wgpu::Instance {
        &self.instance
    }

    /// The adapter's name.
    pub fn name(&self) -> &str {
        &self.info.name
    }

    /// The adapter's name, backend and driver, for people.
    pub fn describe(&self) -> String {
        format!(
            "{} ({:?}, {} {})",
            self.info.name, self.info.backend, self.info.driver, self.info.driver_info
        )
    }

    /// Whether a processor does the drawing.
    pub fn is_software(&self) -> bool {
        self.info.device_type == wgpu::DeviceType::Cpu
    }

    /// Which life this is.
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// The generation after this one.
    pub fn next_generation(&self) -> Generation {
        Generation(self.generation.0 + 1)
    }

    /// How it was made.
    pub fn settings(&self) -> &GpuSettings {
        &self.settings
    }

    /// What the device refused.
    pub fn errors(&self) -> &ErrorTracker {
        &self.errors
    }

    /// Whether the device is gone. True once, true for ever: make the next generation.
    pub fn is_lost(&self) -> bool {
        self.loss.lost.load(Ordering::Acquire)
    }

    /// What the driver said when the device went; empty while it is there.
    pub fn loss_reason(&self) -> String {
        self.loss.reason.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Runs the callbacks that are due, without waiting. Once a frame: a loss is heard here.
    pub fn poll(&self) {
        // An error here is a loss, which the callback reports.
        self.device.poll(wgpu::PollType::Poll).ok();
    }

    /// Waits until all submitted work is done. Never on a live render thread.
    ///
    /// Returns whether the device is still there.
    pub fn wait(&self) -> bool {
        self.device.poll(wgpu::PollType::wait_indefinitely()).is_ok() && !self.is_lost()
    }

    /// Loses the device on purpose: drills and tests.
    pub fn lose(&self) {
        self.device.destroy();
        // The callback of an asked-for loss comes late, that of a real one at once.
        self.poll();
    }
}

/// Taken where the adapter has them; nothing may need them.
fn wanted_features() -> wgpu::Features {
    wgpu::Features::TIMESTAMP_QUERY
        | wgpu::Features::TIMESTAMP_QUERY_INSIDE_ENCODERS
        | wgpu::Features::FLOAT32_FILTERABLE
}

/// The portable limits, except the texture size: a wall of screens is wider than 8,192 pixels.
fn wanted_limits(adapter: &wgpu::Limits) -> wgpu::Limits {
    let portable = wgpu::Limits::default();
    wgpu::Limits {
        max_texture_dimension_2d: adapter.max_texture_dimension_2d.max(portable.max_texture_dimension_2d),
        ..portable
    }
    .or_worse_values_from(adapter)
}

fn choose(
    instance: &wgpu::Instance,
    surface: Option<&wgpu::Surface<'_>>,
    choice: &AdapterChoice,
) -> Result<wgpu::Adapter, GpuError> {
    let all = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::PRIMARY));
    let found = all.iter().map(|a| a.get_info().name).collect::<Vec<_>>().join(", ");
    all.into_iter()
        .filter(|adapter| surface.is_none_or(|s| adapter.is_surface_supported(s)))
        .filter(|adapter| {
            let info = adapter.get_info();
            match choice {
                AdapterChoice::Fastest => true,
                AdapterChoice::Software => info.device_type == wgpu::DeviceType::Cpu,
                AdapterChoice::Named(part) => info.name.to_lowercase().contains(&part.to_lowercase()),
            }
        })
        .min_by_key(|adapter| match adapter.get_info().device_type {
            wgpu::DeviceType::DiscreteGpu => 0,
            wgpu::DeviceType::IntegratedGpu => 1,
            wgpu::DeviceType::VirtualGpu => 2,
            wgpu::DeviceType::Other => 3,
            wgpu::DeviceType::Cpu => 4,
        })
        .ok_or_else(|| GpuError::NoAdapter { choice: choice.clone(), found })
}
