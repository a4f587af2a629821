// The evidence of one case: records are made and sealed in this browser, and opened here by a key that only it has.
// docs/spec/evidence.md says what a record is; src/notcontent/evidence/record.py makes the same bytes.
import { drawn, offerToOpen } from './opening.js';
import { show, submit } from './page.js';
import { openWith, sealTo, toHex } from './seal.js';

const KIND = 'notcontent-evidence-record/1';
const STEP_BYTES = 1024;
const bytesOf = (text) => new TextEncoder().encode(text);
const hash = async (text) => toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytesOf(text))));
const moment = (date) => `${date.toISOString().slice(0, 19)}Z`;

/** The hash of a record: over the hashes of its lines. */
async function hashRecord(lines) {
  const hashes = await Promise.all(lines.map((line) => { const told = JSON.parse(line); return told.length === 2 ? told[1] : hash(line); }));
  return hash([KIND, ...hashes].map((each) => `${each}\n`).join(''));
}

function fieldsOf(form) {
  const typed = [...form.querySelectorAll('[data-field]')].map((input) => {
    const text = input.value.trim();
    return [input.dataset.field, text && input.type === 'datetime-local' ? moment(new Date(text)) : text];
  });
  const { record, case: id, collector } = form.dataset;
  return [['kind', record], ...typed, ['case', id], ['collector', collector], ['sealed_at', moment(new Date())]].filter(([, text]) => text);
}

/** A record, padded and sealed to every key of the helpline, and its hash. */
async function sealRecord(fields, keysHex) {
  // Half of a pair of signs has no bytes of its own: it would be another text once it was read again.
  const lines = fields.map(([name, text]) => JSON.stringify([toHex(crypto.getRandomValues(new Uint8Array(16))), name, text.toWellFormed?.() ?? text]));
  const plain = bytesOf([KIND, ...lines, '', ''].join('\n'));
  const padded = new Uint8Array(Math.ceil(plain.length / STEP_BYTES) * STEP_BYTES).fill(32);
  padded.set(plain);
  return { sha256: await hashRecord(lines), sealed: await sealTo(padded, keysHex) };
}

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
