//! Names what a file is not, from its first bytes, before a decoder guesses.

/// Bytes looked at: an MP3 may begin in the middle of a stream, with some garbage before it.
pub(super) const HEAD_BYTES: u64 = 64 * 1_024;
/// MPEG frames that must follow each other before bytes without any other mark count as MP3. Two in
/// a row happen by chance in 64 KB of noise, four do not.
const MPEG_FRAMES: usize = 4;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Sniffed {
    /// Audio of a kind no decoder here reads.
    Unsupported(&'static str),
    /// Something else.
    NotAudio(&'static str),
    /// The decoder shall decide.
    Maybe,
}

pub(super) fn sniff(head: &[u8]) -> Sniffed {
    let has = |needle: &[u8]| head.windows(needle.len()).any(|window| window == needle);
    let at = |offset: usize, magic: &[u8]| head.get(offset..offset + magic.len()) == Some(magic);
    if at(0, b"OggS") {
        if has(b"OpusHead") {
            return Sniffed::Unsupported("Opus");
        }
        if has(b"Speex   ") {
            return Sniffed::Unsupported("Speex");
        }
        return Sniffed::Maybe;
    }
    if at(0, b"RIFF") && at(8, b"WAVE") || at(0, b"fLaC") || at(0, b"ID3") || at(4, b"ftyp") {
        return Sniffed::Maybe;
    }
    for (magic, format) in [
        (&b"\x1a\x45\xdf\xa3"[..], "Matroska/WebM"),
        (b"FORM", "AIFF"),
        (b"\x30\x26\xb2\x75", "Windows Media"),
        (b"MAC ", "Monkey's Audio"),
        (b"wvpk", "WavPack"),
        (b"MThd", "MIDI"),
        (b"caff", "Core Audio (CAF)"),
        (b".snd", "AU"),
    ] {
        if at(0, magic) {
            return Sniffed::Unsupported(format);
        }
    }
    for (magic, what) in [
        (&b"\x89PNG"[..], "a PNG picture"),
        (b"\xff\xd8\xff", "a JPEG picture"),
        (b"GIF8", "a GIF picture"),
        (b"%PDF", "a PDF document"),
        (b"PK\x03\x04", "a zip archive"),
        (b"\x7fELF", "a program"),
    ] {
        if at(0, magic) {
            return Sniffed::NotAudio(what);
        }
    }
    if is_text(head) {
        return Sniffed::NotAudio("text");
    }
    // All that is left without a mark of its own is a bare MPEG stream.
    if (0..head.len()).any(|start| is_mpeg_chain(head, start)) {
        return Sniffed::Maybe;
    }
    Sniffed::NotAudio("no format known here (wav, flac, mp3, ogg vorbis, m4a)")
}

/// Whether frames of one MPEG audio stream follow each other from `start`, to the end of a short file.
fn is_mpeg_chain(head: &[u8], start: usize) -> bool {
    let mut at = start;
    for found in 0..MPEG_FRAMES {
        let Some(header) = head.get(at..).and_then(|rest| rest.first_chunk::<4>()) else {
            return found >= 2;
        };
        let Some(len) = mpeg_frame_len(*header) else { return false };
        at += len;
    }
    true
}

/// The length in bytes of the MPEG-1/2 layer III or ADTS frame that starts with this header.
fn mpeg_frame_len(header: [u8; 4]) -> Option<usize> {
    const KBITS_V1: [usize; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
    const KBITS_V2: [usize; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
    let [sync, kind, rates, _] = header;
    if sync != 0xff || kind & 0xe6 != 0xe2 {
        return None;
    }
    let rate_idx = usize::from(rates >> 2 & 3);
    let bitrate_idx = usize::from(rates >> 4);
    let base_hz = *[44_100usize, 48_000, 32_000].get(rate_idx)?;
    let (rate_hz, kbits, slots) = match kind >> 3 & 3 {
        3 => (base_hz, KBITS_V1.get(bitrate_idx)?, 144_000),
        2 => (base_hz / 2, KBITS_V2.get(bitrate_idx)?, 72_000),
        0 => (base_hz / 4, KBITS_V2.get(bitrate_idx)?, 72_000),
        _ => return None,
    };
    let len = slots * kbits / rate_hz + usize::from(rates >> 1 & 1);
    (len > 4).then_some(len)
}

fn is_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The window may cut the last character in two.
        Err(err) if err.error_len().is_none() => {
            std::str::from_utf8(head.get(..err.valid_up_to()).unwrap_or_default()).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.is_empty() && text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t' | '\u{c}'))
}
