use super::filter::{TempoModel, beat_odds};

/// Returns the hops of the best beats for a whole recording: Viterbi through the filter's own model.
///
/// Only arrivals at a beat choose between tempi, so only those are remembered: the best way into tempo j
/// at hop t is one byte-sized choice, and a minute costs half a megabyte.
pub(crate) fn best_beats(activations: &[f32], hop_secs: f64, range_bpm: (f64, f64)) -> Vec<usize> {
    let model = TempoModel::new(hop_secs, range_bpm);
    let n = model.periods.len();
    let costs: Vec<f32> = model.transition.iter().map(|p| p.max(1e-30).ln()).collect();
    // Log odds summed up to each hop: the reward of any stretch of "on the beat" is one subtraction.
    let mut summed = Vec::with_capacity(activations.len() + 1);
    let mut sum = 0.0f64;
    summed.push(sum);
    for activation in activations {
        sum += f64::from(beat_odds(*activation).ln());
        summed.push(sum);
    }
    let hops = activations.len();
    let reward = |from: usize, to: usize| summed[to.min(hops)] - summed[from.min(hops)];
    // best[t][j]: score of a beat of tempo j that begins at hop t, before its own reward.
    let mut best = vec![f32::MIN; hops * n];
    let mut came_from = vec![u16::MAX; hops * n];
    let mut leaving = vec![f32::MIN; n];
    for t in 0..hops {
        for (i, period) in model.periods.iter().enumerate() {
            let on_beat = TempoModel::beat_positions(*period);
            leaving[i] = if t >= *period {
                let start = t - period;
                best[start * n + i] + reward(start, start + on_beat) as f32
            } else {
                f32::MIN
            };
        }
        let row = t * n;
        for j in 0..n {
            // A piece may begin anywhere in a beat of any tempo: an even start within the first period.
            let mut top = if t < model.periods[j] {
                (model.prior[j].max(1e-30) / model.periods[j] as f32).ln()
            } else {
                f32::MIN
            };
            let mut from = u16::MAX;
            // Far tempi differ by more than the stiffness lets pass; near ones decide.
            let reach = (model.periods[j] / 6).max(4);
            for i in j.saturating_sub(reach)..(j + reach + 1).min(n) {
                if leaving[i] > f32::MIN {
                    let score = leaving[i] + costs[i * n + j];
                    if score > top {
                        top = score;
                        from = i as u16;
                    }
                }
            }
            best[row + j] = top;
            came_from[row + j] = from;
        }
    }
    // The last beat may still be running at the end.
    let mut end = (f32::MIN, 0, 0);
    for (j, period) in model.periods.iter().enumerate() {
        for t in hops.saturating_sub(*period)..hops {
            let on_beat = TempoModel::beat_positions(*period);
            let score = best[t * n + j] + reward(t, t + on_beat) as f32;
            if score > end.0 {
                end = (score, t, j);
            }
        }
    }
    let mut beats = Vec::new();
    if hops == 0 || end.0 == f32::MIN {
        return beats;
    }
    let (_, mut t, mut j) = end;
    loop {
        beats.push(t);
        let from = came_from[t * n + j];
        if from == u16::MAX {
            break;
        }
        j = usize::from(from);
        let Some(before) = t.checked_sub(model.periods[j]) else { break };
        t = before;
    }
    beats.reverse();
    beats
}
