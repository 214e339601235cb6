//! How closely a picture follows the music.
//!
//! The frame change is the mean absolute difference between neighbouring frames, or the step of
//! their mean brightness, detrended over one second. It is correlated with the analyser's onsets,
//! each held for three frames, at the best of lags 0–3 frames; both measures are tried and the
//! better one is the score (Pearson).

/// Frames an onset is held for.
pub const HOLD_FRAMES: usize = 3;
/// Largest lag tried, in frames.
pub const MAX_LAG_FRAMES: usize = 3;

/// Returns the correlation of a picture's changes with onsets, −1–1.
///
/// `frames` are equal-sized grey pictures, one per video frame; `onset_secs` are counted from the first.
pub fn score(frames: &[Vec<u8>], fps: f64, onset_secs: &[f64]) -> f64 {
    let difference: Vec<f64> =
        frames.windows(2).map(|pair| mean_abs_difference(&pair[0], &pair[1])).collect();
    let brightness: Vec<f64> = frames.iter().map(|frame| mean(frame)).collect();
    let steps: Vec<f64> = brightness.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
    let held = held_onsets(difference.len(), fps, onset_secs);
    let span = fps.round().max(1.0) as usize;
    [difference, steps]
        .into_iter()
        .flat_map(|change| {
            let change = detrended(&change, span);
            let held = held.clone();
            (0..=MAX_LAG_FRAMES).map(move |lag| correlation(&change[lag.min(change.len())..], &held))
        })
        .fold(-1.0, f64::max)
}

fn held_onsets(len: usize, fps: f64, onset_secs: &[f64]) -> Vec<f64> {
    let mut held = vec![0.0; len];
    for onset in onset_secs {
        // Change i lies between frames i and i + 1.
        let first = (onset * fps).ceil() as usize;
        for slot in held.iter_mut().skip(first.saturating_sub(1)).take(HOLD_FRAMES) {
            *slot = 1.0;
        }
    }
    held
}

fn detrended(series: &[f64], span: usize) -> Vec<f64> {
    (0..series.len())
        .map(|i| {
            let from = i.saturating_sub(span / 2);
            let to = (i + span / 2 + 1).min(series.len());
            series[i] - series[from..to].iter().sum::<f64>() / (to - from) as f64
        })
        .collect()
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len().min(b.len());
    if n < 2 {
        return 0.0;
    }
    let (ma, mb) = (a[..n].iter().sum::<f64>() / n as f64, b[..n].iter().sum::<f64>() / n as f64);
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b).take(n) {
        ab += (x - ma) * (y - mb);
        aa += (x - ma).powi(2);
        bb += (y - mb).powi(2);
    }
    if aa <= 0.0 || bb <= 0.0 { 0.0 } else { ab / (aa * bb).sqrt() }
}

fn mean(frame: &[u8]) -> f64 {
    frame.iter().map(|v| f64::from(*v)).sum::<f64>() / frame.len().max(1) as f64
}

fn mean_abs_difference(a: &[u8], b: &[u8]) -> f64 {
    a.iter().zip(b).map(|(x, y)| f64::from(x.abs_diff(*y))).sum::<f64>() / a.len().max(1) as f64
}
