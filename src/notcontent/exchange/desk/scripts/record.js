// A record of evidence, made and sealed in this browser. docs/spec/evidence.md says what it is; src/notcontent/evidence/record.py
// makes the same bytes.
import { sealTo, toHex } from './seal.js';

const KIND = 'notcontent-evidence-record/1';
const STEP_BYTES = 1024;
const bytesOf = (text) => new TextEncoder().encode(text);

/** SHA-256 of bytes, 64 hex digits. */
export const hashOf = async (bytes) => toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
/** A time as a record writes it. */
export const moment = (date) => `${date.toISOString().slice(0, 19)}Z`;

/** The hash of a record: over the hashes of its lines. */
export async function hashRecord(lines) {
  const hashes = await Promise.all(lines.map((line) => { const told = JSON.parse(line); return told.length === 2 ? told[1] : hashOf(bytesOf(line)); }));
  return hashOf(bytesOf([KIND, ...hashes].map((each) => `${each}\n`).join('')));
}

/** What was typed into a form, between what the page itself knows. */
export function fieldsOf(form) {
  const typed = [...form.querySelectorAll('[data-field]')].map((input) => {
    const text = input.value.trim();
    return [input.dataset.field, text && input.type === 'datetime-local' ? moment(new Date(text)) : text];
  });
  const { record, case: id, collector } = form.dataset;
  return [['kind', record], ...typed, ['case', id], ['collector', collector], ['sealed_at', moment(new Date())]].filter(([, text]) => text);
}

/** A record and the bytes of its files, padded and sealed to every key of the helpline, and the record's hash. */
export async function sealRecord(fields, keysHex, files = []) {
  // Half of a pair of signs has no bytes of its own: it would be another text once it was read again.
  const lines = fields.map(([name, text]) => JSON.stringify([toHex(crypto.getRandomValues(new Uint8Array(16))), name, text.toWellFormed?.() ?? text]));
  const parts = [bytesOf([KIND, ...lines, '', ''].join('\n')), ...files];
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const padded = new Uint8Array(Math.ceil(length / STEP_BYTES) * STEP_BYTES).fill(32);
  let at = 0;
  for (const part of parts) {
    padded.set(part, at);
    at += part.length;
  }
  return { sha256: await hashRecord(lines), sealed: await sealTo(padded, keysHex) };
}
