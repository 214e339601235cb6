//! Words as a picture.

use std::path::PathBuf;
use std::sync::Arc;

use ab_glyph::{Font as _, FontRef, FontVec, Glyph, PxScale, ScaleFont as _, point};
use renderer_stage::Picture;

/// Height of a line, in pixels: sharp on a 4K output at half of its height.
const LINE_PX: f32 = 192.0;
/// Widest picture of words, in pixels; longer lines are drawn smaller.
const MAX_WIDTH_PX: f32 = 3072.0;
/// Lines drawn; more would be unreadable.
const MAX_LINES: usize = 12;
/// Largest font file read, in bytes: the largest CJK font is a third of it.
const MAX_FONT_BYTES: u64 = 64 << 20;
/// Space around the words, as a share of a line.
const MARGIN: f32 = 0.15;

/// The built-in fonts and the user's folder of fonts.
pub(crate) struct Fonts {
    folder: PathBuf,
    /// The last of the user's fonts, by name.
    own: Option<(String, FontVec)>,
}

/// A glyph, and the font it is of.
struct Placed {
    glyph: Glyph,
    /// 0 is the chosen font.
    font_idx: usize,
}

impl Fonts {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, own: None }
    }

    /// Draws words, centred line by line, in straight RGBA.
    pub(crate) fn draw(&mut self, words: &str, font: &str, color: [f32; 4]) -> Result<Picture, String> {
        let problem = self.choose(font).err();
        let lines: Vec<&str> = words.lines().take(MAX_LINES).collect();
        let fallback = [
            FontRef::try_from_slice(epaint_default_fonts::UBUNTU_LIGHT),
            FontRef::try_from_slice(epaint_default_fonts::NOTO_EMOJI_REGULAR),
            FontRef::try_from_slice(epaint_default_fonts::HACK_REGULAR),
        ];
        let fallback: Vec<FontRef<'_>> = fallback.into_iter().flatten().collect();
        let own = self.own.as_ref().map(|(_, own)| own);
        let picture = match own {
            Some(own) => render(&lines, own, &fallback, color),
            None => match fallback.split_first() {
                Some((first, rest)) => render(&lines, first, rest, color),
                None => return Err("The built-in font cannot be read.".to_owned()),
            },
        };
        match problem {
            Some(problem) => Err(problem),
            None => Ok(picture),
        }
    }

    /// Reads a font of the user's folder, once.
    fn choose(&mut self, name: &str) -> Result<(), String> {
        if name.is_empty() {
            self.own = None;
            return Ok(());
        }
        if self.own.as_ref().is_some_and(|(known, _)| known == name) {
            return Ok(());
        }
        self.own = None;
        let path = self.folder.join(name);
        let refused = |why: String| format!("The font {name:?} cannot be used: {why}.");
        let size = std::fs::metadata(&path).map_err(|err| refused(err.to_string()))?.len();
        if size > MAX_FONT_BYTES {
            return Err(refused(format!("it has {size} bytes, the limit is {MAX_FONT_BYTES}")));
        }
        let bytes = std::fs::read(&path).map_err(|err| refused(err.to_string()))?;
        let font = FontVec::try_from_vec(bytes).map_err(|err| refused(err.to_string()))?;
        self.own = Some((name.to_owned(), font));
        Ok(())
    }
}

fn render(lines: &[&str], first: &impl ab_glyph::Font, rest: &[FontRef<'_>], color: [f32; 4]) -> Picture {
    let widest = lines.iter().map(|line| lay_out(line, LINE_PX, first, rest).1).fold(1.0, f32::max);
    let margin = LINE_PX * MARGIN;
    let line_px = LINE_PX * ((MAX_WIDTH_PX - 2.0 * margin) / widest).min(1.0);
    let width = (widest * line_px / LINE_PX + 2.0 * margin).ceil().max(1.0);
    let height = (line_px * lines.len().max(1) as f32 + 2.0 * margin).ceil();
    let (columns, rows) = (width as usize, height as usize);
    let mut cover = vec![0.0_f32; columns * rows];
    for (idx, line) in lines.iter().enumerate() {
        let (glyphs, line_width) = lay_out(line, line_px, first, rest);
        let left = (width - line_width) / 2.0;
        let base = margin + line_px * (idx as f32 + 0.8);
        for Placed { mut glyph, font_idx } in glyphs {
            glyph.position += point(left, base);
            let outlined = match font_idx.checked_sub(1) {
                None => first.outline_glyph(glyph),
                Some(idx) => rest.get(idx).and_then(|font| font.outline_glyph(glyph)),
            };
            let Some(outlined) = outlined else { continue };
            let corner = outlined.px_bounds().min;
            outlined.draw(|x, y, share| {
                let (x, y) = (corner.x as i64 + i64::from(x), corner.y as i64 + i64::from(y));
                if (0..columns as i64).contains(&x)
                    && let Some(pixel) =
                        usize::try_from(y).ok().and_then(|y| cover.get_mut(y * columns + x as usize))
                {
                    *pixel = (*pixel + share).min(1.0);
                }
            });
        }
    }
    let [r, g, b, a] = color.map(|value| value.clamp(0.0, 1.0));
    let byte = |value: f32| (value * 255.0).round() as u8;
    let rgba: Arc<[u8]> =
        cover.iter().flat_map(|share| [byte(r), byte(g), byte(b), byte(a * share)]).collect();
    Picture { width: columns as u32, height: rows as u32, rgba }
}

/// Places the glyphs of a line from 0 on; returns them with the line's width.
fn lay_out(
    line: &str,
    line_px: f32,
    first: &impl ab_glyph::Font,
    rest: &[FontRef<'_>],
) -> (Vec<Placed>, f32) {
    let scale = PxScale::from(line_px * 0.85);
    let mut x = 0.0;
    let mut glyphs = Vec::new();
    for c in line.chars() {
        // The first font that knows the character; the chosen one shows its box otherwise.
        let known = |id: ab_glyph::GlyphId| id.0 != 0;
        let font_idx = if known(first.glyph_id(c)) {
            0
        } else {
            rest.iter().position(|font| known(font.glyph_id(c))).map_or(0, |idx| idx + 1)
        };
        let (id, advance) = match font_idx.checked_sub(1).and_then(|idx| rest.get(idx)) {
            Some(font) => {
                let id = font.glyph_id(c);
                (id, font.as_scaled(scale).h_advance(id))
            }
            None => {
                let id = first.glyph_id(c);
                (id, first.as_scaled(scale).h_advance(id))
            }
        };
        glyphs.push(Placed { glyph: id.with_scale_and_position(scale, point(x, 0.0)), font_idx });
        x += advance;
    }
    (glyphs, x)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lit(picture: &Picture) -> usize {
        picture.rgba.chunks(4).filter(|pixel| pixel[3] > 128).count()
    }

    #[test]
    fn words_become_a_picture_in_their_colour_and_long_lines_get_smaller() {
        let mut fonts = Fonts::new(PathBuf::new());
        let short = fonts.draw("Hey", "", [1.0, 0.5, 0.0, 1.0]).unwrap();
        assert!(lit(&short) > 1_000);
        assert_eq!(short.rgba[..3], [255, 128, 0]);
        let long = fonts.draw(&"Jamlight ".repeat(40), "", [1.0; 4]).unwrap();
        assert!(long.width <= MAX_WIDTH_PX as u32 + 1 && long.height < short.height);
        let two = fonts.draw("a\nb", "", [1.0; 4]).unwrap();
        assert!(two.height > short.height);
        assert!(lit(&fonts.draw("♥🎵", "", [1.0; 4]).unwrap()) > 500, "symbols come from another font");
    }

    #[test]
    fn nothing_is_an_empty_picture_and_a_missing_font_a_sentence() {
        let mut fonts = Fonts::new(PathBuf::from("nowhere"));
        assert_eq!(lit(&fonts.draw("", "", [1.0; 4]).unwrap()), 0);
        let problem = fonts.draw("x", "venue.ttf", [1.0; 4]).unwrap_err();
        assert!(problem.contains("venue.ttf"), "{problem}");
    }
}
