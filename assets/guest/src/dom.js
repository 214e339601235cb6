// Makes elements. Foreign text only ever becomes a text node or an attribute that cannot run.

// What somebody else has touched glows so long.
export const GLOW_MILLIS = 1200;

/** Returns the element of the page with this id. */
export const byId = (id) => document.getElementById(id);

/** Makes an element: properties that begin with `on` are listeners, `true` is an empty attribute,
 *  `false` and `undefined` are none. */
export const h = (tag, properties = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== undefined && child !== false));
  return element;
};

/** A member's colour as CSS. */
export const css = ([r, g, b]) => `rgb(${r & 255} ${g & 255} ${b & 255})`;

/** A name in its member's colour; its writing direction stays its own. */
export const nameTag = (member) => {
  const dot = h('span', { class: 'dot', 'aria-hidden': 'true' });
  dot.style.setProperty('--who', css(member?.color ?? [128, 128, 128]));
  return h('span', { class: 'name' }, dot, h('bdi', {}, member?.name ?? 'Somebody'));
};

/** Replaces what is in an element only when it is not the same: focus and selection stay. */
export const say = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};
