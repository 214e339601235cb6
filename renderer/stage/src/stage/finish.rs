//! From light to the finished picture, and the smaller ones beside it.

use std::collections::HashMap;

use renderer_gpu::{TextureError, TextureId};
use renderer_scene::FrameInput;

use super::{Content, FrameReport, OUTPUT_FORMAT, Stage};
use crate::compose::{Slot, Step};
use crate::kit::TextureRef;

/// Light above this glows.
const BLOOM_FROM: f32 = 0.7;
/// Each wider glow's share of the sum.
const BLOOM_WIDE_SHARE: f32 = 0.55;
/// Halvings of the glow after its first quarter.
const BLOOM_LEVELS: usize = 4;

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
    ) {
        let brightness = input.master.brightness.clamp(0.0, 2.0);
        let colours = match self.composed {
            Some(composed) if composed.encoded && brightness == 1.0 => 2,
            Some(composed) => u32::from(composed.encoded),
            None => 0,
        };
        let dark = input.master.blackout || self.composed.is_none();
        let slot = Slot {
            a: [brightness, self.settings.bloom, (input.frame_idx % 64) as f32, 0.0],
            mode: if dark { [0, 1, 0] } else { [colours, 0, u32::from(self.glow.is_some())] },
            ..Slot::default()
        };
        let textures = [self.composed.map(|c| c.texture.into()), self.glow.map(TextureRef::from)];
        let size = self.render_size();
        // Where scenes are drawn smaller, the curve is too: what is stretched is bytes, four times fewer.
        let small = (size != self.settings.size)
            .then(|| {
                self.kit
                    .transient(size, OUTPUT_FORMAT)
                    .map_err(|error| report.faults.push(error.to_string()))
                    .ok()
            })
            .flatten();
        let target = small.unwrap_or(self.output);
        self.composer.draw_to(&mut self.kit, encoder, target, Step::Output, slot, textures);
        if let Some(small) = small {
            let textures = [Some(small.into()), None];
            self.composer.draw_to(
                &mut self.kit,
                encoder,
                self.output,
                Step::Convert,
                Slot::default(),
                textures,
            );
        }
    }

    pub(super) fn draw_previews(
        &mut self,
        encoder: &mut wgpu::CommandEncoder,
        input: &FrameInput,
        layers: &HashMap<u32, Content>,
        report: &mut FrameReport,
    ) {
        for preview in &input.previews {
            let (source, encoded) = match preview.layer {
                None => (self.output, true),
                Some(layer) => match layers.get(&layer) {
                    Some(content) => (content.texture, content.encoded),
                    None => continue,
                },
            };
            let size = preview.size.map(|side| side.max(1));
            let taken = if preview.layer.is_none() && size == self.settings.size {
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
