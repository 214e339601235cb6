//! The laws of the outputs, through their boundary.

use std::time::Duration;

use renderer_output::{
    Container, Ffmpeg, FfmpegSettings, Matroska, MatroskaWriter, OutputError, Recording, RecordingSettings,
    SoundFormat, Y4mWriter, write_jpeg, write_png,
};

fn grey(size: [u32; 2], value: u8) -> Vec<u8> {
    [value, value, value, 255].repeat((size[0] * size[1]) as usize)
}

#[test]
fn y4m_holds_black_and_white_in_limited_range() {
    let size = [3, 3];
    let mut writer = Y4mWriter::new(Vec::new(), size, 30).unwrap();
    writer.frame(&grey(size, 0)).unwrap();
    writer.frame(&grey(size, 255)).unwrap();
    let bytes = writer.finish().unwrap();
    let header = b"YUV4MPEG2 W3 H3 F30:1 Ip A1:1 C420mpeg2 XCOLORRANGE=LIMITED\n".len();
    let frame = 6 + 9 + 8;
    assert_eq!(bytes.len(), header + 2 * frame);
    assert_eq!(bytes[header + 6..header + 15], [16; 9]);
    assert_eq!(bytes[header + frame + 6..header + frame + 15], [235; 9]);
    assert_eq!(bytes[header + frame + 15..], [128; 8]);
}

#[test]
fn png_keeps_every_pixel_and_is_the_same_twice() {
    let rgba = [1, 2, 3, 4, 250, 251, 252, 253];
    let encode = || {
        let mut png = Vec::new();
        write_png(&mut png, [2, 1], &rgba).unwrap();
        png
    };
    assert_eq!(encode(), encode());
    assert_eq!(image::load_from_memory(&encode()).unwrap().into_rgba8().into_raw(), rgba);
}

#[test]
fn jpeg_is_a_jpeg_of_its_size() {
    let mut jpeg = Vec::new();
    write_jpeg(&mut jpeg, [8, 4], &grey([8, 4], 128), 80).unwrap();
    let back = image::load_from_memory(&jpeg).unwrap();
    assert_eq!((back.width(), back.height()), (8, 4));
}

#[test]
fn a_picture_of_the_wrong_size_is_refused() {
    let refused = write_png(Vec::new(), [2, 2], &[0; 3]).unwrap_err();
    assert!(matches!(refused, OutputError::WrongSize { width: 2, height: 2, got_bytes: 3 }), "{refused}");
}

#[test]
fn a_missing_ffmpeg_is_a_sentence_with_the_fix() {
    let settings = FfmpegSettings {
        program: "no-such-ffmpeg".into(),
        size: [16, 16],
        fps: 30,
        sound: None,
        container: Container::Mp4,
        out: "x.mp4.part".into(),
    };
    let sentence = Ffmpeg::start(&settings).unwrap_err().to_string();
    assert!(sentence.contains(".y4m"), "{sentence}");
}

#[test]
fn ffmpeg_makes_a_whole_file_and_says_why_it_cannot() {
    let dir = tempfile::tempdir().unwrap();
    let mut settings = FfmpegSettings {
        program: "ffmpeg".into(),
        size: [32, 18],
        fps: 30,
        sound: None,
        container: Container::Matroska,
        out: dir.path().join("x.mkv.part"),
    };
    let mut child = match Ffmpeg::start(&settings) {
        Err(OutputError::FfmpegMissing { .. }) => return, // a machine without it renders PNG
        other => other.unwrap(),
    };
    for value in 0..10 {
        child.frame(&grey(settings.size, value * 20)).unwrap();
    }
    child.finish().unwrap();
    assert!(settings.out.metadata().unwrap().len() > 500);
    settings.out = dir.path().join("missing/x.part");
    let mut child = Ffmpeg::start(&settings).unwrap();
    let ended =
        (0..1000).find_map(|_| child.frame(&grey(settings.size, 0)).err()).or_else(|| child.finish().err());
    assert!(matches!(ended, Some(OutputError::FfmpegFailed { said }) if said.contains("No such file")));
}

/// The elements of a Matroska stream in order: id, place and bytes of what is inside.
fn elements(bytes: &[u8]) -> Vec<(u32, std::ops::Range<usize>)> {
    let (mut at, mut found) = (0, Vec::new());
    while at < bytes.len() {
        let id_bytes = bytes[at].leading_zeros() as usize + 1;
        let id = bytes[at..at + id_bytes].iter().fold(0, |id, byte| id << 8 | u32::from(*byte));
        at += id_bytes;
        assert_eq!(bytes[at], 1, "sizes take eight bytes");
        let size = bytes[at + 1..at + 8].iter().fold(0, |size, byte| size << 8 | *byte as usize);
        at += 8;
        // Inside the segment and its clusters the walk goes on.
        let goes_in = [0x1853_8067, 0x1F43_B675].contains(&id);
        let end = if goes_in { at } else { at + size };
        found.push((id, at..if goes_in { bytes.len().min(at + size) } else { end }));
        at = end;
    }
    found
}

#[test]
fn a_live_matroska_is_a_header_and_whole_clusters_with_their_times() {
    let sound = Some(SoundFormat { rate_hz: 48_000, channels: 2 });
    let mut writer = MatroskaWriter::new(Vec::new(), [2, 1], sound).unwrap();
    let header_bytes = Matroska::new([2, 1], sound).header().len();
    writer.picture(Duration::from_millis(40), &[1, 2, 3, 4, 5, 6, 7, 8]).unwrap();
    writer.sound(Duration::from_millis(1_000), &[1.0, -1.0]).unwrap();
    let bytes = writer.into_inner();
    let found = elements(&bytes);
    let ids: Vec<u32> = found.iter().map(|(id, _)| *id).collect();
    let cluster = [0x1F43_B675, 0xE7, 0xA3];
    assert_eq!(ids[..4], [0x1A45_DFA3, 0x1853_8067, 0x1549_A966, 0x1654_AE6B]);
    assert_eq!(ids[4..], [cluster, cluster].concat());
    let inside = |i: usize| &bytes[found[i].1.clone()];
    assert_eq!(found[4].1.start, header_bytes + 12, "a reader may begin at a cluster");
    assert_eq!((inside(5), inside(6)), (&[40][..], &[0x81, 0, 0, 0x80, 3, 2, 1, 4, 7, 6, 5, 8][..]));
    assert_eq!(inside(8), [3, 232]);
    assert_eq!(inside(9), [&[0x82, 0, 0, 0x80][..], &1f32.to_le_bytes(), &(-1f32).to_le_bytes()].concat());
    assert_eq!(found[7].1.end, bytes.len(), "a cluster says how long it is");
}

#[test]
fn a_recording_without_ffmpeg_says_what_to_install() {
    let settings = RecordingSettings {
        program: "no-such-ffmpeg".into(),
        size: [2, 2],
        fps: 30,
        sound: None,
        out: "never".into(),
    };
    let error = Recording::start(&settings).unwrap_err();
    assert!(matches!(error, OutputError::FfmpegMissing { .. }), "{error}");
}
