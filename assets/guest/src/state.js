// The room as this page knows it: the state a newcomer is given, and every event after it.

const NO_MEMBER = { id: 0, name: '', role: 'viewer', may_write: false, color: [128, 128, 128] };
const RANK = ['display', 'viewer', 'performer', 'co_host', 'host'];

/** An empty room, before the host has said anything. */
export const newRoom = () => ({
  me: 0,
  seq: 0,
  show: { title: '', layers: [], running: {}, master: {} },
  members: new Map(),
  presence: new Map(),
  texts: new Map(),
  chat: [],
  votes: [],
  open: new Set(),
  cards: new Map(),
  recording: null,
});

/** Names one parameter of one layer. */
export const paramKey = (layer, name) => `${layer}/${name}`;

/** Takes the whole state over. */
export const takeState = (room, state) => {
  room.seq = state.seq;
  room.show = state.desk.show;
  room.members = new Map(state.members.map((member) => [member.id, member]));
  room.presence = new Map();
  room.cards = new Map();
  room.texts = new Map(state.texts.map((text) => [text.id, [text.update]]));
  room.chat = state.chat;
  room.votes = state.votes;
  room.recording = state.recording ?? null;
  room.open = new Set(state.open_params.map(([layer, name]) => paramKey(layer, name)));
};

export const mine = (room) => room.members.get(room.me) ?? NO_MEMBER;
const rank = (member) => RANK.indexOf(member.role);
export const isPerformer = (room) => rank(mine(room)) >= 2;
export const isModerator = (room) => rank(mine(room)) >= 3;
/** Whether this member may change the show and its texts. */
export const mayWrite = (room) => isModerator(room) || (isPerformer(room) && mine(room).may_write);
export const mayMove = (room, layer, name) => mayWrite(room) || room.open.has(paramKey(layer, name));
export const here = (room) => [...room.members.values()].filter((member) => member.online && !member.banned);

const layerOf = (room, id) => room.show.layers.find((layer) => layer.id === id);
const change = (room, id, what) => {
  const layer = layerOf(room, id);
  if (layer) what(layer);
};
const setParam = (layer, name, value) => {
  layer.params ??= {};
  if (value === null || value === undefined) delete layer.params[name];
  else layer.params[name] = value;
};
const move = (list, from, to) => list.splice(to, 0, ...list.splice(from, 1));

// A scene the host did not know may be there now.
const askAgain = (room, source) => room.cards.get(source?.scene) === null && room.cards.delete(source.scene);

// What each event does, and which part of the page it concerns.
const RULES = {
  show_replaced: (room, e) => ((room.show = e.show), 'play'),
  title_changed: (room, e) => ((room.show.title = e.title), 'people'),
  layer_added: (room, e) => (askAgain(room, e.layer.source), room.show.layers.splice(e.at_idx, 0, e.layer), 'play'),
  layer_removed: (room, e) => {
    room.show.layers = room.show.layers.filter((layer) => layer.id !== e.layer.id);
    return 'play';
  },
  layer_moved: (room, e) => (move(room.show.layers, e.was_idx, e.to_idx), 'play'),
  source_changed: (room, e) => {
    askAgain(room, e.source);
    change(room, e.layer, (layer) => Object.assign(layer, { source: e.source, params: e.params ?? {} }));
    return 'play';
  },
  cue_went: (room, e) => ((room.show.layers = e.look.layers), 'play'),
  now_playing_changed: (room, e) => ((room.show.now_playing = e.playing), 'people'),
  param_changed: (room, e) => (change(room, e.layer, (layer) => setParam(layer, e.name, e.value)), 'param'),
  opacity_changed: (room, e) => change(room, e.layer, (layer) => (layer.opacity = e.opacity)),
  layer_muted: (room, e) => change(room, e.layer, (layer) => (layer.muted = e.muted)),
  blackout_changed: (room, e) => ((room.show.master.blackout = e.blackout), 'picture'),
  frozen_changed: (room, e) => ((room.show.master.frozen = e.frozen), 'picture'),
  evaluated: (room, e) => {
    const slot = `${e.text}/${e.block}`;
    room.show.running ??= {};
    if (e.code === null || e.code === undefined) delete room.show.running[slot];
    else room.show.running[slot] = { code: e.code, at_beat: e.at_beat };
    return 'running';
  },
  hushed: (room, e) => ((room.show.running = e.running), 'running'),
  text_edited: (room, e) => {
    const updates = room.texts.get(e.text);
    if (updates) updates.push(e.update);
    else room.texts.set(e.text, [e.update]);
    return updates ? undefined : 'texts';
  },
  member_joined: (room, e) => (room.members.set(e.who.id, { ...e.who, online: true }), 'people'),
  member_left: (room, e) => (away(room, e.who), 'people'),
  member_changed: (room, e) => (room.members.set(e.who.id, e.who), 'people'),
  member_kicked: (room, e) => {
    away(room, e.who);
    const member = room.members.get(e.who);
    if (member) member.banned = e.banned;
    return 'people';
  },
  said: (room, e) => {
    room.chat.push({ seq: e.seq, member: e.member, at_millis: e.at_millis, text: e.text, edited: false });
    if (room.chat.length > 500) room.chat.shift();
    return 'chat';
  },
  message_edited: (room, e) => {
    const message = room.chat.find((one) => one.seq === e.message);
    if (message) Object.assign(message, { text: e.text, edited: true });
    return 'chat';
  },
  vote_opened: (room, e) => {
    room.votes.push({ seq: e.seq, question: e.question, options: e.options, ballots: {}, open: true });
    return 'votes';
  },
  vote_cast: (room, e) => {
    const vote = room.votes.find((one) => one.seq === e.vote);
    if (vote) vote.ballots[e.member] = e.option_idx;
    return 'votes';
  },
  vote_closed: (room, e) => {
    const vote = room.votes.find((one) => one.seq === e.vote);
    if (vote) vote.open = false;
    return 'votes';
  },
  param_opened: (room, e) => {
    const key = paramKey(e.layer, e.name);
    if (e.open) room.open.add(key);
    else room.open.delete(key);
    return 'play';
  },
  recording_changed: (room, e) => ((room.recording = e.recording ?? null), 'recording'),
};

const away = (room, id) => {
  const member = room.members.get(id);
  if (member) member.online = false;
  room.presence.delete(id);
};

/** Takes one event over; returns the part of the page it concerns. An event this page does not know
 *  changes nothing it shows. */
export const takeEvent = (room, event) => {
  room.seq = event.seq;
  return Object.hasOwn(RULES, event.event) ? RULES[event.event](room, event) : undefined;
};
