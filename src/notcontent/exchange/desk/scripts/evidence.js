// The evidence of one case: records are made and sealed in this browser, and opened here by a key that only it has.
import { drawn, offerToOpen } from './opening.js';
import { show, submit } from './page.js';
import { fieldsOf, hashRecord, sealRecord } from './record.js';
import { openWith } from './seal.js';

for (const form of document.querySelectorAll('form[data-record]')) {
  form.querySelector('button').addEventListener('click', async ({ target }) => {
    if (!form.reportValidity()) return show('not_right');
    const keys = JSON.parse(form.dataset.to);
    if (keys.length === 0) return show('no_keys');
    target.disabled = true;
    try {
      const { sha256, sealed } = await sealRecord(fieldsOf(form), keys);
      await submit(form, (data) => {
        data.set('record', sha256);
        data.set('sealed', new File([sealed], 'record.age'));
      });
      show('kept');
      location.reload();
    } catch {
      show('not_sent');
      target.disabled = false;
    }
  });
}

for (const form of document.querySelectorAll('form[data-piece]')) {
  offerToOpen(form, async (sealed, key) => {
    const plain = await openWith(sealed, key.privateKey);
    // Files may follow after the empty line; they are for the folder that is made of an export.
    const end = plain.findIndex((byte, at) => byte === 10 && plain[at + 1] === 10);
    const lines = new TextDecoder('utf-8', { fatal: true }).decode(plain.subarray(0, end)).split('\n').slice(1);
    if (await hashRecord(lines) !== form.dataset.piece) return show('other_record');
    return drawn(lines.map((line) => JSON.parse(line)).map(([, name, text]) => [name, [text]]));
  });
}
