// The page's pure parts, in Node: node --test test/units.test.mjs

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseInvite } from '../src/invite.js';
import { frameReader } from '../src/line.js';
import * as state from '../src/state.js';

test('frames are the same however the chunks are cut', () => {
  const row = Uint8Array.from([1, 0, 0, 0, 2, 0xc3, 0xa9, 9, 0, 0, 0, 0, 2, 0, 0, 1, 4, ...new Array(260).fill(7)]);
  for (let size = 1; size <= row.length; size += 1) {
    const frames = [];
    const read = frameReader((opcode, payload) => frames.push([opcode, payload.length]));
    for (let at = 0; at < row.length; at += size) read(row.slice(at, at + size));
    assert.deepEqual(frames, [[1, 2], [9, 0], [2, 260]]);
  }
});

test('only a whole invite is one', () => {
  const [key, secret] = ['k'.repeat(43), 's'.repeat(22)];
  assert.deepEqual(parseInvite(`#v1.solo.${key}.${secret}`), { room: 'solo', secret });
  assert.deepEqual(parseInvite(`#v1.solo.-.${secret}`), { room: 'solo', secret });
  for (const bad of ['', '#', `#v2.solo.-.${secret}`, `#v1..-.${secret}`, `#v1.solo.-.${secret}x`, `#v1.so/lo.-.${secret}`]) {
    assert.equal(parseInvite(bad), undefined, bad);
  }
});

const member = (id, role, more = {}) => ({ id, name: `m${id}`, role, may_write: true, online: true, color: [1, 2, 3], ...more });
const newcomer = () => {
  const room = state.newRoom();
  room.me = 2;
  state.takeState(room, {
    seq: 4,
    desk: { show: { title: 'a', layers: [{ id: 1, source: { scene: 's' }, params: {} }], running: {}, master: {} } },
    members: [member(1, 'host'), member(2, 'viewer')],
    texts: [],
    chat: [],
    votes: [],
    open_params: [[1, 'flow']],
  });
  return room;
};
const happen = (room, ...events) => events.map((event) => state.takeEvent(room, { seq: room.seq + 1, member: 1, ...event }));

test('a viewer moves what is open, a performer everything while it may write', () => {
  const room = newcomer();
  assert.deepEqual([state.mayMove(room, 1, 'flow'), state.mayMove(room, 1, 'glow'), state.mayWrite(room)], [true, false, false]);
  happen(room, { event: 'param_opened', layer: 1, name: 'flow', open: false });
  assert.equal(state.mayMove(room, 1, 'flow'), false);
  happen(room, { event: 'member_changed', who: member(2, 'performer'), was: member(2, 'viewer') });
  assert.equal(state.mayMove(room, 1, 'glow'), true);
  happen(room, { event: 'member_changed', who: member(2, 'performer', { may_write: false }), was: {} });
  assert.equal(state.mayWrite(room), false);
});

test('events change what the page knows', () => {
  const room = newcomer();
  const parts = happen(
    room,
    { event: 'param_changed', layer: 1, name: 'flow', value: 0.7, was: null },
    { event: 'said', text: 'hi', at_millis: 1 },
    { event: 'message_edited', message: 6, text: '', was: 'hi' },
    { event: 'vote_opened', question: 'q', options: ['a', 'b'] },
    { event: 'vote_cast', vote: 8, option_idx: 1, was: null },
    { event: 'layer_added', layer: { id: 2, source: { solid: [0, 0, 0, 1] } }, at_idx: 0 },
    { event: 'layer_moved', layer: 2, to_idx: 1, was_idx: 0 },
    { event: 'cue_went', cue: 1, look: { layers: [{ id: 1, params: { flow: 0.7 } }, { id: 2 }] } },
    { event: 'now_playing_changed', playing: { track: { title: 't' } } },
    { event: 'member_left', who: 1 },
    { event: 'text_edited', text: 'main', update: 'AAA=' },
    { event: 'recording_changed', recording: 'sound', was: null },
    { event: 'something_of_tomorrow' },
    { event: 'constructor' },
  );
  assert.deepEqual(parts, ['param', 'chat', 'chat', 'votes', 'votes', 'play', 'play', 'play', 'people', 'people', 'texts', 'recording', undefined, undefined]);
  assert.equal(room.show.layers[0].params.flow, 0.7);
  assert.deepEqual(room.show.layers.map((layer) => layer.id), [1, 2]);
  assert.deepEqual(room.chat, [{ seq: 6, member: 1, at_millis: 1, text: '', edited: true }]);
  assert.deepEqual(room.votes[0].ballots, { 1: 1 });
  assert.equal(state.here(room).length, 1);
  assert.equal(room.recording, 'sound');
  assert.equal(room.seq, 18);
});
