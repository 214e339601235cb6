//! What each layer costs the device, known a few frames later.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use renderer_gpu::Gpu;

/// Layers told apart; those above count with the finish.
const MAX_LAYERS: usize = 30;
/// One mark at the start, one after each layer, one at the end.
const MAX_MARKS: usize = MAX_LAYERS + 2;
const BYTES: u64 = (MAX_MARKS * 8) as u64;
/// Frames whose marks may be on their way; when all are, a frame is not timed.
const SLOTS: usize = 3;

const IDLE: u8 = 0;
const COPYING: u8 = 1;
const MAPPED: u8 = 2;

/// What one frame cost the device, in milliseconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timings {
    /// Each layer by the Show's id, its effects included. Layers that are blended in one pass: that counts with what
    /// follows them.
    pub layers: Vec<(u32, f32)>,
    /// All of it.
    pub total: f32,
}

struct Slot {
    buffer: wgpu::Buffer,
    state: Arc<AtomicU8>,
    layers: Vec<u32>,
}

/// Marks moments of a frame on the device. Does nothing where the device cannot.
pub(crate) struct Timer {
    marks: Option<(wgpu::QuerySet, wgpu::Buffer)>,
    slots: Vec<Slot>,
    millis_per_tick: f32,
    /// The slot of the frame being encoded.
    current: Option<usize>,
    latest: Timings,
}

impl Timer {
    pub(crate) fn new(gpu: &Gpu) -> Self {
        let wanted = wgpu::Features::TIMESTAMP_QUERY | wgpu::Features::TIMESTAMP_QUERY_INSIDE_ENCODERS;
        let device = gpu.device();
        let buffer = |usage| {
            device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("timing"),
                size: BYTES,
                usage,
                mapped_at_creation: false,
            })
        };
        let marks = device.features().contains(wanted).then(|| {
            let set = device.create_query_set(&wgpu::QuerySetDescriptor {
                label: Some("timing"),
                ty: wgpu::QueryType::Timestamp,
                count: MAX_MARKS as u32,
            });
            (set, buffer(wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC))
        });
        let slots = (0..SLOTS).map(|_| Slot {
            buffer: buffer(wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST),
            state: Arc::new(AtomicU8::new(IDLE)),
            layers: Vec::new(),
        });
        Self {
            slots: if marks.is_some() { slots.collect() } else { Vec::new() },
            marks,
            millis_per_tick: gpu.queue().get_timestamp_period() / 1e6,
            current: None,
            latest: Timings::default(),
        }
    }

    /// Marks the start of a frame.
    pub(crate) fn begin(&mut self, encoder: &mut wgpu::CommandEncoder) {
        self.current = self.slots.iter().position(|slot| slot.state.load(Ordering::Acquire) == IDLE);
        if let (Some((set, _)), Some(slot)) = (&self.marks, self.current.and_then(|i| self.slots.get_mut(i)))
        {
            slot.layers.clear();
            encoder.write_timestamp(set, 0);
        }
    }

    /// Marks the end of a layer.
    pub(crate) fn layer(&mut self, encoder: &mut wgpu::CommandEncoder, layer: u32) {
        if let (Some((set, _)), Some(slot)) = (&self.marks, self.current.and_then(|i| self.slots.get_mut(i)))
            && slot.layers.len() < MAX_LAYERS
        {
            slot.layers.push(layer);
            encoder.write_timestamp(set, slot.layers.len() as u32);
        }
    }

    /// Marks the end of the frame.
    pub(crate) fn end(&mut self, encoder: &mut wgpu::CommandEncoder) {
        if let (Some((set, resolved)), Some(slot)) =
            (&self.marks, self.current.and_then(|i| self.slots.get(i)))
        {
            let last = slot.layers.len() as u32 + 1;
            encoder.write_timestamp(set, last);
            encoder.resolve_query_set(set, 0..last + 1, resolved, 0);
            encoder.copy_buffer_to_buffer(resolved, 0, &slot.buffer, 0, BYTES);
        }
    }

    /// Asks for the marks: after the submit.
    pub(crate) fn submitted(&mut self) {
        if let Some(slot) = self.current.take().and_then(|i| self.slots.get(i)) {
            let state = slot.state.clone();
            state.store(COPYING, Ordering::Release);
            slot.buffer.map_async(wgpu::MapMode::Read, .., move |result| {
                state.store(if result.is_ok() { MAPPED } else { IDLE }, Ordering::Release);
            });
        }
    }

    /// Returns what the newest frame cost whose marks are back.
    pub(crate) fn latest(&mut self) -> Timings {
        for slot in &mut self.slots {
            if slot.state.load(Ordering::Acquire) != MAPPED {
                continue;
            }
            if let Ok(view) = slot.buffer.get_mapped_range(..) {
                let ticks =
                    view.chunks_exact(8).map(|b| b.iter().rev().fold(0_u64, |n, b| n << 8 | u64::from(*b)));
                let ticks = ticks.take(slot.layers.len() + 2).collect::<Vec<_>>();
                let millis = |from: u64, to: u64| to.saturating_sub(from) as f32 * self.millis_per_tick;
                let layers = slot.layers.iter().zip(ticks.iter().zip(ticks.iter().skip(1)));
                self.latest.layers = layers.map(|(layer, (from, to))| (*layer, millis(*from, *to))).collect();
                self.latest.total =
                    ticks.first().zip(ticks.last()).map_or(0.0, |(from, to)| millis(*from, *to));
            }
            slot.buffer.unmap();
            slot.state.store(IDLE, Ordering::Release);
        }
        self.latest.clone()
    }
}
