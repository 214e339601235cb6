"""Renders pieces to WAV with free sound fonts and writes their truth.

    render.py OUT FIRST_SEED COUNT FONT.sf2 [FONT.sf3 ...]

Needs fluidsynth, numpy, scipy, soundfile. Each piece gets a sound of its own: font, kit, and chance of
synthetic drums, pumping, saturation, tilt, a room with a microphone, and level.
"""
import json, os, random, struct, subprocess, sys
import numpy as np, soundfile as sf
from scipy import signal
from pieces import KICK, SNARE, CLAP, HAT, OPEN, PEDAL, SHAKER, compose

RATE = 44100


def midi(piece, skip_drums):
    """A format-0 file at 1 ms a tick."""
    events = [(0, 0, bytes([0xC0 | c, p])) for c, p in piece.programs.items()]
    for secs, length, channel, note, velocity in piece.notes:
        if skip_drums and channel == 9 and note in skip_drums:
            continue
        t = int(secs * 1000)
        events.append((t, 2, bytes([0x90 | channel, int(note) & 127, velocity])))
        events.append((t + max(20, int(length * 1000)), 1, bytes([0x80 | channel, int(note) & 127, 0])))
    events.sort(key=lambda e: (e[0], e[1]))
    data, now = bytearray(b"\0\xff\x51\x03" + struct.pack(">I", 500000)[1:]), 0
    for t, _, message in events:
        delta, now = t - now, t
        parts = [delta & 127]
        while delta > 127:
            delta >>= 7
            parts.append(delta & 127 | 128)
        data += bytes(reversed(parts)) + message
    data += b"\0\xff\x2f\0"
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, 500) + b"MTrk" + struct.pack(">I", len(data)) + bytes(data)


def drum(note, rng):
    """A synthetic stroke: a swept sine for the kick, coloured noise for the rest."""
    t = np.arange(int(.35 * RATE)) / RATE
    noise = rng.standard_normal(len(t))
    if note == KICK:
        low, high = rng.uniform(42, 60), rng.uniform(120, 400)
        phase = np.cumsum(low + high * np.exp(-t * rng.uniform(25, 60))) / RATE
        return np.sin(2 * np.pi * phase) * np.exp(-t * rng.uniform(6, 16)) + .1 * noise * np.exp(-t * 400)
    if note in (SNARE, CLAP):
        b, a = signal.butter(2, [rng.uniform(300, 900), rng.uniform(5000, 11000)], "band", fs=RATE)
        body = np.sin(2 * np.pi * rng.uniform(160, 240) * t) * np.exp(-t * 30) if note == SNARE else 0
        return signal.lfilter(b, a, noise) * np.exp(-t * rng.uniform(12, 30)) * 1.2 + .6 * body
    b, a = signal.butter(2, rng.uniform(5000, 8000), "high", fs=RATE)
    return signal.lfilter(b, a, noise) * np.exp(-t * (rng.uniform(8, 14) if note == OPEN else rng.uniform(40, 90))) * .8


def render(seed, out, fonts):
    piece, r, rng = compose(seed), random.Random(seed * 7 + 1), np.random.default_rng(seed)
    synthetic = {KICK, SNARE, CLAP, HAT, OPEN, PEDAL, SHAKER} if piece.programs[9] in (24, 25, 16) and r.random() < .65 else set()
    path = f"{out}/{seed:05}"
    with open(path + ".mid", "wb") as f:
        f.write(midi(piece, synthetic))
    subprocess.run(["fluidsynth", "-q", "-ni", "-g", "0.5", "-r", str(RATE), "-o", "synth.dynamic-sample-loading=1", "-F", path + ".tmp.wav",
                    r.choice(fonts), path + ".mid"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    y, _ = sf.read(path + ".tmp.wav", always_2d=True)
    y = y.mean(1)[: int((piece.duration + .3) * RATE)]
    y /= np.abs(y).max() + 1e-9
    if synthetic:
        strokes = {n: drum(n, rng) for n in synthetic}
        loud = {n: r.uniform(.35, 1.0) * (1.2 if n == KICK else .6) for n in synthetic}
        drums = np.zeros(len(y) + RATE)
        for secs, _, channel, note, velocity in piece.notes:
            if channel == 9 and note in strokes:
                i = int(secs * RATE)
                s = strokes[note][: max(0, len(drums) - i)]
                drums[i:i + len(s)] += s * loud[note] * (velocity / 127) ** 1.5
        if r.random() < .4:
            pump = np.ones(len(y))
            t = np.arange(int(.3 * RATE)) / RATE
            dip = 1 - r.uniform(.3, .9) * np.exp(-t * r.uniform(8, 16))
            for secs, _, channel, note, _ in piece.notes:
                if channel == 9 and note == KICK:
                    i = int(secs * RATE)
                    n = min(len(dip), len(y) - i)
                    if n > 0:
                        pump[i:i + n] = np.minimum(pump[i:i + n], dip[:n])
            y *= pump
        y = y * r.uniform(.4, 1) + drums[: len(y)]
    if r.random() < .5:
        y = np.tanh(y * r.uniform(1.5, 6))
    if r.random() < .5:
        b, a = signal.butter(1, r.uniform(200, 3000), r.choice(["low", "high"]), fs=RATE)
        y = y + r.uniform(-.6, 1.5) * signal.lfilter(b, a, y)
    if r.random() < .3:
        n = int(r.uniform(.15, .8) * RATE)
        room = rng.standard_normal(n) * np.exp(-6 * np.arange(n) / n)
        room[0] = r.uniform(4, 20)
        y = signal.fftconvolve(y, room / np.sqrt((room ** 2).sum()))[: len(y)]
    if r.random() < .25:
        b, a = signal.butter(2, [r.uniform(80, 180), r.uniform(5000, 9000)], "band", fs=RATE)
        y = signal.lfilter(b, a, y)
    if r.random() < .3:
        noise = np.cumsum(rng.standard_normal(len(y)))
        noise = signal.lfilter([1, -1], [1, -.97], noise) if r.random() < .5 else rng.standard_normal(len(y))
        y = y + noise / noise.std() * y.std() * 10 ** (-r.uniform(8, 30) / 20)
    y = y / (np.abs(y).max() + 1e-9) * 10 ** (-r.uniform(0, 20) / 20)
    sf.write(path + ".wav", y, RATE, subtype="PCM_16")
    with open(path + ".json", "w") as f:
        json.dump(dict(id=f"{seed:05}", source="train", duration=piece.duration, beats=piece.beats, downbeats=piece.downbeats, tempo=piece.tempo,
                       tempo_varies=False, key=None, onsets=None, tags=[piece.style]), f)
    os.remove(path + ".tmp.wav"), os.remove(path + ".mid")


if __name__ == "__main__":
    out, first, count, fonts = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
    os.makedirs(out, exist_ok=True)
    for seed in range(first, first + count):
        if not os.path.exists(f"{out}/{seed:05}.json"):
            render(seed, out, fonts)
