// The shared editor: CodeMirror over Yjs documents that live in the room. It owns no connection; the
// page hands it updates and takes its own.

import { closeBrackets, closeBracketsKeymap } from '@codemirror/autocomplete';
import { defaultKeymap } from '@codemirror/commands';
import { javascriptLanguage } from '@codemirror/lang-javascript';
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { Compartment, EditorState } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, highlightSpecialChars, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { yCollab, yUndoManagerKeymap } from 'y-codemirror.next';
import { applyAwarenessUpdate, Awareness, encodeAwarenessUpdate, removeAwarenessStates } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { cursors } from './cursors.js';

// The name of the shared type that holds the code (sync-protocol's ROOT_TEXT).
const ROOT = 'code';
// Keystrokes within so many milliseconds travel as one update.
const BATCH_MILLIS = 40;
// Cursors leave this page at most ten times a second.
const CURSOR_MILLIS = 100;
const FROM_ROOM = 'room';

const decode = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const encode = (bytes) => {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
};
const hex = (color) => `#${color.map((part) => (part & 255).toString(16).padStart(2, '0')).join('')}`;

const theme = EditorView.theme({
  '&': { height: '100%', fontSize: '15px', color: 'var(--text)', backgroundColor: 'var(--panel)' },
  '&.cm-focused': { outline: '3px solid var(--accent)', outlineOffset: '-3px' },
  '.cm-scroller': { fontFamily: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace', lineHeight: '1.6', overflow: 'auto' },
  '.cm-content': { padding: '12px 0', caretColor: 'var(--accent)' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--dim)', border: 'none' },
  '.cm-lineNumbers .cm-gutterElement': { minWidth: '24px' },
  '.cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--well) 45%, transparent)' },
  '.cm-cursor': { borderLeft: '2px solid var(--accent)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--hover)' },
  '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--hover)', color: 'inherit' },
});

const colours = syntaxHighlighting(HighlightStyle.define([
  { tag: tags.comment, color: 'var(--dim)', fontStyle: 'italic' },
  { tag: [tags.string, tags.special(tags.string)], color: 'light-dark(#14663f, #74d6aa)' },
  { tag: [tags.number, tags.bool], color: 'light-dark(#8a3c00, #ffb05c)' },
  { tag: [tags.keyword, tags.operator], color: 'light-dark(#7a2a8c, #e39df2)' },
  { tag: [tags.function(tags.variableName), tags.function(tags.propertyName)], color: 'light-dark(#0b5394, #8fc7ff)' },
]));

/** Returns the line of the first thing that is no code, 0 when all can be read. */
const unreadableLine = (code) => {
  let line = 0;
  javascriptLanguage.parser.parse(code).iterate({
    enter: ({ type, from }) => {
      if (type.isError) line ||= code.slice(0, from).split('\n').length;
    },
  });
  return line;
};

/** Returns the first or the last line of the paragraph round a place: empty lines part them. */
const edgeOf = (doc, at, step) => {
  let { number } = doc.lineAt(at);
  while (number + step >= 1 && number + step <= doc.lines && doc.line(number + step).text.trim()) number += step;
  return number;
};

/** Opens the editor in `place`; what it needs of the page comes in `page`. */
export const openEditor = (page) => {
  // A shadow root takes the editor's style sheets as objects: the page's policy allows no others.
  const root = page.place.attachShadow({ mode: 'open' });
  const writable = new Compartment();
  const texts = new Map();
  let isWritable = false;
  let shown;
  let view;

  const rights = () => [EditorState.readOnly.of(!isWritable), EditorView.contentAttributes.of({ 'aria-readonly': `${!isWritable}` })];

  const open = (name) => {
    const doc = new Y.Doc();
    const awareness = new Awareness(doc);
    const text = { name, doc, awareness, code: doc.getText(ROOT), pending: [] };
    texts.set(name, text);
    take(name, page.texts().get(name) ?? []);
    text.undo = new Y.UndoManager(text.code, { captureTimeout: 400 });
    doc.on('update', (update, origin) => {
      if (origin === FROM_ROOM) return;
      text.pending.push(update);
      text.timer ??= setTimeout(flush, BATCH_MILLIS, text);
    });
    awareness.on('update', ({ added, updated, removed }, origin) => {
      if (origin === FROM_ROOM || ![...added, ...updated, ...removed].includes(doc.clientID)) return;
      text.cursorTimer ??= setTimeout(tellCursor, CURSOR_MILLIS, text);
    });
    return text;
  };

  const flush = (text) => {
    text.timer = undefined;
    // Away: it waits here as one update, however long.
    if (!text.pending.length || !page.isIn()) return;
    page.edit(text.name, encode(Y.mergeUpdates(text.pending.splice(0))));
  };
  const tellCursor = (text) => {
    text.cursorTimer = undefined;
    page.cursors(text.name, encode(encodeAwarenessUpdate(text.awareness, [text.doc.clientID])));
  };
  const signIn = ({ awareness }) => {
    const { name, color } = page.me();
    const user = { name, color: hex(color), colorLight: `${hex(color)}33` };
    awareness.setLocalState({ ...awareness.getLocalState(), user });
  };

  const take = (name, updates) => {
    const text = texts.get(name);
    if (!text) return;
    for (const update of [].concat(updates)) {
      try {
        Y.applyUpdate(text.doc, decode(update), FROM_ROOM);
      } catch (problem) {
        console.warn('an update could not be read', problem);
      }
    }
  };

  const show = (name) => {
    if (shown?.name === name) return;
    shown?.awareness.setLocalState(null);
    shown = texts.get(name) ?? open(name);
    signIn(shown);
    view?.destroy();
    const state = EditorState.create({
      doc: shown.code.toString(),
      extensions: [
        keymap.of([
          { key: 'Mod-Enter', run: () => (run(), true) },
          { key: 'Alt-Enter', run: () => (run(true), true) },
          { key: 'Mod-.', run: () => (page.hush(), true) },
        ]),
        lineNumbers(), highlightSpecialChars(), drawSelection(), indentOnInput(), bracketMatching(), closeBrackets(), highlightActiveLine(),
        javascriptLanguage, colours, theme, EditorView.lineWrapping,
        keymap.of([...closeBracketsKeymap, ...yUndoManagerKeymap, ...defaultKeymap]),
        EditorState.tabSize.of(2),
        EditorView.contentAttributes.of({ 'aria-label': `Shared code: ${name}`, autocapitalize: 'off', autocorrect: 'off', spellcheck: 'false' }),
        writable.of(rights()),
        yCollab(shown.code, null, { undoManager: shown.undo }),
        cursors(shown, root),
        EditorView.updateListener.of((update) => {
          if (!update.selectionSet && !update.docChanged) return;
          const { anchor, head } = update.state.selection.main;
          page.moved(name, [anchor, head]);
        }),
      ],
    });
    view = new EditorView({ state, parent: root, root });
  };

  const run = (isParagraph = false) => {
    if (!view || !isWritable) return;
    const { doc, selection } = view.state;
    const first = isParagraph ? edgeOf(doc, selection.main.head, -1) : 1;
    const last = isParagraph ? edgeOf(doc, selection.main.head, 1) : doc.lines;
    const code = doc.sliceString(doc.line(first).from, doc.line(last).to);
    flush(shown);
    const wrong = unreadableLine(code);
    if (wrong) page.problem(`Line ${wrong + first - 1} cannot be read. What ran before runs on.`);
    else page.run(shown.name, code);
  };

  return {
    show,
    take,
    run,
    /** Takes others' cursors; false when this text has not been opened. */
    awareness: (name, update) => {
      const text = texts.get(name);
      if (text) applyAwarenessUpdate(text.awareness, decode(update), FROM_ROOM);
      return text !== undefined;
    },
    setWritable: (wanted) => {
      if (wanted === isWritable) return;
      isWritable = wanted;
      view?.dispatch({ effects: writable.reconfigure(rights()) });
    },
    /** The room's texts came anew. What this page wrote meanwhile goes to it, unless the page was
     *  told that it may not have. */
    reset: (isSame) => {
      if (isSame) {
        for (const text of texts.values()) {
          const updates = (page.texts().get(text.name) ?? []).map(decode);
          const known = updates.length ? Y.encodeStateVectorFromUpdate(Y.mergeUpdates(updates)) : undefined;
          updates.forEach((update) => Y.applyUpdate(text.doc, update, FROM_ROOM));
          text.pending = [Y.encodeStateAsUpdate(text.doc, known)].filter((update) => update.length > 2);
        }
        return;
      }
      const name = shown?.name;
      for (const text of texts.values()) {
        clearTimeout(text.timer);
        clearTimeout(text.cursorTimer);
        text.awareness.destroy();
        text.doc.destroy();
      }
      texts.clear();
      shown = undefined;
      if (name !== undefined) show(name);
    },
    /** The line is back: what waited goes, and the others see this cursor again. */
    back: () => {
      for (const text of texts.values()) {
        flush(text);
        const others = [...text.awareness.getStates().keys()].filter((id) => id !== text.doc.clientID);
        removeAwarenessStates(text.awareness, others, FROM_ROOM);
      }
      // Twice: the room counted one itself when it said that this cursor had gone.
      if (shown) (signIn(shown), signIn(shown));
    },
  };
};
