// Keeps the room safe from flashes (WCAG 2.3.1). `compose.wgsl` stands before it.
//
// The picture is looked at in COLUMNS x ROWS cells. Of each cell its brightness and its saturated red are
// followed: a change of a tenth against the last direction is half a flash. When a cell has used up its changes of
// the last second, the next one asks for enough of the last picture to stay that it is none; so many such cells
// within a window of a third of the picture's width and height that it counts as large, and they get it.

const COLUMNS: u32 = 64u;
const ROWS: u32 = 36u;
// Bilinear taps a side of a cell.
const TAPS: u32 = 4u;
// Changes of a cell within a second: two and a half flashes, where three are allowed.
const CHANGES: u32 = 5u;
// The least change that counts, of relative luminance and of red. The guideline's are 0.1 and 0.0625 (20/320).
const CHANGE: vec2f = vec2f(0.08, 0.05);
// How far a held cell may go.
const HELD: vec2f = vec2f(0.055, 0.03);
// A change whose darker side is brighter than this is none.
const BRIGHT: f32 = 0.8;
// Red with at least this share of all light is saturated.
const SATURATED: f32 = 0.8;
// Half of the window, in cells, and the step in which it is looked through.
const WINDOW: vec2i = vec2i(10, 6);
const STEP: i32 = 2;
// Share of the window that counts as large. The guideline's is a quarter.
const LARGE: f32 = 0.12;
// How long a cell that wanted too much counts, in seconds.
const HOT_SECS: f32 = 1.0;
const LONG_AGO_SECS: f32 = 100.0;

struct Track {
    // The furthest value in the present direction.
    furthest: f32,
    // 1 up, -1 down, 0 before the first change.
    direction: f32,
    // Seconds since the last changes, the newest first; grows with use.
    ages: array<f32, CHANGES>,
    // 1 once a picture was seen.
    seen: f32,
}

struct Cell {
    bright: Track,
    red: Track,
    // Seconds for which it still counts as flashing.
    hot: f32,
    // How much of the last picture it asks for.
    wants: f32,
}

@group(1) @binding(0) var<storage, read_write> cells: array<Cell>;
@group(1) @binding(1) var stays: texture_storage_2d<rgba16float, write>;

// Relative luminance, and how red a saturated red is.
fn seen_of(linear: vec3f) -> vec2f {
    let sum = linear.r + linear.g + linear.b;
    let red = select(0.0, max(linear.r - linear.g - linear.b, 0.0), linear.r >= SATURATED * sum);
    return vec2f(dot(linear, vec3f(0.2126, 0.7152, 0.0722)), red);
}

// Whether going from a furthest value to another is a change.
fn counts(furthest: f32, value: f32, least: f32, dark_side: f32) -> bool {
    return abs(value - furthest) >= least && min(value, furthest) < dark_side;
}

// Notes what was shown.
fn advance(before: Track, value: f32, least: f32, dark_side: f32, dt: f32) -> Track {
    var t = before;
    for (var i = 0u; i < CHANGES; i++) {
        t.ages[i] = min(t.ages[i] + dt, LONG_AGO_SECS);
    }
    if t.seen == 0.0 {
        t.seen = 1.0;
        t.furthest = value;
        for (var i = 0u; i < CHANGES; i++) {
            t.ages[i] = LONG_AGO_SECS;
        }
        return t;
    }
    let away = value - t.furthest;
    if t.direction != 0.0 && away * t.direction >= 0.0 {
        t.furthest = value;
    } else if counts(t.furthest, value, least, dark_side) {
        t.direction = sign(away);
        t.furthest = value;
        for (var i = CHANGES - 1u; i > 0u; i--) {
            t.ages[i] = t.ages[i - 1u];
        }
        t.ages[0] = 0.0;
    }
    return t;
}

// Returns how much of the last picture must stay so that a value is no change too many.
fn wanted(t: Track, value: f32, last: f32, least: f32, held: f32, dark_side: f32, dt: f32) -> f32 {
    let away = value - t.furthest;
    let onwards = t.direction != 0.0 && away * t.direction >= 0.0;
    let spent = t.ages[CHANGES - 1u] + dt < 1.0;
    if onwards || !spent || !counts(t.furthest, value, least, dark_side) {
        return 0.0;
    }
    let bound = t.furthest + sign(away) * held;
    let way = value - last;
    if abs(way) < 1e-4 {
        return 1.0;
    }
    return clamp((value - bound) / way, 0.0, 1.0);
}

// a: brightness, share of glow, unused, seconds since the last picture. fit.x: 0 when no picture was shown before.
// X, Y, Z: as in `output`. tex_c is the picture shown last.
@compute @workgroup_size(8, 4)
fn judge(@builtin(global_invocation_id) at: vec3u) {
    if at.x >= COLUMNS || at.y >= ROWS {
        return;
    }
    let size = vec2f(f32(COLUMNS), f32(ROWS));
    var now = vec3f(0.0);
    var last = vec3f(0.0);
    for (var y = 0u; y < TAPS; y++) {
        for (var x = 0u; x < TAPS; x++) {
            let uv = (vec2f(at.xy) + (vec2f(f32(x), f32(y)) + 0.5) / f32(TAPS)) / size;
            if Y != 1u {
                let texel = textureSampleLevel(tex_a, samp, uv, 0.0);
                now += linear_from_srgb(finished(texel, glow_at(uv)).rgb);
            }
            last += linear_from_srgb(textureSampleLevel(tex_c, samp, uv, 0.0).rgb);
        }
    }
    let share = 1.0 / f32(TAPS * TAPS);
    let shown = seen_of(last * share);
    let next = seen_of(now * share);
    let dt = slot.a.w;
    let cell = at.y * COLUMNS + at.x;
    var bright = cells[cell].bright;
    var red = cells[cell].red;
    if slot.fit.x != 0.0 {
        bright = advance(bright, shown.x, CHANGE.x, BRIGHT, dt);
        red = advance(red, shown.y, CHANGE.y, 1e9, dt);
    }
    cells[cell].bright = bright;
    cells[cell].red = red;
    var wants = 0.0;
    // A blackout is a person's, and at once.
    if Y != 1u && bright.seen != 0.0 {
        wants = max(
            wanted(bright, next.x, shown.x, CHANGE.x, HELD.x, BRIGHT, dt),
            wanted(red, next.y, shown.y, CHANGE.y, HELD.y, 1e9, dt),
        );
    }
    cells[cell].wants = wants;
    cells[cell].hot = select(max(cells[cell].hot - dt, 0.0), HOT_SECS, wants > 0.0);
}

// Gives each cell, where the flashing is large, the most that it and its neighbours ask for: what lies between
// cells is mixed from them.
@compute @workgroup_size(8, 4)
fn spread(@builtin(global_invocation_id) at: vec3u) {
    if at.x >= COLUMNS || at.y >= ROWS {
        return;
    }
    let here = vec2i(at.xy);
    let last = vec2i(i32(COLUMNS), i32(ROWS)) - 1;
    var most = 0.0;
    for (var y = -1; y <= 1; y++) {
        for (var x = -1; x <= 1; x++) {
            let near = clamp(here + vec2i(x, y), vec2i(0), last);
            most = max(most, cells[near.y * i32(COLUMNS) + near.x].wants);
        }
    }
    if most > 0.0 {
        let middle = clamp(here, WINDOW, last - WINDOW);
        var num = 0.0;
        var num_hot = 0.0;
        for (var y = -WINDOW.y; y <= WINDOW.y; y += STEP) {
            for (var x = -WINDOW.x; x <= WINDOW.x; x += STEP) {
                let near = middle + vec2i(x, y);
                num += 1.0;
                num_hot += select(0.0, 1.0, cells[near.y * i32(COLUMNS) + near.x].hot > 0.0);
            }
        }
        if num_hot < LARGE * num {
            most = 0.0;
        }
    }
    textureStore(stays, here, vec4f(most, 0.0, 0.0, 1.0));
}
