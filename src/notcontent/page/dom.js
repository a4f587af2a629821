// Builds what is on the screen out of elements, never out of markup in a text.

/** An element: build('a', {class: 'row', onclick: fn, hidden: true}, 'text', otherElement). null children are left out. */
export function build(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

export const paragraph = (text, kind = null) => build('p', { class: kind }, text);
export const list = (items) => build('ul', {}, items.map((item) => build('li', {}, item)));
export const fold = (title, ...children) =>
  build('details', { class: 'fold' }, build('summary', {}, title), ...children);
export const note = (...children) => build('div', { class: 'note' }, ...children);
export const card = (...children) => build('div', { class: 'card' }, ...children);
export const buttons = (...children) => build('div', { class: 'buttons' }, ...children);
export const mainButton = (text, onclick, more = {}) =>
  build('button', { type: 'button', class: 'button-main', onclick, ...more }, text);
export const plainButton = (text, onclick) => build('button', { type: 'button', class: 'button', onclick }, text);
export const quietButton = (text, onclick) => build('button', { type: 'button', class: 'button-quiet', onclick }, text);
/** An answer: a full-width row, clickable as a whole. */
export const answerRow = (text, more, onclick) =>
  build('li', {}, build('button', { type: 'button', class: 'row', onclick },
    build('span', { class: 'row-main' }, text, more ? build('span', { class: 'row-more' }, more) : null)));
/** An answer that can be ticked; `onchange` is told whether it is. */
export const check = (text, more, checked, onchange) =>
  build('li', {}, build('label', { class: 'row' },
    build('input', { type: 'checkbox', checked, onchange: ({ target }) => onchange(target.checked) }),
    build('span', { class: 'row-main' }, build('bdi', {}, text), more ? build('span', { class: 'row-more' }, more) : null)));
/** An input (with its id) under its label, and what goes with it. */
export const field = (label, input, ...more) =>
  build('div', { class: 'field' }, build('label', { for: input.id }, label), input, ...more);
export const rows = (...items) => build('ul', { class: 'rows' }, ...items);
/** A state as a word with a shape: kind is good, wait, stop or none. */
export const stateWord = (kind, text) => build('span', { class: `state state-${kind}` }, text);
/** A code or number that keeps its own reading direction. */
export const code = (text) => build('bdi', { class: 'code' }, text);
