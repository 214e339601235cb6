// The Code tab: the shared texts. The editor itself is a chunk of its own, fetched when first opened.

import { byId, css, GLOW_MILLIS, h, say } from './dom.js';
import { isPerformer, mayWrite, mine } from './state.js';

const FIRST_TEXT = 'main';
// Cursor updates kept of a text nobody has opened here.
const MAX_EARLY = 100;

/** Opens the tab and returns what it wants to hear. */
export const openCode = (session, notify) => {
  const { room } = session;
  const [place, pick, bar, note] = ['editor', 'pick', 'code-bar', 'code-note'].map(byId);
  const source = document.documentElement.dataset.editor;
  const early = new Map();
  let editor;
  let glow;
  let loading;
  let shown;

  const names = () => {
    const known = [...room.texts.keys()].sort();
    return known.length || !mayWrite(room) ? known : [FIRST_TEXT];
  };

  const drawNote = () => {
    const running = Object.keys(room.show.running ?? {}).length;
    const state = mayWrite(room)
      ? ''
      : isPerformer(room) ? 'Read only: the host has turned writing off for you. ' : 'Read only: you are watching. ';
    say(note, `${state}${running ? `${running} ${running === 1 ? 'block runs' : 'blocks run'}.` : 'Nothing runs.'}`);
    bar.hidden = !mayWrite(room);
    editor?.setWritable(mayWrite(room));
  };

  const drawNames = () => {
    const all = names();
    shown = all.includes(shown) ? shown : all[0];
    pick.replaceChildren(...all.map((name) => h('option', { value: name, selected: name === shown }, name)));
    byId('pick-row').hidden = all.length < 2;
    const isEmpty = shown === undefined;
    byId('no-text').hidden = !isEmpty;
    place.hidden = isEmpty;
    if (isEmpty || !editor) return;
    editor.show(shown);
    for (const update of early.get(shown) ?? []) editor.awareness(shown, update);
    early.delete(shown);
  };

  const load = async () => {
    if (!source) {
      place.replaceChildren(h('p', { class: 'empty' }, 'This host was built without the editor. Everything else works. To have it: install Node, run ', h('code', {}, 'cargo xtask guest'), ' and build Jamlight again.'));
      return;
    }
    place.replaceChildren(h('p', { class: 'empty' }, 'The editor is coming…'));
    try {
      const { openEditor } = await import(source);
      place.replaceChildren();
      editor = openEditor({
        place,
        texts: () => room.texts,
        isIn: () => session.isIn,
        me: () => mine(room),
        edit: (text, update) => session.ask('edit_text', { text, update }),
        cursors: (text, update) => mayWrite(room) && session.tell({ type: 'awareness', text, update }),
        moved: (text, selection) => (place.dataset.at = JSON.stringify({ text, selection })),
        run,
        hush,
        problem: notify,
      });
      drawNote();
      drawNames();
    } catch (problem) {
      loading = undefined;
      place.replaceChildren(h('p', { class: 'empty' }, 'The editor did not come. ', h('button', { class: 'quiet', onclick: open }, 'Try again')));
    }
  };
  const open = () => (loading ??= load());

  const run = (text, code) => {
    const quantum = byId('quantum');
    const sent = mayWrite(room) && session.ask('evaluate', { text, block: '', code, quantum_beats: Number(quantum.value) });
    if (sent) notify(`Runs ${quantum.selectedOptions[0].text}.`);
  };
  const hush = () => mayWrite(room) && session.ask('hush');

  pick.addEventListener('change', () => {
    shown = pick.value;
    drawNames();
  });
  byId('run').addEventListener('click', () => editor?.run());
  byId('hush').addEventListener('click', hush);

  return {
    open,
    draw: () => (drawNote(), drawNames()),
    text: (name, update) => editor?.take(name, update),
    /** The whole room came anew. `isSame`: what was written here meanwhile goes to it. */
    state: (isSame) => {
      early.clear();
      editor?.reset(isSame);
    },
    back: () => editor?.back(),
    awareness: (name, update) => {
      if (editor?.awareness(name, update)) return;
      // Kept until that text is opened: each says only what is new.
      const waiting = early.get(name) ?? [];
      if (waiting.length < MAX_EARLY) early.set(name, [...waiting, update]);
    },
    /** Somebody ran something: the editor glows in that person's colour. */
    ran: (member) => {
      place.style.setProperty('--who', css(room.members.get(member)?.color ?? [128, 128, 128]));
      place.classList.add('held');
      clearTimeout(glow);
      glow = setTimeout(() => place.classList.remove('held'), GLOW_MILLIS);
    },
    /** Where the cursor is, for the people list. */
    at: () => (place.dataset.at && mayWrite(room) ? JSON.parse(place.dataset.at) : {}),
  };
};
