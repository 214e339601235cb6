// What every pass knows of the frame. Byte for byte `FrameUniform` of renderer-scene.
struct Frame {
    // Size of the pass's target in pixels, then its inverse.
    size: vec4f,
    // Scene time, time step (seconds), frame number of the scene, seed (0-1).
    time: vec4f,
    // Beat (wrapped at 4096), beat phase, bar phase (turns), tempo (beats per minute).
    beat: vec4f,
    // Bands: level, hits, presence (0-1), clock (seconds; runs faster when loud, never jumps but wraps at 819.2).
    all: vec4f,
    bass: vec4f,
    mid: vec4f,
    mid_high: vec4f,
    high: vec4f,
    // Hits: count, age (seconds), strength, envelope (strength on the hit, 120 ms decay).
    beat_hit: vec4f,
    onset: vec4f,
    kick: vec4f,
    snare: vec4f,
    hat: vec4f,
    drop: vec4f,
    // Onset strength, intensity, build-up (0-1), loudness (LUFS).
    mood: vec4f,
    // Tonic in turns, 1 for minor, confidence, beats per bar.
    key: vec4f,
    // Pointer in pixels from the bottom left; where it went down.
    mouse: vec4f,
    // Year, month, day, seconds in the day.
    date: vec4f,
    // Picture mix, pass index, transition progress, 1 when silent.
    extra: vec4f,
    // Five stops from dark to bright, linear RGB.
    palette: array<vec4f, 5>,
    // The same stops as cube roots of cone responses: OKLab is linear in them (`palette` in light.wgsl).
    palette_roots: array<vec4f, 5>,
}
