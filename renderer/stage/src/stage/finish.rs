//! From light to the finished picture, and the smaller ones beside it.

use std::collections::HashMap;

use renderer_gpu::{TextureError, TextureId};
use renderer_scene::{Backdrop, FrameInput};

use super::{Content, FrameReport, OUTPUT_FORMAT, Stage, output_texture};
use crate::compose::{Slot, Step};
use crate::kit::TextureRef;

/// Light above this glows.
const BLOOM_FROM: f32 = 0.7;
/// Each wider glow's share of the sum.
const BLOOM_WIDE_SHARE: f32 = 0.55;
/// Halvings of the glow after its first quarter.
const BLOOM_LEVELS: usize = 4;

/// What the last step puts the picture over: its switch Y.
const OVER_BLACK: u32 = 0;
const OVER_DARK: u32 = 1;
const OVER_CLEAR: u32 = 2;
const DARK_IS_CLEAR: u32 = 3;
const OVER_COLOUR: u32 = 4;

/// The last step of a frame: drawn once more where the picture is wanted over something else than black.
pub(super) struct Finished {
    slot: Slot,
    textures: [Option<TextureRef>; 4],
}

impl Stage {
    /// A quarter of the picture's size, what glows of it; then wider and wider.
    pub(super) fn bloom(
        &mut self,
        encoder: &mut wgpu::CommandEncoder,
        from: Content,
        report: &mut FrameReport,
    ) -> Option<TextureId> {
        let mut size = self.render_size().map(|side| side.div_ceil(4));
        let first = self.target(size, report)?;
        let slot = Slot { a: [BLOOM_FROM, 0.0, 0.0, 0.0], ..Slot::default() };
        self.composer.draw_to(
            &mut self.kit,
            encoder,
            first,
            Step::BloomFirst,
            slot,
            [Some(from.texture.into()), None],
        );
        let mut levels = vec![(first, size)];
        for _ in 0..BLOOM_LEVELS {
            size = size.map(|side| side.div_ceil(2));
            if size[0].min(size[1]) < 2 {
                break;
            }
            let next = self.target(size, report)?;
            let above = levels.last().map(|(id, _)| (*id).into());
            self.composer.draw_to(
                &mut self.kit,
                encoder,
                next,
                Step::BloomDown,
                Slot::default(),
                [above, None],
            );
            levels.push((next, size));
        }
        let (mut wide, _) = levels.pop()?;
        while let Some((tight, size)) = levels.pop() {
            let sum = self.target(size, report)?;
            let slot = Slot { a: [BLOOM_WIDE_SHARE, 0.0, 0.0, 0.0], ..Slot::default() };
            let textures = [Some(tight.into()), Some(wide.into())];
            self.composer.draw_to(&mut self.kit, encoder, sum, Step::BloomUp, slot, textures);
            wide = sum;
        }
        Some(wide)
    }

    /// From light to the finished picture.
    pub(super) fn finish(
        &mut self,
        encoder: &mut wgpu::CommandEncoder,
        input: &FrameInput,
        report: &mut FrameReport,
    ) -> Finished {
        let brightness = input.master.brightness.clamp(0.0, 2.0);
        let colours = match self.composed {
            Some(composed) if composed.encoded && brightness == 1.0 => 2,
            Some(composed) => u32::from(composed.encoded),
            None => 0,
        };
        let dark = input.master.blackout || self.composed.is_none();
        let slot = Slot {
            a: [brightness, self.settings.bloom, (input.frame_idx % 64) as f32, 0.0],
            mode: if dark {
                [0, OVER_DARK, 0]
            } else {
                [colours, OVER_BLACK, u32::from(self.glow.is_some())]
            },
            ..Slot::default()
        };
        let textures = [self.composed.map(|c| c.texture.into()), self.glow.map(TextureRef::from)];
        let last = self.newest.map(|newest| self.outputs[newest % 2]);
        let next = self.newest.map_or(0, |newest| (newest + 1) % 2);
        let output = self.output_now(next, report);
        self.newest = Some(next);
        let mut limited = [textures[0], textures[1], None, None];
        if self.settings.limit_flashes {
            let (kit, composer) = (&mut self.kit, &self.composer);
            let judged = Slot { a: [slot.a[0], slot.a[1], 0.0, input.dt_secs.max(0.0)], ..slot };
            let shown = [textures[0], textures[1], last.map(TextureRef::from)];
            self.limiter.judge(kit, composer, encoder, judged, shown);
            if let Some(last) = last {
                limited = [textures[0], textures[1], Some(last.into()), Some(self.limiter.stays().into())];
            }
        }
        self.composer.draw_with(&mut self.kit, encoder, output, Step::Output, slot, limited);
        Finished { slot, textures: limited }
    }

    /// One of the two outputs, as large as scenes are drawn. Where there is no room for that, it stays as it was.
    fn output_now(&mut self, idx: usize, report: &mut FrameReport) -> TextureId {
        let (size, old) = (self.render_size(), self.outputs[idx]);
        if self.has_size(old, size) {
            return old;
        }
        match output_texture(&mut self.kit, size) {
            Ok(new) => {
                self.kit.store.destroy(old);
                self.outputs[idx] = new;
                new
            }
            Err(error) => {
                report.faults.push(error.to_string());
                old
            }
        }
    }

    pub(super) fn draw_previews(
        &mut self,
        encoder: &mut wgpu::CommandEncoder,
        input: &FrameInput,
        layers: &HashMap<u32, Content>,
        finished: &Finished,
        report: &mut FrameReport,
    ) {
        for preview in &input.previews {
            let (source, encoded) = match preview.layer {
                None => (self.shown(), true),
                Some(layer) => match layers.get(&layer) {
                    Some(content) => (content.texture, content.encoded),
                    None => continue,
                },
            };
            let size = preview.size.map(|side| side.max(1));
            let taken = if preview.layer.is_none() && preview.backdrop != Backdrop::Black {
                self.with_backdrop(encoder, finished, preview.backdrop, size)
            } else if preview.layer.is_none() && self.has_size(source, size) {
                Ok(source)
            } else {
                self.shrunk(encoder, source, encoded, size)
            };
            match taken {
                // A full ring drops the preview: the next frame asks again.
                Ok(texture) => {
                    if let Some(texture) = self.kit.store.texture(texture) {
                        self.previews.copy(&self.kit.gpu, encoder, texture, preview.key);
                    }
                }
                Err(error) => report.faults.push(error.to_string()),
            }
        }
    }

    /// Finishes the picture once more, for who mixes it in.
    fn with_backdrop(
        &mut self,
        encoder: &mut wgpu::CommandEncoder,
        finished: &Finished,
        backdrop: Backdrop,
        size: [u32; 2],
    ) -> Result<TextureId, TextureError> {
        let target = self.kit.transient(size, OUTPUT_FORMAT)?;
        let mut slot = finished.slot;
        // In a blackout nothing is there, and what is not there is clear.
        let textures = if slot.mode[1] == OVER_DARK { [None; 4] } else { finished.textures };
        slot.mode[1] = match backdrop {
            Backdrop::Black => OVER_BLACK,
            Backdrop::Clear => OVER_CLEAR,
            Backdrop::Light => DARK_IS_CLEAR,
            Backdrop::Key(_) => OVER_COLOUR,
        };
        if let Backdrop::Key([r, g, b]) = backdrop {
            slot.fit = [r, g, b, 1.0];
        }
        self.composer.draw_with(&mut self.kit, encoder, target, Step::Output, slot, textures);
        Ok(target)
    }

    fn has_size(&self, texture: TextureId, size: [u32; 2]) -> bool {
        self.kit.store.texture(texture).is_some_and(|t| [t.width(), t.height()] == size)
    }

    fn shrunk(
        &mut self,
        encoder: &mut wgpu::CommandEncoder,
        source: TextureId,
        encoded: bool,
        size: [u32; 2],
    ) -> Result<TextureId, TextureError> {
        let target = self.kit.transient(size, OUTPUT_FORMAT)?;
        let texture = self.kit.store.texture(source);
        let ratio = texture.map_or(1, |t| (t.width() / size[0]).max(t.height() / size[1]));
        // One bilinear tap averages two texels a side.
        let taps = match ratio {
            0..=2 => 1,
            3..=4 => 2,
            _ => 4,
        };
        let slot = Slot { mode: [u32::from(encoded), taps, 0], ..Slot::default() };
        self.composer.draw_to(
            &mut self.kit,
            encoder,
            target,
            Step::Shrink,
            slot,
            [Some(source.into()), None],
        );
        Ok(target)
    }
}
