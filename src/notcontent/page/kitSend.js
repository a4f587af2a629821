// Stands in for send.js in the kit, where nothing is sent: what the page asks for is carried along, and a case becomes a sealed file
// that she brings to the helpline herself (docs/spec/person.md section 8).
import { build } from './dom.js';
import { site } from './say.js';
import { sealTo } from './seal.js';

const ROUNDS = 16;
const BITS = 13;
const STEP_BYTES = 4096;
const KEPT_MS = 60000;

/** Nothing, ever. */
export const sent = [];
export const onSent = () => {};
export class SendError extends Error {}

const carried = (name) => document.getElementById(`kit-${name}`).textContent;

/** The list that words are chosen from; null where a language has none. */
export const readWords = async () => (carried('words') ? carried('words').split('\n') : null);

/** Every help line of every country, as of the day the kit was made. */
export const readHelp = async () => JSON.parse(carried('help'));

/** The work of a case file: the hardest, since nobody was asked for it. */
export const readWork = async () => ({ challenge: `file:${new Date().toISOString().slice(0, 10)}`, rounds: ROUNDS, bits: BITS });

/** Hands the browser the case as a sealed file to keep. Padded, so that its length tells little. */
export async function openCase(body) {
  const text = new TextEncoder().encode(body);
  const padded = new Uint8Array(Math.ceil(text.length / STEP_BYTES) * STEP_BYTES).fill(32);
  padded.set(text);
  const url = URL.createObjectURL(new Blob([await sealTo(padded, [site.case_file_key])], { type: 'application/octet-stream' }));
  build('a', { href: url, download: 'notes.age' }).click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}
