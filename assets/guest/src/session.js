// One member's way through cuts, restarts and refusals: it says hello, hears, asks, and comes back.

import { kept } from './invite.js';
import { socketLine, streamedLine } from './line.js';
import { newRoom, takeEvent, takeState } from './state.js';

const PING_MILLIS = 8000;
// Nothing heard for so long: the line is dead, whatever the browser thinks.
const SILENCE_MILLIS = 20000;
const MAX_WAIT_MILLIS = 8000;
// What the line carries is an edit, a vote, a word: kept until the host has answered.
const MAX_OUTBOX = 1000;
const IS_MOVE = new Set(['set_param', 'set_opacity', 'set_brightness', 'set_picture_mix']);
// Coming again cannot help against these.
const FINAL = new Set(['unauthorized', 'forbidden', 'replaced', 'malformed', 'out_of_range']);

/** Opens a session; `on` hears of everything: `state`, `part`, `picture`, `phase`, `refused`,
 *  `awareness`, `text`. */
export const openSession = (invite, name, on) => {
  const room = newRoom();
  const outbox = [];
  const clock = { offset: 0, roundTrip: Infinity };
  let token = kept.get(`token.${invite.room}`);
  let line;
  let lastNo = 0;
  let attempts = 0;
  let isIn = false;
  let isOver = false;
  let wantsPictures = false;
  let heardAt = 0;
  let retry;
  let ways = kept.get('way') === 'streamed' ? [streamedLine, socketLine] : [socketLine, streamedLine];

  const post = (message) => line?.say(JSON.stringify(message));
  const phase = (kind, sentence, action) => on.phase({ kind, sentence, action });

  const connect = (way = 0) => {
    clearTimeout(retry);
    drop();
    isIn = false;
    const hello = {
      protocol: 1,
      room: invite.room,
      credential: token ? { token } : { invite: invite.secret },
      name,
      ...(room.me && token && room.seq ? { after: room.seq } : {}),
    };
    heardAt = Date.now();
    const opened = ways[way](JSON.stringify(hello), {
      heard: (data) => {
        if (line !== opened) return;
        heardAt = Date.now();
        if (way === 1) [ways, way] = [[ways[1], ways[0]], 0];
        typeof data === 'string' ? hear(JSON.parse(data)) : on.picture(data);
      },
      closed: (wasOpen) => {
        if (line !== opened || isOver) return;
        line = undefined;
        // What never opened may be a way this browser or network refuses: try the other at once.
        if (!wasOpen && way === 0) return connect(1);
        isIn = false;
        wait();
      },
    });
    line = opened;
  };

  const wait = () => {
    attempts += 1;
    const full = Math.min(MAX_WAIT_MILLIS, 250 * 2 ** attempts);
    const sentence = navigator.onLine === false
      ? 'This device is offline. The page comes back by itself.'
      : attempts < 5
        ? 'The connection was lost. Coming back…'
        : 'The host does not answer. It may be starting again: this page keeps trying.';
    phase('lost', sentence, { label: 'Try now', run: () => connect() });
    retry = setTimeout(connect, full * (0.5 + Math.random() / 2));
  };

  const finish = (kind, sentence, action) => {
    isOver = true;
    isIn = false;
    clearInterval(pulse);
    clearTimeout(retry);
    line?.close();
    phase(kind, sentence, action);
  };

  const hear = (message) => {
    switch (message.type) {
      case 'welcome': {
        const isSame = room.me === message.me;
        attempts = 0;
        isIn = true;
        token = message.token;
        kept.set(`token.${invite.room}`, token);
        kept.set('way', ways[0] === streamedLine ? 'streamed' : 'socket');
        room.me = message.me;
        clock.offset = message.room_secs - performance.now() / 1000;
        clock.roundTrip = Infinity;
        if (message.state) {
          takeState(room, message.state);
          lastNo = Math.max(isSame ? lastNo : 0, message.state.last_nos.find(([id]) => id === room.me)?.[1] ?? 0);
          if (!isSame) outbox.length = 0;
        }
        phase('in');
        if (message.state) on.state(room, isSame);
        // Each was asked before the cut: what the host has already decided it answers with `done`.
        outbox.forEach(post);
        if (wantsPictures) post({ type: 'watch', pictures: true });
        on.back();
        beat();
        break;
      }
      case 'event': {
        const { event } = message;
        if (event.seq <= room.seq) break;
        if (event.member === room.me) settle(event.no);
        if (event.event === 'text_edited') on.text(event.text, event.update);
        const part = takeEvent(room, event);
        if (part) on.part(part, event);
        break;
      }
      case 'done':
        settle(message.no);
        break;
      case 'refused': {
        const asked = settle(message.no);
        on.refused(message.error, asked);
        break;
      }
      case 'presence':
        room.presence.set(message.member, message.presence);
        on.part('people');
        break;
      case 'awareness':
        on.awareness(message.text, message.update);
        break;
      case 'transport':
        room.transport = message.transport;
        break;
      case 'pong': {
        const now = performance.now() / 1000;
        const roundTrip = now - message.sent_secs;
        // The quickest answer is the one that waited least.
        if (roundTrip <= clock.roundTrip) {
          clock.roundTrip = roundTrip;
          clock.offset = message.room_secs + roundTrip / 2 - now;
        }
        break;
      }
      case 'scene':
        room.cards.set(message.scene, message.card ?? null);
        on.part('play');
        break;
      case 'saving':
        on.saving(message.saved);
        break;
      case 'closed':
        closed(message.error);
        break;
    }
  };

  const closed = (error) => {
    if (error.code === 'unauthorized' && token) {
      // The token is from an evening long gone: the invite may still be good.
      token = undefined;
      kept.remove(`token.${invite.room}`);
      if (invite.secret) {
        room.seq = 0;
        return restart();
      }
    }
    if (error.code === 'replaced') {
      finish('closed', 'You are in this room in another window.', { label: 'Come in here', run: 'again' });
    } else if (FINAL.has(error.code)) {
      finish('closed', sentenceOf(error), { label: 'Start again', run: 'again' });
    } else {
      restart();
    }
  };

  const drop = () => {
    const old = line;
    line = undefined;
    old?.close();
  };

  const restart = () => {
    drop();
    retry = setTimeout(connect, 200);
  };

  const settle = (no) => {
    const idx = no ? outbox.findIndex((one) => one.no === no) : -1;
    return idx < 0 ? undefined : outbox.splice(idx, 1)[0];
  };

  const beat = () => {
    const known = Number.isFinite(clock.roundTrip) ? clock.roundTrip * 1000 : 0;
    post({ type: 'ping', sent_secs: performance.now() / 1000, round_trip_millis: known });
  };

  const pulse = setInterval(() => {
    if (!line) return;
    if (Date.now() - heardAt > SILENCE_MILLIS) line.close();
    else if (isIn) beat();
  }, PING_MILLIS);

  // A phone that was in a pocket finds out at once whether its line still lives.
  document.addEventListener('visibilitychange', () => {
    if (document.hidden || isOver) return;
    if (!line) return connect();
    const asked = Date.now();
    if (isIn) beat();
    setTimeout(() => heardAt < asked && line?.close(), 3000);
  });
  addEventListener('online', () => line || isOver || connect());

  phase('connecting', 'Connecting to the room…');
  connect();

  return {
    room,
    invite,
    get isIn() {
      return isIn;
    },
    /** Asks for a command. A move that cannot go now is dropped: the fader goes back. */
    ask: (command, fields = {}) => {
      const isMove = IS_MOVE.has(command);
      if (isMove ? !isIn : outbox.length >= MAX_OUTBOX) return false;
      lastNo += 1;
      const message = { type: 'ask', no: lastNo, command, ...fields };
      if (!isMove) outbox.push(message);
      if (isIn) post(message);
      return true;
    },
    tell: (message) => isIn && post(message),
    watch: (wanted) => {
      wantsPictures = wanted;
      if (isIn) post({ type: 'watch', pictures: wanted });
    },
    /** The beat now, undefined while nobody has said where it is. */
    beat: () => {
      const t = room.transport;
      if (!t) return undefined;
      const secs = performance.now() / 1000 + clock.offset;
      return { beat: t.beat + ((secs - t.at_room_secs) * t.tempo_bpm) / 60, ...t };
    },
    /** Comes in anew with the whole state: what this page believed was refused. */
    refresh: () => {
      room.me = 0;
      outbox.length = 0;
      restart();
    },
    /** Leaves for good, and forgets that this browser was here. */
    leave: () => {
      kept.remove(`token.${invite.room}`);
      finish('left', 'You have left the room.', { label: 'Come back', run: 'again' });
    },
  };
};

/** A refusal as people read it: a sentence. */
export const sentenceOf = (error) => {
  if (error.code === 'unauthorized') return 'This invite is not good any more. Ask the host for a new one.';
  const text = error.message || 'The host said no';
  const wait = error.retry_after ? ` Again in ${Math.ceil(error.retry_after)} s.` : '';
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?…]$/.test(text) ? '' : '.'}${wait}`;
};
