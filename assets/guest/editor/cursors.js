// Cursors and selections of the others, in their colours, with their names. The states are those of
// y-codemirror.next, so that stock editors and this page see each other.

import { Annotation } from '@codemirror/state';
import { Decoration, EditorView, ViewPlugin, WidgetType } from '@codemirror/view';
import * as Y from 'yjs';

const News = Annotation.define();
const GREY = '#8c8c94';
const MAX_NAME_CHARS = 24;

// Colours are classes: the page's policy lets no element carry a style when the editor clones it.
const MAX_COLOURS = 256;
const sheet = new CSSStyleSheet();
const colours = new Map();
const classOf = (user) => {
  const colour = /^#[0-9a-f]{6}$/i.test(user?.color) && colours.size < MAX_COLOURS ? user.color.toLowerCase() : GREY;
  if (!colours.has(colour)) {
    colours.set(colour, `who-${colour.slice(1)}`);
    sheet.insertRule(`.${colours.get(colour)} { --who: ${colour} }`);
  }
  return colours.get(colour);
};

class Caret extends WidgetType {
  constructor(name, colour, place) {
    super();
    this.name = name;
    this.colour = colour;
    this.place = place;
  }

  // One that was moved is a new one: its name shows again.
  eq(other) {
    return other.name === this.name && other.colour === this.colour && other.place === this.place;
  }

  toDOM() {
    const caret = document.createElement('span');
    const name = document.createElement('span');
    caret.className = `other ${this.colour}`;
    caret.setAttribute('aria-hidden', 'true');
    name.textContent = this.name;
    // Joined by no-width characters: the caret takes no place in the line.
    caret.append('\u2060', name, '\u2060');
    return caret;
  }

  get estimatedHeight() {
    return -1;
  }

  ignoreEvent() {
    return true;
  }
}

const theme = EditorView.baseTheme({
  '.other': { position: 'relative', borderLeft: '2px solid var(--who)', marginLeft: '-2px', pointerEvents: 'none' },
  '.other span': {
    position: 'absolute', left: '-2px', top: '-1.25em', fontSize: '11px', lineHeight: '1.3', padding: '0 4px', borderRadius: '3px 3px 3px 0',
    whiteSpace: 'nowrap', background: 'var(--who)', color: '#000', fontFamily: 'system-ui, sans-serif', zIndex: '3',
    // It stands on what is written above: whoever rests is only a line.
    animation: 'name-goes .4s 2.5s forwards',
  },
  '@keyframes name-goes': { to: { opacity: '0' } },
  '.cm-line:first-child .other span': { top: 'auto', bottom: '-1.1em', borderRadius: '0 3px 3px 3px' },
  '.others': { backgroundColor: 'color-mix(in srgb, var(--who) 30%, transparent)' },
});

/** Shows others' cursors in this text, and says where this one is. */
export const cursors = ({ doc, awareness, code }, root) => {
  if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  const place = (json) => {
    const found = json && Y.createAbsolutePositionFromRelativePosition(Y.createRelativePositionFromJSON(json), doc);
    return found && found.type === code ? found.index : undefined;
  };

  const draw = (view) => {
    const marks = [];
    const { length } = view.state.doc;
    for (const [id, state] of awareness.getStates()) {
      if (id === doc.clientID || !state?.cursor) continue;
      let anchor, head;
      try {
        [anchor, head] = [place(state.cursor.anchor), place(state.cursor.head)];
      } catch {
        continue;
      }
      if (anchor === undefined || head === undefined) continue;
      const [from, to] = [Math.min(anchor, head, length), Math.min(Math.max(anchor, head), length)];
      const colour = classOf(state.user);
      if (from < to) marks.push(Decoration.mark({ class: `others ${colour}` }).range(from, to));
      const name = String(state.user?.name ?? 'Somebody').slice(0, MAX_NAME_CHARS);
      const widget = new Caret(name, colour, JSON.stringify(state.cursor.head));
      marks.push(Decoration.widget({ widget, side: head > anchor ? -1 : 1 }).range(Math.min(head, length)));
    }
    return Decoration.set(marks, true);
  };

  const plugin = ViewPlugin.fromClass(class {
    constructor(view) {
      this.decorations = draw(view);
      this.listener = ({ added, updated, removed }) => {
        if ([...added, ...updated, ...removed].some((id) => id !== doc.clientID)) view.dispatch({ annotations: [News.of(true)] });
      };
      awareness.on('change', this.listener);
    }

    update(update) {
      const { anchor, head } = update.state.selection.main;
      if (update.selectionSet || update.docChanged || update.focusChanged) {
        const [from, to] = [anchor, head].map((at) => Y.relativePositionToJSON(Y.createRelativePositionFromTypeIndex(code, Math.min(at, code.length))));
        const now = awareness.getLocalState()?.cursor;
        if (update.view.hasFocus && JSON.stringify(now) !== JSON.stringify({ anchor: from, head: to })) {
          awareness.setLocalStateField('cursor', { anchor: from, head: to });
        }
      }
      this.decorations = draw(update.view);
    }

    destroy() {
      awareness.off('change', this.listener);
    }
  }, { decorations: (plugin) => plugin.decorations });

  return [plugin, theme];
};
