// What stands sealed in a row of a table, opened below it by the key of this browser or of a file. Letters and evidence share it.
import { chooseKey, ownKey } from './device.js';
import { element, say, show, submit } from './page.js';

/** A list of [name, lines]. Links stay text: nobody is led to a picture by a slip of the finger. */
export function drawn(rows) {
  const list = element('dl', '', ...rows.map(([name, lines]) =>
    element('div', '', element('dt', say(name) ?? name), ...lines.map((line) => element('dd', line)))));
  list.className = 'facts letter';
  list.dir = 'auto';
  return list;
}

/**
 * Puts a button after the form. `read(bytes, key)` resolves to what is shown, or to nothing where it has said why not;
 * `instead(error)` is true where it deals with what the desk answered.
 */
export function offerToOpen(form, read, instead = () => false) {
  const button = element('button', say('open_here'));
  button.type = 'button';
  button.className = 'button-quiet';
  button.addEventListener('click', async () => {
    const key = await ownKey();
    if (!key) return show('no_own_key');
    try {
      const opened = await read(await submit(form), key);
      if (!opened) return;
      const row = form.closest('tr');
      const cell = element('td', '', opened);
      cell.colSpan = row.cells.length;
      row.after(element('tr', '', cell));
      button.remove();
    } catch (error) {
      if (!instead(error)) show(error.constructor.name === 'NotOpened' ? 'not_for_this' : 'not_fetched');
    }
  });
  form.after(button);
}

document.getElementById('key-file').addEventListener('change', async ({ target }) => {
  try {
    await chooseKey(await target.files[0].text());
    show('chosen');
  } catch {
    show('no_key');
  }
  target.value = '';
});
