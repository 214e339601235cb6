"""Trains the beat network on rendered pieces and writes its weights.

    train.py DATA WEIGHTS.bin [--minutes M] [--rate R] [--resume]

DATA holds NAME.f32 (from the example `beat_inputs`) and NAME.json (from render.py). Seeds ending in 9 are
kept back for validation. Needs jax, optax, numpy.

The network is causal: a dense layer, ten residual blocks of a dilated convolution (three taps, dilation
1, 2, … 512: it remembers 20 s) and a dense layer, and two outputs, the odds of a beat and of a downbeat
30 ms ago. The delay lets it hear an attack before it judges; the tracker sets its clock ahead by as much.
"""
import glob, json, os, sys, time
import numpy as np, jax, jax.numpy as jnp, optax

CHANNELS, DILATIONS, TAPS = 32, [2 ** i for i in range(10)], 3
HOP_SECS, LATENCY_SECS = .01, .03
CROP, BATCH, WARM = 2400, 8, 100


def load(path):
    raw = open(path[:-5] + ".f32", "rb").read()
    width = int.from_bytes(raw[:4], "little")
    x = np.frombuffer(raw, np.float32, offset=4).reshape(-1, width).astype(np.float16)
    truth = json.load(open(path))
    y = np.zeros((len(x), 2), np.float32)
    for column, times in enumerate((truth["beats"], truth["downbeats"])):
        for t in times:
            n = round((t + LATENCY_SECS) / HOP_SECS) - 1
            for k, v in ((n - 1, .4), (n, 1), (n + 1, .4)):
                if 0 <= k < len(y):
                    y[k, column] = max(y[k, column], v)
    end = min(len(x), int(truth["duration"] / HOP_SECS))
    return x[:end], y[:end]


def init(width, key):
    keys = iter(jax.random.split(key, 64))
    dense = lambda n, m, scale=1.0: [jax.random.normal(next(keys), (n, m)) * scale * (2 / n) ** .5, jnp.zeros(m)]
    return dict(first=dense(width, CHANNELS, .5), blocks=[dense(TAPS * CHANNELS, CHANNELS) + dense(CHANNELS, CHANNELS, .3) for _ in DILATIONS],
                last=[jax.random.normal(next(keys), (CHANNELS, 2)) * .05, jnp.array([-3.5, -5.0])])


def forward(p, x):
    h = jax.nn.relu(x @ p["first"][0] + p["first"][1])
    for (w, b, v, c), d in zip(p["blocks"], DILATIONS):
        padded = jnp.pad(h, ((0, 0), (2 * d, 0), (0, 0)))
        n = h.shape[1]
        taps = jnp.concatenate([padded[:, i * d:i * d + n] for i in range(TAPS)], -1)
        h = h + jax.nn.relu(taps @ w + b) @ v + c
    return jax.nn.relu(h) @ p["last"][0] + p["last"][1]


def loss(p, x, y):
    z = forward(p, x)[:, WARM:]
    y = y[:, WARM:]
    bce = jnp.maximum(z, 0) - z * y + jnp.log1p(jnp.exp(-jnp.abs(z)))
    # Beats and downbeats are rare hops: what is missed weighs more than what is too much.
    return (bce * (1 + 2 * y)).mean((0, 1)).sum()


def save(p, path):
    flat = [a for pair in ([p["first"]] + p["blocks"] + [p["last"]]) for a in pair]
    with open(path + ".part", "wb") as f:
        for a in flat:
            f.write(np.asarray(a, np.float16).tobytes())   # inputs x outputs, row by row
    os.replace(path + ".part", path)
    np.save(path + ".npy", np.array([np.asarray(a) for a in flat], dtype=object), allow_pickle=True)


def restore(p, path):
    flat = iter(np.load(path + ".npy", allow_pickle=True))
    take = lambda block: [jnp.asarray(next(flat), jnp.float32) for _ in block]
    return dict(first=take(p["first"]), blocks=[take(b) for b in p["blocks"]], last=take(p["last"]))


def main():
    data, out = sys.argv[1:3]
    minutes = float(sys.argv[sys.argv.index("--minutes") + 1]) if "--minutes" in sys.argv else 30
    pieces = lambda: [f for f in sorted(glob.glob(data + "/*.json")) if os.path.exists(f[:-5] + ".f32")]
    top_rate = float(sys.argv[sys.argv.index("--rate") + 1]) if "--rate" in sys.argv else 2e-3
    cache = {}
    def refresh():
        for f in pieces():
            if f not in cache:
                try:
                    cache[f] = load(f)
                except Exception:
                    continue
    refresh()
    width = next(iter(cache.values()))[0].shape[1]
    rng = np.random.default_rng(1)
    p = init(width, jax.random.PRNGKey(0))
    if "--resume" in sys.argv:
        p = restore(p, out)
    opt = optax.chain(optax.clip_by_global_norm(1.0), optax.scale_by_adam(), optax.add_decayed_weights(1e-4), optax.scale(-1.0))
    state = opt.init(p)
    calm = p                                           # a running mean of the weights: quieter than the last step
    blend = jax.jit(lambda a, b: jax.tree.map(lambda x, y: .995 * x + .005 * y, a, b))

    @jax.jit
    def step(p, state, x, y, rate):
        l, g = jax.value_and_grad(loss)(p, x.astype(jnp.float32), y)
        u, state = opt.update(g, state, p)
        return optax.apply_updates(p, jax.tree.map(lambda a: a * rate, u)), state, l

    jloss = jax.jit(loss)
    begun, n, mean = time.time(), 0, None
    while (spent := (time.time() - begun) / 60 / minutes) < 1:
        if n % 200 == 0:
            refresh()
            names = [f for f in cache if not f[:-5].endswith("9")]
            held = [f for f in cache if f[:-5].endswith("9") and len(cache[f][0]) >= CROP][:24]
        xs, ys = [], []
        while len(xs) < BATCH:
            x, y = cache[names[rng.integers(len(names))]]
            if len(x) < CROP:
                continue
            at = rng.integers(len(x) - CROP + 1)
            x = x[at:at + CROP].copy()
            if rng.random() < .4:                      # some bands are not there: small speakers, odd mixes
                half = width // 2
                lo = rng.integers(half)
                hi = min(half, lo + rng.integers(1, half // 3))
                x[:, lo:hi] = 0
                x[:, half + lo:half + hi] = 0
            if rng.random() < .5:
                x *= np.float16(rng.uniform(.6, 1.3))
            xs.append(x), ys.append(y[at:at + CROP])
        rate = top_rate * min(1, (n + 1) / 50) * (.02 + .98 * (1 - spent) ** 1.5)
        p, state, l = step(p, state, np.stack(xs), np.stack(ys), rate)
        calm = blend(calm, p)
        mean = float(l) if mean is None else .98 * mean + .02 * float(l)
        n += 1
        if n % 100 == 0:
            v = np.mean([float(jloss(calm, cache[f][0][None, :CROP].astype(np.float32), cache[f][1][None, :CROP])) for f in held]) if held else 0
            print(f"{(time.time() - begun) / 60:5.1f} min  step {n}  pieces {len(names)}  train {mean:.4f}  kept back {v:.4f}", flush=True)
            save(calm, out)
    save(calm, out)


if __name__ == "__main__":
    main()
