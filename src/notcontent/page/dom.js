// Builds what is on the screen out of elements, never out of markup in a text.

/** build('a', {class: 'row', onclick: fn, hidden: true}, 'text', otherElement). null children are left out. */
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
const button = (kind) => (text, onclick, more = {}) => build('button', { type: 'button', class: kind, onclick, ...more }, text);
export const mainButton = button('button-main');
export const plainButton = button('button');
export const quietButton = button('button-quiet');
export const alert = (text, id = null) => build('p', { class: 'error', role: 'alert', id }, text);
/** What a row says; `more` is smaller. */
export const rowMain = (text, more = null) => build('span', { class: 'row-main' }, text, more ? build('span', { class: 'row-more' }, more) : null);
/** An answer: a row, clickable as a whole. `words`: a text, or two of which the second is smaller. */
export const answerRow = (words, onclick) =>
  build('li', {}, build('button', { type: 'button', class: 'row', onclick }, rowMain(...[words].flat())));
/** An answer to tick; `onchange` is told whether it is. */
export const check = (text, checked, onchange, more = null) =>
  build('li', {}, build('label', { class: 'row' },
    build('input', { type: 'checkbox', checked, onchange: ({ target }) => onchange(target.checked) }), rowMain(build('bdi', {}, text), more)));
/** An input (with its id) under its label. */
export const field = (label, input, ...more) =>
  build('div', { class: 'field' }, build('label', { for: input.id }, label), input, ...more);
export const rows = (...items) => build('ul', { class: 'rows' }, ...items);
/** A word with a shape: kind is good, wait, stop or none. */
export const stateWord = (kind, text) => build('span', { class: `state state-${kind}` }, text);
/** A code or number that keeps its own reading direction. */
export const code = (text) => build('bdi', { class: 'code' }, text);
