// The letters of one case, opened and answered in this browser by a key that only this browser has.
import { openLetter, sealAnswer } from './device.js';
import { drawn, offerToOpen } from './opening.js';
import { element, say, show, submit } from './page.js';

/** What a letter says under one name, a line each. */
function lines(value) {
  if (Array.isArray(value)) return value.flatMap(lines);
  if (value && typeof value === 'object') return Object.entries(value).flatMap(([name, part]) => lines(part).map((line) => `${say(name) ?? name}: ${line}`));
  return [say(String(value)) ?? String(value)];
}

for (const form of document.querySelectorAll('form[data-letter]')) {
  offerToOpen(form, async (sealed, key) => {
    const letter = await openLetter(sealed, key);
    return drawn(Object.entries(letter).filter(([name]) => name !== 'v').map(([name, value]) => [name, lines(value)]));
  }, ({ message }) => {
    // A colleague has to agree first: the form itself leads to where she is asked.
    if (message === '403') form.submit();
    return message === '403';
  });
}

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
