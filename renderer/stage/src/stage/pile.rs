//! Layers over each other, as few passes as their blends allow.

use renderer_scene::Blend;

use super::{Content, FrameReport, Stage};
use crate::compose::{Laid, Over, Slot, Step};
use crate::kit::TextureRef;

/// One layer as it lies in a pile.
#[derive(Clone, Copy)]
pub(super) struct Sheet {
    pub(super) texture: TextureRef,
    pub(super) encoded: bool,
    /// Scale and offset of its coordinates, where it is not as large as the stage.
    pub(super) fit: Option<[f32; 4]>,
    pub(super) opacity: f32,
    pub(super) over: Over,
}

impl From<Content> for Sheet {
    /// The lowest of a pile.
    fn from(content: Content) -> Self {
        let Content { texture, encoded } = content;
        Self { texture: texture.into(), encoded, fit: None, opacity: 1.0, over: Over::Nothing }
    }
}

/// Layers that were not drawn over each other yet: those whose blend the device does by itself share one pass.
#[derive(Default)]
pub(super) struct Pile {
    sheets: Vec<Sheet>,
    /// The lowest sheet as it is: alone, it needs no drawing.
    lowest: Option<Content>,
}

/// How the device blends by itself, if it can.
pub(super) fn over(blend: Blend) -> Option<Over> {
    match blend {
        Blend::Normal => Some(Over::Normal),
        Blend::Add => Some(Over::Add),
        Blend::Multiply => Some(Over::Multiply),
        _ => None,
    }
}

impl Pile {
    /// Lays a sheet on top.
    pub(super) fn lay(&mut self, sheet: Sheet) {
        self.sheets.push(sheet);
    }

    /// Begins anew with a picture.
    pub(super) fn begin(&mut self, content: Content) {
        self.sheets = vec![content.into()];
        self.lowest = Some(content);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sheets.is_empty()
    }
}

impl Stage {
    /// Draws what lies in a pile. Returns the picture; `None` when there is none.
    pub(super) fn flatten(
        &mut self,
        encoder: &mut wgpu::CommandEncoder,
        pile: &mut Pile,
        report: &mut FrameReport,
    ) -> Option<Content> {
        if pile.sheets.len() <= usize::from(pile.lowest.is_some()) {
            return pile.lowest;
        }
        let Some(target) = self.target(self.render_size(), report) else { return pile.lowest };
        let laid: Vec<Laid> = pile
            .sheets
            .iter()
            .map(|sheet| Laid {
                step: Step::Lay,
                slot: Slot {
                    a: [sheet.opacity, 0.0, 0.0, 0.0],
                    fit: sheet.fit.unwrap_or(Slot::default().fit),
                    mode: [
                        u32::from(sheet.over == Over::Multiply),
                        u32::from(sheet.encoded),
                        u32::from(sheet.fit.is_some()),
                    ],
                    ..Slot::default()
                },
                textures: [Some(sheet.texture), None, None, None],
                over: sheet.over,
            })
            .collect();
        self.composer.lay(&mut self.kit, encoder, target, &laid);
        let drawn = Content { texture: target, encoded: false };
        pile.begin(drawn);
        Some(drawn)
    }
}
