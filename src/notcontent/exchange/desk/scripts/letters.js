// The letters of one case, opened and answered in this browser by a key that only this browser has.
import { chooseKey, openLetter, ownKey, sealAnswer } from './device.js';
import { say, show, submit } from './page.js';

const element = (name, text, ...children) => {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  made.append(...children);
  return made;
};

/** Links stay text: nobody is led to a picture by a slip of the finger. */
function lines(value) {
  if (Array.isArray(value)) return value.flatMap(lines);
  if (value && typeof value === 'object') return Object.entries(value).flatMap(([name, part]) => lines(part).map((line) => `${say(name) ?? name}: ${line}`));
  return [say(String(value)) ?? String(value)];
}

function drawn(letter) {
  const rows = Object.entries(letter).filter(([name]) => name !== 'v').map(([name, value]) =>
    element('div', '', element('dt', say(name) ?? name), ...lines(value).map((line) => element('dd', line))));
  const list = element('dl', '', ...rows);
  list.className = 'facts letter';
  list.dir = 'auto';
  return list;
}

for (const form of document.querySelectorAll('form[data-letter]')) {
  const button = element('button', say('open_here'));
  button.type = 'button';
  button.className = 'button-quiet';
  button.addEventListener('click', async () => {
    const key = await ownKey();
    if (!key) return show('no_own_key');
    try {
      const letter = await openLetter(await submit(form), key);
      const row = form.closest('tr');
      const cell = element('td', '', drawn(letter));
      cell.colSpan = row.cells.length;
      row.after(element('tr', '', cell));
      button.remove();
    } catch (error) {
      // A colleague has to agree first: the form itself leads to where she is asked.
      if (error.message === '403') return form.submit();
      show(error.constructor.name === 'NotOpened' ? 'not_for_this' : 'not_fetched');
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

const answer = document.getElementById('answer-form');
if (answer) {
  const written = document.getElementById('written');
  for (const reply of document.querySelectorAll('[data-reply]')) {
    const button = element('button', say('take'));
    button.type = 'button';
    button.className = 'button button-small';
    button.addEventListener('click', () => {
      const before = written.value.slice(0, written.selectionStart);
      const gap = before && !before.endsWith('\n\n') ? '\n\n' : '';
      written.setRangeText(gap + reply.textContent, written.selectionStart, written.selectionEnd, 'end');
      written.focus();
    });
    reply.after(button);
  }
  document.getElementById('seal-and-send').addEventListener('click', async () => {
    const text = written.value.trim();
    if (!text) return show('empty');
    try {
      const sealed = await sealAnswer(text, JSON.parse(answer.dataset.to));
      await submit(answer, (data) => data.set('answer', new File([sealed], 'answer.age')));
      location.reload();
    } catch {
      show('not_sent');
    }
  });
}
for (const part of document.querySelectorAll('[data-with-script]')) part.hidden = false;
for (const part of document.querySelectorAll('[data-without-script]')) part.hidden = true;
