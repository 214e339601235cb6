// The Play tab: faders, pads and switches for what the host opened, and for performers everything.

import { css, GLOW_MILLIS, h, say } from './dom.js';
import { isPerformer, mayMove, mayWrite, paramKey } from './state.js';

// So long after a hand has let go, what others do moves the fader again.
const HOLD_MILLIS = 400;

const hex = (value) => `#${value.slice(0, 3).map(byteOf).join('')}`;
const byteOf = (part) => Math.round(Math.min(1, Math.max(0, part)) * 255).toString(16).padStart(2, '0');
const fromHex = (text, alpha) => [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16) / 255).concat(alpha);
const digits = (value, span) => Number(value).toFixed(span >= 100 ? 0 : span >= 10 ? 1 : 2);

/** Fills the tab, keeps it current, and returns `{draw, moved}`. */
export const openPlay = (session, place, notify) => {
  const { room } = session;
  const controls = new Map();
  const waiting = new Map();
  let sending = 0;

  // What comes with the room is there; what came on stage since is asked for, once a room.
  const cardOf = (layer) => {
    const id = layer.source?.scene;
    if (!id) return undefined;
    if (!room.cards.has(id) && session.isIn) {
      room.cards.set(id, undefined);
      session.tell({ type: 'scene', scene: id });
    }
    return room.cards.get(id) ?? undefined;
  };

  // Of one fader only the latest value goes, at most once a frame.
  const send = (layer, name, value) => {
    waiting.set(paramKey(layer, name), { layer, name, value });
    sending ||= requestAnimationFrame(flush);
  };
  const flush = () => {
    sending = 0;
    for (const fields of waiting.values()) {
      if (!session.ask('set_param', fields)) notify('Not now: the connection is away. The fader goes back.');
    }
    waiting.clear();
  };

  const valueOf = (layer, param) => layer.params?.[param.name] ?? param.default;

  const draw = () => {
    const opened = [];
    const layers = [];
    for (const layer of [...room.show.layers].reverse()) {
      const card = cardOf(layer);
      const params = card?.params.filter((param) => param.shape in SHAPES) ?? [];
      opened.push(...params.filter((param) => room.open.has(paramKey(layer.id, param.name))).map((param) => [layer, param]));
      if (mayWrite(room) && card) layers.push([layer, card, params]);
    }
    // A control that stays keeps its element, and with it focus and the finger on it.
    const old = new Map(controls);
    controls.clear();
    const control = (layer, param) => {
      const key = paramKey(layer.id, param.name);
      const kind = JSON.stringify([param, layer.source]);
      const one = old.get(key)?.kind === kind ? old.get(key) : { kind, ...make(layer, param) };
      controls.set(key, one);
      return one.element;
    };
    const isWaiting = room.open.size > 0 && !opened.length && room.show.layers.some((layer) => layer.source?.scene && room.cards.get(layer.source.scene) === undefined);
    const parts = [];
    if (opened.length) {
      parts.push(h('h2', {}, 'Open to everyone'));
      parts.push(h('div', { class: 'controls' }, ...opened.map(([layer, param]) => control(layer, param))));
    } else if (!layers.length) {
      parts.push(h('p', { class: 'empty' }, isWaiting
        ? 'The controls are coming…'
        : 'The host has not opened a control yet. When one is opened, it appears here, and you play it.'));
    }
    if (isPerformer(room) && !mayWrite(room)) parts.push(h('p', { class: 'note' }, 'The host has turned writing off for you. You can play what is open to everyone.'));
    for (const [layer, card, params] of layers) {
      const rest = params.filter((param) => !room.open.has(paramKey(layer.id, param.name)));
      if (!rest.length) continue;
      const summary = h('summary', {}, h('bdi', {}, card.name), h('small', {}, `layer ${layer.id}`));
      const folded = place.querySelector(`details[data-layer="${Number(layer.id)}"]`);
      const open = folded ? folded.open : layers.length === 1;
      parts.push(h('details', { 'data-layer': layer.id, open }, summary, h('div', { class: 'controls' }, ...rest.map((param) => control(layer, param)))));
    }
    const focused = document.activeElement;
    place.replaceChildren(...parts);
    if (focused && place.contains(focused)) focused.focus({ preventScroll: true });
    for (const [layer, param] of [...opened, ...layers.flatMap(([layer, , params]) => params.map((param) => [layer, param]))]) {
      controls.get(paramKey(layer.id, param.name))?.set(valueOf(layer, param));
    }
  };

  const make = (layer, param) => {
    const label = param.label || param.name;
    const put = (value) => {
      one.touchedAt = performance.now();
      if (!mayMove(room, layer.id, param.name)) return;
      send(layer.id, param.name, value);
    };
    const one = SHAPES[param.shape](param, label, put, () => valueOf(room.show.layers.find(({ id }) => id === layer.id) ?? layer, param));
    one.touchedAt = -1e9;
    return one;
  };

  return {
    draw,
    /** A fader was moved, by whoever. */
    moved: ({ layer, name, value, member }) => {
      const control = controls.get(paramKey(layer, name));
      if (!control) return;
      if (member === room.me && performance.now() - control.touchedAt < HOLD_MILLIS) return;
      const card = room.cards.get(room.show.layers.find(({ id }) => id === layer)?.source?.scene);
      control.set(value ?? card?.params.find((param) => param.name === name)?.default);
      if (member === room.me) return;
      control.element.style.setProperty('--who', css(room.members.get(member)?.color ?? [128, 128, 128]));
      control.element.classList.add('held');
      clearTimeout(control.glow);
      control.glow = setTimeout(() => control.element.classList.remove('held'), GLOW_MILLIS);
    },
    /** The host said no: what stands is what the room says. */
    back: ({ layer, name }) => {
      const control = controls.get(paramKey(layer, name));
      const one = room.show.layers.find(({ id }) => id === layer);
      const param = room.cards.get(one?.source?.scene)?.params.find((param) => param.name === name);
      if (control && param) control.set(valueOf(one, param));
    },
  };
};

const row = (label, output, ...rest) =>
  h('div', { class: 'control' }, h('span', { class: 'label' }, h('bdi', {}, label), output ?? ''), ...rest);

const slider = (label, min, max, reset, oninput) => {
  const input = h('input', { type: 'range', min, max, step: (max - min) / 1000 || 'any', 'aria-label': label, oninput });
  const back = (event) => {
    event.preventDefault();
    reset();
  };
  input.addEventListener('dblclick', back);
  input.addEventListener('keydown', (event) => (event.key === 'Delete' || event.key === 'Backspace') && back(event));
  return input;
};
const fill = (input) => {
  const part = (Number(input.value) - Number(input.min)) / (Number(input.max) - Number(input.min) || 1);
  input.style.setProperty('--part', `${part * 100}%`);
};

// One maker for each shape of a ParamCard: `{element, set(value)}`.
const SHAPES = {
  float: ({ min, max }, label, put) => {
    const output = h('output', {});
    const show = () => (say(output, digits(input.value, max - min)), fill(input));
    const input = slider(label, min, max, () => put(null), () => (show(), put(Number(input.value))));
    const set = (value) => {
      input.value = Number(value ?? min);
      show();
    };
    return { element: row(label, output, input), set };
  },
  bool: (_, label, put) => {
    const button = h('button', { class: 'switch', role: 'switch', 'aria-label': label, onclick: () => put(set(button.ariaChecked !== 'true')) });
    const set = (value) => ((button.ariaChecked = `${value === true}`), value);
    return { element: h('div', { class: 'control' }, h('span', { class: 'label' }, h('bdi', {}, label), button)), set };
  },
  event: (_, label, put) => {
    const button = h('button', { class: 'hit' }, h('bdi', {}, label));
    // Down is the hit; up makes it ready for the next.
    const down = () => (button.classList.add('down'), put(true));
    const up = () => button.classList.contains('down') && (button.classList.remove('down'), setTimeout(put, 60, null));
    button.addEventListener('pointerdown', down);
    for (const end of ['pointerup', 'pointercancel', 'pointerleave', 'blur', 'keyup']) button.addEventListener(end, up);
    button.addEventListener('keydown', (event) => !event.repeat && (event.key === ' ' || event.key === 'Enter') && down());
    return { element: h('div', { class: 'control' }, button), set() {} };
  },
  choice: ({ options }, label, put) => {
    const select = h('select', { 'aria-label': label, onchange: () => put(Number(select.value)) }, ...options.map(([value, text]) => h('option', { value }, text)));
    return { element: row(label, undefined, select), set: (value) => (select.value = `${Math.round(Number(value ?? options[0]?.[0]))}`) };
  },
  color: (_, label, put, current) => {
    const input = h('input', { type: 'color', 'aria-label': label, oninput: () => put(fromHex(input.value, current()?.[3] ?? 1)) });
    return {
      element: h('div', { class: 'control' }, h('span', { class: 'label' }, h('bdi', {}, label), input)),
      set: (value) => Array.isArray(value) && (input.value = hex(value)),
    };
  },
  point: ({ min, max }, label, put) => {
    const output = h('output', {});
    const knob = h('span', { class: 'knob' });
    const pad = h('div', { class: 'pad', 'aria-hidden': 'true' }, knob);
    const axes = ['X', 'Y'].map((axis, idx) => slider(`${label} ${axis}`, min[idx], max[idx], () => put(null), () => put(show())));
    const show = () => {
      const point = axes.map((axis) => Number(axis.value));
      const [x, y] = point.map((value, idx) => ((value - min[idx]) / (max[idx] - min[idx] || 1)) * 100);
      knob.style.setProperty('left', `${x}%`);
      knob.style.setProperty('bottom', `${y}%`);
      axes.forEach(fill);
      say(output, point.map((value, idx) => digits(value, max[idx] - min[idx])).join(' · '));
      return point;
    };
    const follow = (event) => {
      if (!pad.hasPointerCapture(event.pointerId)) return;
      const box = pad.getBoundingClientRect();
      const parts = [(event.clientX - box.left) / box.width, 1 - (event.clientY - box.top) / box.height];
      parts.forEach((part, idx) => (axes[idx].value = min[idx] + Math.min(1, Math.max(0, part)) * (max[idx] - min[idx])));
      put(show());
    };
    pad.addEventListener('pointerdown', (event) => (pad.setPointerCapture(event.pointerId), follow(event)));
    pad.addEventListener('pointermove', follow);
    const set = (value) => {
      axes.forEach((axis, idx) => (axis.value = value?.[idx] ?? (min[idx] + max[idx]) / 2));
      show();
    };
    // A slider of a pad says which of the two it is; screen readers hear it with the pad's name.
    const named = ['X', 'Y'].map((axis, idx) => h('div', { class: 'axis' }, h('small', { 'aria-hidden': 'true' }, axis), axes[idx]));
    return { element: row(label, output, pad, ...named), set };
  },
};
