"""Composes short pieces of many styles from a seed, with exact beats and downbeats.

A piece is notes in beats plus a tempo map; `Piece.notes_secs()` places them in time with a human's
jitter. Nothing here is copied from a recording: every pattern is a few drum strokes on a grid, played
with chance, over chords walked from a scale.
"""
import random
from dataclasses import dataclass, field

KICK, SNARE, RIM, CLAP, HAT, OPEN, PEDAL, CRASH, RIDE = 36, 38, 37, 39, 42, 46, 44, 49, 51
TOM_LOW, TOM_MID, TOM_HIGH, COWBELL, SHAKER, CONGA, BONGO, TAMB, CLAVE = 41, 45, 48, 56, 82, 63, 61, 54, 75
MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)

# name: tempo range, beats per bar, steps per beat, swing range, drum rows {note: strokes per step of a
# bar, '.' none, digits 1-9 loudness}, comping, bass, kits. Several rows per style are variants.
STYLES = {
    "rock": ((85, 175), 4, 4, (0, 0), [
        {KICK: "9.......9.......", SNARE: "....9.......9...", HAT: "8.5.8.5.8.5.8.5."},
        {KICK: "9.....7.9.......", SNARE: "....9.......9...", HAT: "8.5.8.5.8.5.8.5."},
        {KICK: "9.......9.9.....", SNARE: "....9.......9...", RIDE: "8.5.8.5.8.5.8.5."},
        {KICK: "9..7....9.7...7.", SNARE: "....9..2.2..9..2", HAT: "8.6.8.6.8.6.8.6."},
        {KICK: "9.9...9...9.9...", SNARE: "....9.......9...", OPEN: "8...8...8...8..."}],
        ("power", "strum", "eighths", "pad"), ("eighths", "root", "follow"), (0, 8, 16)),
    "punk": ((150, 210), 4, 2, (0, 0), [
        {KICK: "9...9...", SNARE: "..9...9.", HAT: "86868686"},
        {KICK: "9.9.9.9.", SNARE: ".9.9.9.9", RIDE: "8.8.8.8."},
        {KICK: "9..99...", SNARE: "..9...9.", OPEN: "8.8.8.8."}],
        ("power", "eighths"), ("eighths",), (0, 16)),
    "metal": ((120, 200), 4, 4, (0, 0), [
        {KICK: "9.9.9.9.9.9.9.9.", SNARE: "....9.......9...", CRASH: "8...8...8...8..."},
        {KICK: "9..9..9.9..9..9.", SNARE: "....9.......9...", HAT: "8...8...8...8..."},
        {KICK: "99..99..99..99..", SNARE: "....9.......9...", RIDE: "8...8...8...8..."},
        {KICK: "9......99.......", SNARE: "........9.......", OPEN: "8...8...8...8..."}],
        ("power", "gallop", "chug"), ("follow", "eighths"), (0, 16)),
    "ballad": ((58, 92), 4, 4, (0, 0), [
        {KICK: "9.......9.......", SNARE: "....8.......8...", HAT: "7.4.7.4.7.4.7.4."},
        {KICK: "9.....6.8.......", SNARE: "....8.......8...", HAT: "7343734373437343"},
        {KICK: "8.......7..6....", RIM: "....8.......8...", HAT: "6.4.6.4.6.4.6.4."}],
        ("pad", "arp", "strum"), ("root", "half"), (0, 8, 40)),
    "house": ((116, 132), 4, 4, (0, .12), [
        {KICK: "9...9...9...9...", CLAP: "....8.......8...", OPEN: "..7...7...7...7."},
        {KICK: "9...9...9...9...", SNARE: "....7.......7...", HAT: "6.7.6.7.6.7.6.74", OPEN: "..8...8...8...8."},
        {KICK: "9...9...9...9...", CLAP: "....8.......8...", SHAKER: "5364536453645364", OPEN: "..7...7...7...7."},
        {KICK: "9...9...9...9..5", CLAP: "....8.......8..4", HAT: "..8...8...8...8."}],
        ("stab", "offbeat", "pad", "arp"), ("offbeat", "octave", "sixteenths"), (24, 25)),
    "techno": ((122, 150), 4, 4, (0, 0), [
        {KICK: "9...9...9...9...", HAT: "..8...8...8...8."},
        {KICK: "9...9...9...9...", OPEN: "..8...8...8...8.", CLAP: "....7.......7...", TOM_LOW: "...5..5....5..5."},
        {KICK: "9...9...9...9...", RIDE: "8.8.8.8.8.8.8.8.", HAT: "5555555555555555"},
        {KICK: "9...9...9...9...", COWBELL: "..6..6..6..6..6.", HAT: "..7...7...7...7."}],
        ("arp", "stab", "pad"), ("sixteenths", "offbeat"), (24, 25)),
    "trance": ((130, 145), 4, 4, (0, 0), [
        {KICK: "9...9...9...9...", OPEN: "..8...8...8...8.", CLAP: "....8.......8..."},
        {KICK: "9...9...9...9...", OPEN: "..8...8...8...8.", HAT: "6464646464646464"}],
        ("arp", "pad", "offbeat"), ("offbeat", "sixteenths", "octave"), (24, 25)),
    "disco": ((108, 128), 4, 4, (0, 0), [
        {KICK: "9...9...9...9...", SNARE: "....8.......8...", HAT: "6.4.6.4.6.4.6.4.", OPEN: "..8...8...8...8."},
        {KICK: "9...9...9...9...", SNARE: "....8.......8...", HAT: "7575757575757575", TAMB: "....6.......6..."}],
        ("strum", "stab", "pad"), ("octave",), (0, 8)),
    "hiphop": ((78, 104), 4, 4, (0, .3), [
        {KICK: "9......79.......", SNARE: "....9.......9...", HAT: "7.5.7.5.7.5.7.5."},
        {KICK: "9.7.....9.7.....", SNARE: "....9.......9...", HAT: "7575757575757575"},
        {KICK: "9..9....9.9.....", SNARE: "....9.......9..3", HAT: "7.5.7.5.7.557.5."},
        {KICK: "9.....9...9.....", CLAP: "....9.......9...", HAT: "8.6.8.6.8.6.8.6."}],
        ("pad", "stab", "arp", "none"), ("follow", "root"), (0, 25, 8)),
    "trap": ((128, 160), 4, 4, (0, 0), [
        {KICK: "9.........9.....", SNARE: "........9.......", HAT: "7.5.7.5.7.5.7555"},
        {KICK: "9.....9.......9.", CLAP: "........9.......", HAT: "7555755575557777"}],
        ("pad", "arp", "none"), ("follow", "root"), (25, 24)),
    "dubstep": ((136, 146), 4, 4, (0, 0), [
        {KICK: "9.....7.........", SNARE: "........9.......", HAT: "7...5...7...5..."},
        {KICK: "9...........7...", SNARE: "........9.......", HAT: "7.5.7.5.7.5.7.5."}],
        ("stab", "pad"), ("wobble", "follow"), (24, 25)),
    "dnb": ((164, 180), 4, 4, (0, 0), [
        {KICK: "9.........9.....", SNARE: "....9.......9...", HAT: "7.5.7.5.7.5.7.5."},
        {KICK: "9.9.......9.....", SNARE: "....9..3.3..9...", RIDE: "7.7.7.7.7.7.7.7."},
        {KICK: "9.....9...9.....", SNARE: "....9..4.4..9..4", HAT: "7575757575757575"}],
        ("pad", "stab", "arp"), ("root", "wobble", "follow"), (24, 16)),
    "breakbeat": ((100, 140), 4, 4, (0, .15), [
        {KICK: "9.9.......99....", SNARE: "....9..4.4..9..4", HAT: "8.8.8.8.8.8.8.8."},
        {KICK: "9..9..9...9.....", SNARE: "....9.......9.4.", OPEN: "..7.......7....."}],
        ("stab", "pad"), ("follow", "sixteenths"), (0, 16, 24)),
    "garage": ((126, 136), 4, 4, (.1, .35), [
        {KICK: "9.........9.....", SNARE: "....9.......9...", HAT: "..7..57...7..57."},
        {KICK: "9......7..9.....", CLAP: "....9.......9...", HAT: "5.7.5.7.5.7.5.75", RIM: "...4...5..4..5.."}],
        ("stab", "offbeat"), ("follow",), (24, 25)),
    "reggae": ((66, 92), 4, 4, (0, .3), [
        {KICK: "........9.......", RIM: "........8.......", HAT: "7.5.7.5.7.5.7.5."},
        {KICK: "9...9...9...9...", RIM: "........8.......", HAT: "7.5.7.5.7.5.7.5."},
        {KICK: "9.......9.......", SNARE: "....8.......8...", HAT: "6.7.6.7.6.7.6.7."}],
        ("skank",), ("dub",), (0, 8)),
    "ska": ((120, 168), 4, 2, (0, .1), [
        {KICK: "9...9...", SNARE: "..9...9.", HAT: "7.7.7.7."},
        {KICK: "9.9.9.9.", SNARE: "..8...8.", HAT: "57575757"}],
        ("skank",), ("walk", "eighths"), (0,)),
    "reggaeton": ((86, 102), 4, 4, (0, 0), [
        {KICK: "9...9...9...9...", SNARE: "...8..8....8..8.", HAT: "7.7.7.7.7.7.7.7."},
        {KICK: "9...8...9...8...", SNARE: "...9..8....9..8.", SHAKER: "5555555555555555"}],
        ("stab", "pad", "offbeat"), ("follow", "root"), (25, 24)),
    "bossa": ((110, 145), 4, 4, (0, 0), [
        {KICK: "8.....6.8.....6.", RIM: "8.....8.....8...", HAT: "7575757575757575"},
        {KICK: "8.....6.8.....6.", RIM: "..8..8....8.....", SHAKER: "7555755575557555"}],
        ("bossa",), ("bossa",), (40, 32, 8)),
    "samba": ((90, 128), 4, 4, (0, 0), [
        {KICK: "5..58..55..58..5", SNARE: "6.66.6.66.66.6.6", SHAKER: "8558855885588558"}],
        ("bossa", "stab"), ("bossa",), (0, 40)),
    "salsa": ((85, 110), 4, 4, (0, 0), [
        {COWBELL: "8.5.8.5.8.5.8.5.", CLAVE: "....8.8...8..8..", CONGA: "..6...77..6...77", KICK: "......7.......7."}],
        ("montuno",), ("tumbao",), (0,)),
    "train": ((96, 132), 4, 4, (0, 0), [
        {KICK: "8...7...8...7...", SNARE: "4484448444844484", HAT: "..5...5...5...5."},
        {KICK: "9...8...9...8...", SNARE: "3383338333833383"}],
        ("boomchuck", "strum"), ("alternate",), (0, 40)),
    "polka": ((100, 132), 4, 2, (0, 0), [
        {KICK: "9...9...", SNARE: "..8...8.", HAT: "....5..."},
        {KICK: "9.8.9.8.", SNARE: ".7.7.7.7"}],
        ("boomchuck", "skank"), ("alternate",), (0,)),
    "swing": ((110, 230), 4, 2, (.55, .7), [
        {RIDE: "7.767.76", PEDAL: "..7...7.", KICK: "5.4.5.4."},
        {RIDE: "7.767.76", PEDAL: "..7...7.", SNARE: "...3...4", KICK: "6......."}],
        ("jazz", "none", "pad"), ("walk",), (32, 40)),
    "shuffle": ((80, 140), 4, 2, (.6, .7), [
        {KICK: "9...9...", SNARE: "..9...9.", HAT: "86868686"},
        {KICK: "9..79...", SNARE: "..9...9.", RIDE: "86868686"}],
        ("strum", "stab", "boomchuck"), ("walk", "eighths"), (0, 8)),
    "waltz": ((84, 190), 3, 2, (0, .3), [
        {KICK: "8.....", SNARE: "..6.6.", HAT: "..5.5."},
        {KICK: "8.....", RIDE: "7.5.5.", PEDAL: "..6.6."}],
        ("waltz", "pad", "arp"), ("root",), (0, 40, 48)),
    "five": ((110, 170), 5, 2, (0, .3), [
        {KICK: "9..7..9...", SNARE: "....8...8.", HAT: "7575757575"},
        {KICK: "9.....8...", SNARE: "..7.....7.", RIDE: "7.7.7.7.7."}],
        ("stab", "pad"), ("root", "follow"), (0, 32)),
    "funk": ((90, 122), 4, 4, (0, .12), [
        {KICK: "9.7....9..7..7..", SNARE: "....9..3.3..9..3", HAT: "8585858585858585"},
        {KICK: "9..9..7...9.....", SNARE: "....9.3..3..9...", HAT: "8.8.8.8.8.8.8.8.", OPEN: "..............7."}],
        ("stab", "funk"), ("sixteenths", "follow"), (0, 8)),
    "soul": ((100, 140), 4, 2, (0, .1), [
        {KICK: "9..79...", SNARE: "8.8.8.8.", TAMB: "7.7.7.7."},
        {KICK: "9..79.7.", SNARE: "..9...9.", TAMB: "5.7.5.7."}],
        ("strum", "stab"), ("follow", "walk"), (0, 8)),
    "march": ((100, 130), 4, 4, (0, 0), [
        {KICK: "9.......9.......", SNARE: "8.448.448.4484.4", CRASH: "5..............."}],
        ("boomchuck", "pad"), ("alternate",), (48, 0)),
    "electro": ((100, 132), 4, 4, (0, 0), [
        {KICK: "9.....9...9.....", SNARE: "....9.......9...", HAT: "7575757575757575", COWBELL: "...6..6...6....."},
        {KICK: "9...9...9...9...", SNARE: "....9.......9...", HAT: "7.7.7.7.7.7.7.7."}],
        ("arp", "stab"), ("sixteenths", "octave"), (25, 24)),
    "soft": ((62, 130), 4, 2, (0, .1), [{}],
        ("arp", "pad", "pick", "strum", "eighths"), ("root", "half", "none"), (0,)),
    "soft3": ((80, 170), 3, 2, (0, .1), [{}], ("waltz", "arp", "pick"), ("root", "none"), (0,)),
}
# Styles the world has more of are drawn more often.
COMMON = ["rock"] * 4 + ["house"] * 3 + ["techno"] * 2 + ["trance"] * 2 + ["hiphop"] * 2 + ["soft"] * 4 + ["punk", "metal", "soft3", "dnb",
    "waltz", "swing", "reggae", "electro", "breakbeat", "ballad", "metal"]
GUITARS, KEYS, PADS, LEADS, BASSES = (24, 25, 26, 27, 28), (0, 1, 2, 4, 5, 6, 7, 11), (48, 49, 50, 51, 52, 61, 88, 89, 90, 91, 92, 94, 95), (
    80, 81, 82, 84, 85, 56, 65, 66, 73, 40, 22), (32, 33, 34, 35, 36, 38, 39)


@dataclass
class Piece:
    style: str
    tempo: float
    beats: list = field(default_factory=list)
    downbeats: list = field(default_factory=list)
    notes: list = field(default_factory=list)      # (secs, duration_secs, channel, note, velocity)
    programs: dict = field(default_factory=dict)
    duration: float = 0.0


def compose(seed, seconds=32.0):
    """One piece of about `seconds`, the same for the same seed."""
    r = random.Random(seed)
    style = r.choice(list(STYLES) + COMMON)
    (low, high), per_bar, steps, swing_range, rows, comps, basses, kits = STYLES[style]
    tempo = r.uniform(low, high)
    swing = r.uniform(*swing_range)
    piece = Piece(style, tempo)
    drift = r.choice([0, 0, 0, .004, .012])
    ramp = r.choice([0] * 9 + [r.uniform(-.3, .35)])
    jitter = r.choice([0, .003, .006, .01])
    grid = [0.0]                                   # seconds of each beat
    walk = 0.0
    lead_in = r.uniform(0, 1.5) if r.random() < .6 else 0.02
    while grid[-1] < seconds:
        walk = .9 * walk + r.gauss(0, drift)
        share = grid[-1] / seconds
        grid.append(grid[-1] + 60 / (tempo * (1 + walk) * (1 + ramp * share)))
    pickup = r.randrange(per_bar) if r.random() < .5 else 0

    def secs(beat):
        beat = max(0.0, min(beat, len(grid) - 1.001))
        i = int(beat)
        f = beat - i
        if swing:                                  # late off-beats: eighths or sixteenths by the grid
            unit = 1.0 if steps == 2 else .5
            u, v = divmod(f, unit)
            v /= unit
            s = .5 + swing / 6 if steps == 2 else .5 + swing / 8
            v = v / .5 * s if v < .5 else s + (v - .5) / .5 * (1 - s)
            f = (u + v) * unit
        return lead_in + grid[i] + f * (grid[i + 1] - grid[i])

    def play(beat, length, channel, note, velocity, loose=1.0):
        velocity = int(max(8, min(127, velocity + r.gauss(0, 5))))
        start = secs(beat) + r.gauss(0, jitter) * loose
        piece.notes.append((max(0, start), max(.04, secs(beat + length) - secs(beat)), channel, note, velocity))

    tonic, scale = r.randrange(12), r.choice([MAJOR, MINOR])
    degree = lambda d: tonic + scale[d % 7] + 12 * (d // 7)
    loop = [0] + [r.choice([0, 3, 4, 5, 1, 2, 6]) for _ in range(3)]
    if r.random() < .25:
        loop = loop[:2]
    bars_per_chord = r.choice([1, 1, 1, 1, 2, .5]) if per_bar == 4 else 1
    comp, comp2, bass = r.choice(comps), r.choice(comps), r.choice(basses)
    row, other = r.choice(rows), r.choice(rows)
    distorted = style in ("punk", "metal") or (style == "rock" and r.random() < .6)
    piece.programs = {0: r.choice((29, 30)) if distorted else r.choice(KEYS + GUITARS + (PADS if comp in ("pad", "arp") else ())),
                      1: r.choice(BASSES), 2: r.choice(PADS + LEADS), 3: r.choice(LEADS + KEYS), 9: r.choice(kits)}
    melody = r.random() < .55
    num_beats = len(grid) - 1
    bars = (num_beats - pickup) // per_bar
    phrase = r.choice([4, 4, 8])
    sections = []                                  # which instruments play in each phrase
    for _ in range(bars // phrase + 2):
        kind = r.choice(["full"] * 6 + ["drums", "nodrums", "nobass", "hatless", "thin"])
        sections.append(kind)
    for b in range(num_beats):
        piece.beats.append(secs(b))
        if (b - pickup) % per_bar == 0:
            piece.downbeats.append(secs(b))
    gain = {k: r.uniform(.6, 1.15) for k in ("drums", "bass", "comp", "mel", "kick")}
    for bar in range(-1, bars + 1):
        first = pickup + bar * per_bar
        kind = sections[max(bar, 0) // phrase]
        chord = loop[int(max(bar, 0) / bars_per_chord) % len(loop)]
        last = phrase > 1 and bar % phrase == phrase - 1
        on = lambda b: 0 <= b < num_beats
        pattern = other if (bar // phrase) % 4 == 3 else row
        if kind not in ("nodrums",) and row:
            fill = last and r.random() < .5
            for note, strokes in pattern.items():
                if kind == "hatless" and note in (HAT, OPEN, RIDE, SHAKER):
                    continue
                if kind == "thin" and note == KICK and r.random() < .7:
                    continue
                for i, c in enumerate(strokes):
                    beat = first + i / steps
                    if c == "." or not on(beat) or (int(c) < 6 and r.random() < .15):
                        if c == "." and r.random() < .012 and on(beat):
                            play(beat, .1, 9, note, 55 * gain["drums"])
                        continue
                    if fill and beat >= first + per_bar - 1 and note not in (KICK,):
                        continue
                    v = (38 + 9 * int(c)) * gain["drums"] * (gain["kick"] if note == KICK else 1)
                    play(beat, .1, 9, note, v)
            if fill and on(first + per_bar - 1):
                for i in range(4):
                    if r.random() < .85:
                        play(first + per_bar - 1 + i / 4, .1, 9, r.choice([SNARE, TOM_HIGH, TOM_MID, TOM_LOW]), 95 * gain["drums"])
            if bar % phrase == 0 and r.random() < .5 and on(first):
                play(first, .5, 9, CRASH, 100 * gain["drums"])
        for half in (range(2) if bars_per_chord == .5 else range(1)):
            c = loop[(2 * bar + half) % len(loop)] if bars_per_chord == .5 else chord
            span = per_bar / 2 if bars_per_chord == .5 else per_bar
            start = first + half * span
            if kind not in ("drums", "nobass"):
                _bass(r, play, bass, start, span, degree, c, on, gain["bass"], pattern, steps, first)
            if kind != "drums":
                _comp(r, play, 0, comp, start, span, degree, c, on, gain["comp"], distorted)
                if kind == "full" and comp2 != comp and style not in ("punk", "metal"):
                    _comp(r, play, 2, comp2, start, span, degree, c, on, gain["comp"] * .8, False)
        if melody and kind == "full" and r.random() < .8:
            beat, d = 0.0, chord + r.randrange(7)
            while beat < per_bar:
                length = r.choice([.5, .5, 1, 1, 1.5, 2])
                if on(first + beat) and r.random() < .8:
                    play(first + beat, length * .9, 3, 60 + degree(d) % 24, 78 * gain["mel"], 1.5)
                beat += length
                d += r.choice([-2, -1, -1, 0, 1, 1, 2])
    piece.duration = lead_in + grid[num_beats]
    return piece


def _bass(r, play, how, start, span, degree, chord, on, gain, drums, steps, bar_start):
    root = 36 + (degree(chord) - 4) % 12 - 8 + 4
    fifth = root + 7
    put = lambda at, length, note, v=92: on(start + at) and play(start + at, length, 1, note, v * gain)
    n = int(span)
    if how == "root":
        put(0, span * .95, root)
    elif how == "half":
        [put(i, 1.8, root) for i in range(0, n, 2)]
    elif how == "eighths":
        [put(i / 2, .45, root, 96 if i % 2 == 0 else 84) for i in range(n * 2)]
    elif how == "sixteenths":
        [put(i / 4, .22, root + (12 if i % 4 == 2 and r.random() < .4 else 0), 96 if i % 4 == 0 else 80) for i in range(n * 4) if i % 4 == 0 or r.random() < .7]
    elif how == "offbeat":
        [put(i + .5, .45, root) for i in range(n)]
    elif how == "octave":
        [put(i / 2, .4, root + 12 * (i % 2)) for i in range(n * 2)]
    elif how == "walk":
        [put(i, .9, root + r.choice([0, 0, 4, 7, 5, 10]) if i else root) for i in range(n)]
    elif how == "alternate":
        [put(i, .8, root if i % 4 == 0 else fifth - 12) for i in range(0, n, 2)]
    elif how == "bossa":
        for i in range(0, n, 2):
            put(i, 1.3, root if i % 4 == 0 else fifth)
            put(i + 1.5, .5, fifth if i % 4 == 0 else root)
    elif how == "tumbao":
        put(1.5, 1, fifth), put(3, 1, root)
    elif how == "dub":
        [put(at, .6, r.choice([root, root, fifth, root + 3])) for at in (0, 1, 1.5, 2.5, 3) if at < span and r.random() < .75]
    elif how == "wobble":
        for i in range(n):
            k = r.choice([1, 2, 3, 4])
            [put(i + j / k, .9 / k, root) for j in range(k)]
    elif how == "follow":
        kicks = drums.get(KICK, "9" + "." * 7)
        for i, c in enumerate(kicks):
            at = bar_start + i / steps - start
            if c != "." and 0 <= at < span:
                put(at, .6, root)


def _comp(r, play, channel, how, start, span, degree, chord, on, gain, power):
    if power:
        root = 40 + (degree(chord) - 4) % 12
        notes = [root, root + 7, root + 12]
    else:
        notes = [52 + (degree(chord + i) - 4) % 12 + (12 if i == 4 else 0) for i in (0, 2, 4)]
    def put(at, length, which=None, v=74):
        if on(start + at) and at < span:
            for k, note in enumerate(notes if which is None else [notes[which % 3] + 12 * (which // 3)]):
                play(start + at + (k * .012 if channel == 0 else 0), length, channel, note, v * gain)
    n = int(span)
    if how == "pad":
        put(0, span * .98)
    elif how == "power":
        [put(i / 2, .48, v=86 if i % 2 == 0 else 76) for i in range(n * 2)] if r.random() < .6 else put(0, span * .95, v=88)
    elif how == "chug":
        [put(i / 4, .2, v=88 if i % 4 == 0 else 74) for i in range(n * 4) if i % 4 != 3 or r.random() < .5]
    elif how == "gallop":
        [put(i + j, .2, v=86) for i in range(n) for j in (0, .5, .75)]
    elif how in ("eighths",):
        [put(i / 2, .45) for i in range(n * 2)]
    elif how == "strum":
        for at, p in ((0, 1), (1, .7), (1.5, .7), (2, .3), (2.5, .8), (3, .7), (3.5, .6)):
            if r.random() < p:
                put(at, .45, v=80 if at == 0 else 68)
    elif how == "stab":
        for at in r.choice([(0, 1.5), (.5, 2.5), (0, 1.5, 3), (1, 3), (.75, 2.5), (0, .75, 1.5, 2.5)]):
            put(at, .25, v=80)
    elif how == "funk":
        [put(i / 4, .15, v=76) for i in range(n * 4) if r.random() < .35]
    elif how in ("offbeat", "skank"):
        [put(i + .5, .25, v=80) for i in range(n)] if how == "offbeat" or r.random() < .75 else [put(i, .25, v=80) for i in range(1, n, 2)]
    elif how == "arp":
        rate, order = r.choice([2, 2, 4]), r.choice([(0, 1, 2, 3), (0, 2, 1, 2), (0, 1, 2, 1), (3, 2, 1, 0)])
        [put(i / rate, 1.2 / rate, order[i % 4], 76) for i in range(n * rate)]
    elif how == "pick":
        order = r.choice([(0, 2, 1, 2), (0, 1, 2, 1, 3, 2, 1, 2)])
        [put(i / 2, .9, order[i % len(order)], 84 if i % 2 == 0 else 70) for i in range(n * 2)]
    elif how == "boomchuck":
        [put(i + (0 if n == 3 or i % 2 else 0), .3, v=78) for i in range(n) if i % 2 == 1] if r.random() < .5 else [put(i + .5, .25) for i in range(n)]
    elif how == "waltz":
        put(0, .9, 0, 84), put(1, .5, v=66), put(2, .5, v=66)
    elif how == "bossa":
        [put(at, .35, v=70) for at in (0, .75, 1.5, 2.5, 3.25) if r.random() < .9]
    elif how == "montuno":
        [put(i / 2, .3, r.randrange(4), 80) for i in range(n * 2) if i % 2 or r.random() < .4]
    elif how == "jazz":
        [put(at, .4, v=66) for at in (0, 1.5, 2.5, 3.5) if r.random() < .5]
