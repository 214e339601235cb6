// The Room tab: who is here, what is said, what is asked.

import { byId, h, nameTag, say } from './dom.js';
import { here, isModerator, isPerformer, mayWrite, mine } from './state.js';

const TYPING_MILLIS = 3000;
const ROLES = { host: 'host', co_host: 'co-host', performer: 'performer', viewer: '', display: 'screen' };

/** Fills the tab and keeps it current. */
export const openTalk = (session) => {
  const { room } = session;
  const [people, log, votes, form, field, typing, count, write] =
    ['people', 'log', 'votes', 'say', 'said', 'typing', 'count', 'write'].map(byId);
  const cancel = byId('unchange');
  let typedAt = -1e9;
  let changing;

  const doing = (member) => {
    const presence = room.presence.get(member.id) ?? {};
    if (presence.typing) return 'writing…';
    if (presence.idle) return 'away';
    return presence.text ? `in ${presence.text}` : '';
  };

  const drawPeople = () => {
    const all = here(room);
    say(count, `${all.length} ${all.length === 1 ? 'person' : 'people'} here`);
    const order = (member) => (member.id === room.me ? 0 : 1);
    people.replaceChildren(...all.sort((a, b) => order(a) - order(b) || a.id - b.id).map((member) => {
      const marks = [ROLES[member.role], member.id === room.me && 'you', member.wants_write && 'asks to play', doing(member)];
      return h('li', {}, nameTag(member), h('small', {}, marks.filter(Boolean).join(' · ')));
    }));
    const writers = all.filter((member) => member.id !== room.me && room.presence.get(member.id)?.typing);
    say(typing, writers.length ? `${writers.map((one) => one.name).join(', ')} ${writers.length > 1 ? 'are' : 'is'} writing…` : '');
    drawRights();
  };

  const drawRights = () => {
    const me = mine(room);
    const parts = [];
    if (me.role === 'display') parts.push('This is a screen: it shows, and asks for nothing.');
    else if (!mayWrite(room)) {
      parts.push(isPerformer(room) ? 'The host has turned writing off for you.' : 'You are watching: you may talk, vote, and play what is open.');
      const label = me.wants_write ? 'Take the request back' : 'Ask to play';
      parts.push(h('button', { class: 'quiet', onclick: () => session.ask('request_write', { wanted: !me.wants_write }) }, label));
    }
    const key = JSON.stringify([me.role, me.may_write, me.wants_write]);
    if (write.dataset.key !== key) {
      write.dataset.key = key;
      write.replaceChildren(...parts.map((part) => (typeof part === 'string' ? h('span', {}, part) : part)));
    }
    field.disabled = me.muted || me.role === 'display';
    field.placeholder = me.muted ? 'The host has muted you.' : 'Say something';
    form.hidden = me.role === 'display';
  };

  const clockOf = (millis) => new Date(millis).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });

  const line = (message) => h('article', {},
    h('span', { class: 'from' }, nameTag(room.members.get(message.member)), h('time', {}, clockOf(message.at_millis)), message.edited && h('small', {}, 'changed')),
    h('p', { dir: 'auto' }, message.text),
    message.member === room.me && h('button', { class: 'quiet', 'aria-label': `Change: ${message.text.slice(0, 40)}`, onclick: () => edit(message) }, 'change'));

  // Changing a message is writing it again; empty takes it away.
  const edit = (message) => {
    changing = message?.seq;
    field.value = message?.text ?? '';
    cancel.hidden = changing === undefined;
    field.focus();
  };

  const drawChat = () => {
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    const spoken = room.chat.filter((message) => message.text);
    const wanted = spoken.map((message) => `${message.seq}:${message.text}`);
    // Only what is new is added, so that screen readers speak only that.
    const drawn = [...log.children].map((item) => item.dataset.key);
    const isSame = drawn.every((key, idx) => key === wanted[idx]);
    if (!isSame || !drawn.length) log.replaceChildren();
    for (const message of spoken.slice(log.children.length)) {
      const item = line(message);
      item.dataset.key = `${message.seq}:${message.text}`;
      log.append(item);
    }
    byId('nothing-said').hidden = spoken.length > 0;
    if (atEnd || !isSame) log.scrollTop = log.scrollHeight;
  };

  const drawVotes = () => {
    const shown = room.votes.slice(-3).reverse();
    const focused = document.activeElement?.dataset?.vote;
    votes.replaceChildren(...shown.map((vote) => {
      const ballots = Object.entries(vote.ballots);
      const own = vote.ballots[room.me];
      const nums = vote.options.map((_, idx) => ballots.filter(([, choice]) => choice === idx).length);
      const most = Math.max(...nums, 1);
      const isAlone = nums.filter((num) => num === most).length === 1;
      const answers = vote.options.map((option, idx) => {
        const num = nums[idx];
        const first = num === most && (isAlone ? (vote.open ? 'leads' : 'won') : 'level');
        const marks = [own === idx && '✓ yours', first].filter(Boolean).join(' · ');
        const button = h('button', {
          class: num === most ? 'answer first' : 'answer', role: 'radio', 'aria-checked': `${own === idx}`, 'data-vote': `${vote.seq}.${idx}`,
          disabled: !vote.open || mine(room).role === 'display',
          onclick: () => session.ask('cast_vote', { vote: vote.seq, option_idx: idx }),
        }, h('bdi', {}, option), marks && h('span', { class: 'marks' }, marks), h('span', { class: 'num' }, `${num}`));
        button.style.setProperty('--part', `${ballots.length ? (num / ballots.length) * 100 : 0}%`);
        return button;
      });
      const end = isModerator(room) && vote.open && h('button', { class: 'quiet', onclick: () => session.ask('close_vote', { vote: vote.seq }) }, 'End the vote');
      return h('div', { class: 'vote', role: 'group', 'aria-label': `Vote: ${vote.question}` }, h('h2', { dir: 'auto' }, vote.question),
        h('div', { role: 'radiogroup', 'aria-label': vote.question }, ...answers),
        h('small', {}, `${ballots.length} voted${vote.open ? '' : ' · ended'}`), end);
    }));
    if (focused) votes.querySelector(`[data-vote="${focused}"]`)?.focus();
  };

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const text = field.value.trim();
    const isSent = changing !== undefined ? session.ask('edit_message', { message: changing, text }) : text && session.ask('say', { text });
    if (!isSent) return;
    edit();
    typedAt = -1e9;
    log.scrollTop = log.scrollHeight;
  });
  cancel.addEventListener('click', () => edit());
  field.addEventListener('input', () => (typedAt = performance.now()));

  return {
    drawPeople,
    drawChat,
    drawVotes,
    draw: () => (drawPeople(), drawChat(), drawVotes()),
    /** Whether this person writes in the chat now. */
    isTyping: () => performance.now() - typedAt < TYPING_MILLIS,
  };
};
