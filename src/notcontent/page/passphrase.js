// Six words that open a case, made here and kept by nobody else. What is sent are three values made from them.
// The derivation is fixed by docs/spec/person.md section 1; tests/page/passphrase-vectors.json holds examples.

export const WORD_COUNT = 6;
const ROUNDS = 600000;

/** What was typed, without capitals, accents, spaces, hyphens or line ends. */
export function normalise(typed) {
  return typed.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

/** Six words from `words`, every word equally likely: random numbers that would favour the first words are thrown away. */
export function chooseWords(words, random = (numbers) => crypto.getRandomValues(numbers)) {
  const limit = Math.floor(65536 / words.length) * words.length;
  const chosen = [];
  const number = new Uint16Array(1);
  while (chosen.length < WORD_COUNT) {
    random(number);
    if (number[0] < limit) chosen.push(words[number[0] % words.length]);
  }
  return chosen;
}

/** {locator: 32 hex, look_key: 64 hex, withdraw_key: 64 hex} from the words as typed. Takes about a second on purpose. */
export async function deriveKeys(typed) {
  const bytes = (text) => new TextEncoder().encode(text);
  const secret = await crypto.subtle.importKey('raw', bytes(normalise(typed)), 'PBKDF2', false, ['deriveBits']);
  const stretched = await crypto.subtle.deriveBits(
    { name: 'PBKDF2', hash: 'SHA-256', salt: bytes('notcontent/passphrase/1'), iterations: ROUNDS }, secret, 256);
  const master = await crypto.subtle.importKey('raw', stretched, 'HKDF', false, ['deriveBits']);
  const part = async (label, length) => {
    const info = bytes(`notcontent/${label}/1`);
    const parameters = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info };
    return hex(new Uint8Array(await crypto.subtle.deriveBits(parameters, master, length * 8)));
  };
  return {
    locator: await part('locator', 16),
    look_key: await part('look', 32),
    withdraw_key: await part('withdraw', 32),
  };
}

function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * Helps with a slip of the pen: the places (1, 2, …) of typed words that are not in the list, and how many were typed.
 * Only for a hint on this screen; case, accents and hyphens do not matter.
 */
export function checkTyped(typed, words) {
  const known = new Set(words.map(normalise));
  const typedWords = typed.split(/[\s,.;]+/u).map(normalise).filter(Boolean);
  const strange = typedWords.map((word, at) => (known.has(word) ? 0 : at + 1)).filter(Boolean);
  return { count: typedWords.length, strange };
}
