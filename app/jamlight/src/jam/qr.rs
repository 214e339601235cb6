use qrcode::{Color, EcLevel, QrCode};

/// Light modules round a code, as its standard wants.
const QUIET: usize = 4;

/// Returns a code as rows of modules, `true` for dark, without the quiet zone; `None` when the text is
/// too long for one.
pub(crate) fn qr_modules(text: &str) -> Option<Vec<Vec<bool>>> {
    // The lowest correction makes the largest modules, and a screen has no dirt on it.
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let colors = code.to_colors();
    let rows = colors.chunks(code.width()).map(|row| row.iter().map(|color| *color == Color::Dark).collect());
    Some(rows.collect())
}

/// Returns a code for a terminal: two modules in a character, light on dark as terminals mostly are,
/// so that a phone sees dark on light.
pub(crate) fn qr_text(text: &str) -> Option<String> {
    let modules = qr_modules(text)?;
    let size = modules.len() + 2 * QUIET;
    let light = |x: usize, y: usize| {
        let dark = y.checked_sub(QUIET).zip(x.checked_sub(QUIET)).and_then(|(y, x)| modules.get(y)?.get(x));
        // Beyond the last row there is nothing to paint.
        y < size && !dark.copied().unwrap_or(false)
    };
    let mut lines = String::new();
    for y in (0..size).step_by(2) {
        for x in 0..size {
            lines.push(match (light(x, y), light(x, y + 1)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        lines.push('\n');
    }
    Some(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_square_with_its_three_finders() {
        let modules = qr_modules("https://192.168.1.4:7700/j#v1.room.key.secret").unwrap();
        let size = modules.len();
        assert!(modules.iter().all(|row| row.len() == size));
        for (x, y) in [(0, 0), (size - 7, 0), (0, size - 7)] {
            assert!((0..7).all(|n| modules[y][x + n] && modules[y + n][x]));
        }
        let text = qr_text("hello").unwrap();
        let widths: Vec<usize> = text.lines().map(|line| line.chars().count()).collect();
        assert!(widths.iter().all(|width| *width == widths[0]));
        assert_eq!(widths.len(), widths[0].div_ceil(2));
        assert!(text.lines().next().unwrap().chars().all(|c| c == '█'), "a quiet zone");
    }
}
