use crate::analyser::Hops;
use crate::beat::Inputs;
use crate::spectrum::{Flux, Spectrum};

/// Returns what the beat network sees of a recording, hop by hop, and the number of values in a hop.
///
/// For training only (`training/README.md`): the very front end the ear uses, so that the network meets in
/// use what it learnt from. Hop `n` ends at `(n + 1)` hundredths of a second.
pub fn beat_network_inputs(mono: &[f32], sample_rate_hz: u32) -> (usize, Vec<f32>) {
    let hops = Hops::new(sample_rate_hz);
    let mut spectrum = Spectrum::new();
    let mut flux = Flux::new(hops.rate_hz, hops.secs);
    let mut inputs = Inputs::new(flux.centres_hz.len(), hops.secs);
    let mut values = Vec::new();
    let mut block = Vec::new();
    for hop in mono.chunks_exact(hops.input_frames) {
        hops.mix(hop, 1, &mut block);
        spectrum.push(&block);
        flux.push(&spectrum.magnitudes);
        inputs.push(&flux);
        values.extend_from_slice(&inputs.values);
    }
    (inputs.values.len(), values)
}
