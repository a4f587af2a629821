// What opens a case: words (or digits), made here and kept by nobody else, the keys made from them, the letter before it is sealed, and
// the text that is sent, byte for byte as it was shown. Pure. docs/spec/person.md sections 1, 3 and 6.
import { publicKeyOf, toHex } from './seal.js';

const WORD_COUNT = 6;
const DIGIT_COUNT = 24;
const ROUNDS = 600000;

/** What was typed, letters and digits only; hiragana for katakana, 0 to 9 for the digits of Arabic and Persian keyboards. */
export function normalise(typed) {
  return typed.normalize('NFKD').toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
    .replace(/[\u30a1-\u30f6]/g, (kana) => String.fromCharCode(kana.charCodeAt(0) - 0x60))
    .replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) & 15));
}

/** Every word equally likely (rejection sampling). */
export function chooseWords(words, count = WORD_COUNT, random = (numbers) => crypto.getRandomValues(numbers)) {
  const limit = Math.floor(65536 / words.length) * words.length;
  const chosen = [];
  const number = new Uint16Array(1);
  while (chosen.length < count) {
    random(number);
    if (number[0] < limit) chosen.push(words[number[0] % words.length]);
  }
  return chosen;
}

/** How many make at least 77 bits: six of 7,776, seven of 2,048. */
export const wordCount = (words) => (words.length >= 7776 ? WORD_COUNT : WORD_COUNT + 1);

/** In groups of four, where there is no list or she wants them: 79.7 bits. */
export const chooseDigits = () => chooseWords([...'0123456789'], DIGIT_COUNT).join('').match(/.{4}/g);

/**
 * In hex: locator (16 bytes), look_key, withdraw_key, read_key (32 each; read_key never leaves the device) and reply_to, its
 * public key. Takes about a second on purpose.
 */
export async function deriveKeys(typed) {
  const bytes = (text) => new TextEncoder().encode(text);
  const secret = await crypto.subtle.importKey('raw', bytes(normalise(typed)), 'PBKDF2', false, ['deriveBits']);
  const stretched = await crypto.subtle.deriveBits(
    { name: 'PBKDF2', hash: 'SHA-256', salt: bytes('notcontent/passphrase/1'), iterations: ROUNDS }, secret, 256);
  const master = await crypto.subtle.importKey('raw', stretched, 'HKDF', false, ['deriveBits']);
  const part = async (label, bits) => {
    const parameters = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info: bytes(`notcontent/${label}/1`) };
    return toHex(new Uint8Array(await crypto.subtle.deriveBits(parameters, master, bits)));
  };
  const readKey = await part('read', 256);
  return {
    locator: await part('locator', 128),
    look_key: await part('look', 256),
    withdraw_key: await part('withdraw', 256),
    read_key: readKey,
    reply_to: await publicKeyOf(readKey),
  };
}

/** The pictures that will be sent: read, not too plain, each code once. */
export const readyPictures = (state) => state.pictures.filter((picture) => picture.kind === 'ready');

/** A picture's upright code, or those of a video's frames. */
export const codesOf = ({ frames, orientations }) => frames ?? orientations.slice(0, 1);

/** null if there is nothing to say. */
export function letterOf({ answers, links, linkTitle, text }) {
  const said = Object.fromEntries(Object.entries(answers).filter(([, answer]) => answer !== null));
  const where = links.map((url, at) => (at === 0 && linkTitle ? { url, title: linkTitle } : { url }));
  if (where.length === 0 && linkTitle) where.push({ title: linkTitle });
  const letter = {
    ...(Object.keys(said).length > 0 ? { answers: said } : {}),
    ...(where.length > 0 ? { links: where } : {}),
    ...(text ? { text } : {}),
  };
  return Object.keys(letter).length > 0 ? { v: 1, ...letter } : null;
}

/** `work` is null until the device has done it. */
export function caseBody({ keys, circumstance, results, partners, later, statements, waitDays, letter, reach, work }) {
  return JSON.stringify({
    v: 1,
    locator: keys.locator,
    look_key: keys.look_key,
    withdraw_key: keys.withdraw_key,
    reply_to: keys.reply_to,
    circumstance,
    entries: results.map(({ frames, quality, orientations }) => (frames
      ? { kind: 'video', frames } : { kind: 'pdq', quality, orientations })),
    partners,
    later_sites: later,
    statements: [...statements].map(([partner, notices]) => ({ partner, notices })),
    wait_days: waitDays,
    letter,
    contact: reach,
    work,
  });
}

/** Enough of a code to compare it. */
export const shortCode = (code) => `${code.slice(0, 4)}…${code.slice(-4)}`;
