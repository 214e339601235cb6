// The guest page. It starts with a name, and never leaves the room by itself.

import { byId, h, say } from './dom.js';
import { kept, takeInvite } from './invite.js';
import { openCode } from './code.js';
import { openPicture } from './picture.js';
import { openPlay } from './play.js';
import { openSession, sentenceOf } from './session.js';
import { openTalk } from './talk.js';

const IDLE_MILLIS = 5 * 60 * 1000;
const TOAST_MILLIS = 4000;
const TABS = ['play', 'code', 'room'];
// What the host keeps beside the room's history, named for everyone who is in it.
const RECORDED = {
  signal: 'This jam is recorded: what everyone changes, writes and says, and how loud the music is. No sound is kept.',
  sound: 'This jam is recorded with sound: what everyone changes, writes and says, and what the host’s machine hears.',
};

const [doors, stage, nameField, status] = ['doors', 'stage', 'name', 'status'].map(byId);

const notify = (sentence) => {
  const toast = byId('toast');
  say(toast, sentence);
  toast.classList.add('up');
  clearTimeout(notify.timer);
  notify.timer = setTimeout(() => toast.classList.remove('up'), TOAST_MILLIS);
};

const showPhase = ({ kind, sentence, action }) => {
  document.body.dataset.phase = kind;
  status.hidden = kind === 'in';
  const again = () => location.reload();
  status.replaceChildren(
    h('span', {}, sentence ?? ''),
    action ? h('button', { class: 'quiet', onclick: action.run === 'again' ? again : action.run }, action.label) : '',
  );
};

const selectTab = (name, focus) => {
  for (const tab of TABS) {
    const button = byId(`tab-${tab}`);
    button.ariaSelected = `${tab === name}`;
    button.tabIndex = tab === name ? 0 : -1;
    byId(tab).hidden = tab !== name;
    if (focus && tab === name) button.focus();
  }
  document.body.dataset.tab = name;
  kept.set('tab', name);
};

const join = (invite, name) => {
  doors.hidden = true;
  stage.hidden = false;
  let play, talk, code, picture;
  const drawing = new Set();
  // However many events come, each part is drawn once a frame.
  const redraw = (part) => {
    if (!drawing.size) requestAnimationFrame(() => {
      const parts = [...drawing];
      drawing.clear();
      parts.forEach((one) => DRAW[one]?.());
    });
    drawing.add(part);
  };
  const drawTitle = () => {
    const { title, now_playing: playing } = session.room.show;
    const { track } = playing ?? {};
    byId('playing').hidden = !track;
    say(byId('playing'), track ? `♪ ${[track.title, track.artist].filter(Boolean).join(' – ')}` : '');
    say(byId('title'), title || 'Jamlight');
    document.title = title ? `${title} · Jamlight` : 'Jamlight';
  };
  const DRAW = {
    play: () => play.draw(),
    people: () => (talk.drawPeople(), drawTitle()),
    chat: () => talk.drawChat(),
    votes: () => talk.drawVotes(),
    texts: () => code.draw(),
    running: () => code.draw(),
    picture: () => picture.draw(),
    recording: () => say(byId('recording'), RECORDED[session.room.recording] ?? ''),
    rights: () => (play.draw(), code.draw()),
  };
  const session = openSession(invite, name, {
    phase: showPhase,
    state: (room, isSame) => {
      code.state(isSame);
      Object.keys(DRAW).forEach(redraw);
      kept.set('room', room.me ? invite.room : '');
    },
    back: () => code.back(),
    part: (part, event) => {
      if (part === 'param') return play.moved(event);
      redraw(part);
      if (event?.event === 'evaluated' && event.code) code.ran(event.member);
      if (event?.event === 'member_changed' && event.who.id === session.room.me) redraw('rights');
      if (part === 'chat' && byId('room').hidden && event.event === 'said') byId('tab-room').dataset.news = '•';
      if (event?.event === 'vote_opened') notify(`A vote: ${event.question}`);
    },
    text: (text, update) => code.text(text, update),
    awareness: (text, update) => code.awareness(text, update),
    picture: (jpeg) => picture.show(jpeg),
    saving: (saved) => notify(saved ? 'The host saves again.' : 'The host cannot save at the moment. The show goes on.'),
    refused: (error, asked) => {
      if (error.code === 'limit_reached' && !asked) picture.full();
      else notify(sentenceOf(error));
      if (asked?.command === 'edit_text') {
        if (error.code === 'rate_limited') setTimeout(() => session.ask('edit_text', { text: asked.text, update: asked.update }), (error.retry_after ?? 1) * 1000);
        else session.refresh();
      } else {
        redraw('play');
      }
    },
  });
  play = openPlay(session, byId('controls'), notify);
  talk = openTalk(session);
  code = openCode(session, notify);
  picture = openPicture(session);

  for (const tab of TABS) {
    byId(`tab-${tab}`).addEventListener('click', () => {
      selectTab(tab);
      if (tab === 'code') code.open();
      if (tab === 'room') (delete byId('tab-room').dataset.news, talk.drawChat());
    });
  }
  byId('tabs').addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -9, End: 9 }[event.key];
    if (!step) return;
    event.preventDefault();
    const now = TABS.findIndex((tab) => byId(`tab-${tab}`).ariaSelected === 'true');
    const next = Math.abs(step) === 9 ? (step < 0 ? 0 : TABS.length - 1) : (now + step + TABS.length) % TABS.length;
    byId(`tab-${TABS[next]}`).click();
    byId(`tab-${TABS[next]}`).focus();
  });
  const first = TABS.includes(kept.get('tab')) ? kept.get('tab') : 'play';
  byId(`tab-${first}`).click();
  byId(`tab-${first}`).focus();
  byId('leave').addEventListener('click', () => session.leave());

  // What this person does, told when it changes.
  let touchedAt = performance.now();
  let told = '';
  for (const kind of ['pointerdown', 'keydown', 'touchstart']) addEventListener(kind, () => (touchedAt = performance.now()), { passive: true });
  setInterval(() => {
    if (!session.isIn) return (told = '');
    const presence = { ...code.at(), typing: talk.isTyping(), idle: performance.now() - touchedAt > IDLE_MILLIS };
    const text = JSON.stringify(presence);
    if (text !== told) session.tell({ type: 'presence', presence });
    told = text;
  }, 300);

  // A lamp for each beat of the bar.
  const lamps = byId('lamps');
  const tick = () => {
    const now = document.hidden ? undefined : session.beat();
    if (now) {
      if (lamps.children.length !== now.beats_per_bar) lamps.replaceChildren(...Array.from({ length: now.beats_per_bar }, () => h('i')));
      const lit = ((Math.floor(now.beat) % now.beats_per_bar) + now.beats_per_bar) % now.beats_per_bar;
      [...lamps.children].forEach((lamp, idx) => lamp.classList.toggle('lit', idx === lit));
      say(byId('tempo'), now.tempo_bpm.toFixed(0));
    }
    byId('beat').hidden = !now;
  };
  setInterval(tick, 40);
};

const invite = takeInvite() ?? (kept.get('room') ? { room: kept.get('room') } : undefined);
const comesBack = invite && kept.get(`token.${invite.room}`);
nameField.value = kept.get('name') ?? '';
if (!invite) {
  byId('join').hidden = true;
  byId('no-invite').hidden = false;
} else if (comesBack && nameField.value) {
  join(invite, nameField.value);
} else {
  byId('join').addEventListener('submit', (event) => {
    event.preventDefault();
    const name = nameField.value.trim();
    if (!name) return nameField.focus();
    kept.set('name', name);
    join(invite, name);
  });
  nameField.focus();
}
