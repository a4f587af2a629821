// The page of the helpline's keys: a key of this browser, and letters and evidence sealed anew.
import { chooseKey, makeKey, ownKey, sealAnew } from './device.js';
import { ask, say, show } from './page.js';

const groups = (hex) => hex.match(/.{4}/g).join(' ');

async function showOwn() {
  const key = await ownKey();
  const here = document.getElementById('this-browser');
  const known = key && document.getElementById(`key-${key.publicHex}`);
  here.textContent = !key ? say('none') : known ? say('in_use') : say('not_yet');
  for (const tag of document.querySelectorAll('[data-here]')) tag.hidden = true;
  if (known) known.querySelector('[data-here]').hidden = false;
  document.getElementById('reseal').disabled = !known;
}

document.getElementById('make')?.addEventListener('click', async () => {
  try {
    const publicHex = await makeKey();
    document.getElementById('public').value = publicHex;
    show('made', groups(publicHex));
  } catch {
    show('cannot_make');
  }
  await showOwn();
});

document.getElementById('key-file').addEventListener('change', async ({ target }) => {
  try {
    await chooseKey(await target.files[0].text());
    show('chosen');
  } catch {
    show('no_key');
  }
  target.value = '';
  await showOwn();
});

document.getElementById('reseal')?.addEventListener('click', async ({ target }) => {
  target.disabled = true;
  const bar = document.getElementById('resealed');
  bar.hidden = false;
  let done = 0, failed = 0, after = '';
  try {
    const key = await ownKey();
    for (;;) {
      const { letters, left, keys } = await ask('GET', `/keys/letters?after=${after}`);
      if (letters.length === 0) break;
      const anew = [];
      for (const letter of letters) {
        after = letter.id;
        try {
          anew.push(await sealAnew(letter, key));
        } catch {
          failed += 1;
        }
      }
      if (anew.length > 0) done += (await ask('POST', '/keys/letters', { keys, letters: anew })).taken;
      bar.max = done + failed + left;
      bar.value = done + failed;
    }
    show(failed ? 'some_sealed' : 'all_sealed', done, failed);
    document.getElementById('waiting').hidden = true;
  } catch {
    show('interrupted', done);
  }
  target.disabled = false;
});

document.getElementById('with-script').hidden = false;
await showOwn();
