// The words (or digits) that open a case, made here and kept by nobody else. What is sent are values made from them.
// The derivation is fixed by docs/spec/person.md section 1; vectors/passphrase.json holds examples.
import { formatCode } from './handOn.js';
import { publicKeyOf, toHex } from './seal.js';

export const WORD_COUNT = 6;
export const DIGIT_COUNT = 24;
const ROUNDS = 600000;

/**
 * What was typed, without capitals, accents, spaces, hyphens or line ends; hiragana for katakana, 0 to 9 for the digits of
 * Arabic and Persian keyboards.
 */
export function normalise(typed) {
  return typed.normalize('NFKD').toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
    .replace(/[\u30a1-\u30f6]/g, (kana) => String.fromCharCode(kana.charCodeAt(0) - 0x60))
    .replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) & 15));
}

/** `count` of `words`, every word equally likely: random numbers that would favour the first words are thrown away. */
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

/** How many words of a list make at least 77 bits: six of 7,776, seven of 2,048. */
export const wordCount = (words) => (words.length >= 7776 ? WORD_COUNT : WORD_COUNT + 1);

/** 24 digits in groups of four, for a language without a list and for whoever wants them: 79.7 bits. */
export const chooseDigits = () => chooseWords([...'0123456789'], DIGIT_COUNT).join('').match(/.{4}/g);

/**
 * In hex, from the words as typed: locator (16 bytes), look_key, withdraw_key, read_key (32 each; read_key never leaves the
 * device) and reply_to, the public key of read_key; and the two codes to hand on. Takes about a second on purpose.
 */
export async function deriveKeys(typed) {
  const bytes = (text) => new TextEncoder().encode(text);
  const secret = await crypto.subtle.importKey('raw', bytes(normalise(typed)), 'PBKDF2', false, ['deriveBits']);
  const stretched = await crypto.subtle.deriveBits(
    { name: 'PBKDF2', hash: 'SHA-256', salt: bytes('notcontent/passphrase/1'), iterations: ROUNDS }, secret, 256);
  const master = await crypto.subtle.importKey('raw', stretched, 'HKDF', false, ['deriveBits']);
  const part = async (label, length) => {
    const info = bytes(`notcontent/${label}/1`);
    const parameters = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info };
    return toHex(new Uint8Array(await crypto.subtle.deriveBits(parameters, master, length * 8)));
  };
  const labels = [['locator', 16], ['look', 32], ['withdraw', 32], ['read', 32]];
  const [locator, lookKey, withdrawKey, readKey] = await Promise.all(labels.map(([label, length]) => part(label, length)));
  return {
    locator,
    look_key: lookKey,
    withdraw_key: withdrawKey,
    read_key: readKey,
    reply_to: await publicKeyOf(readKey),
    looking_code: formatCode(locator, lookKey),
    withdrawing_code: formatCode(locator, withdrawKey),
  };
}

/**
 * Helps with a slip of the pen: how many words were typed, and the places (1, 2, …) of those that are not in the list. Only a
 * hint on this screen. Spaces may be missing. Without a list the same of digits.
 */
export function checkTyped(typed, words) {
  const known = new Set(words?.length ? words.map(normalise) : '0123456789');
  const longest = Math.max(...Array.from(known, (word) => word.length));
  const found = typed.split(/[\s,.;、。，；]+/u).flatMap((piece) => splitJoined(normalise(piece), known, longest));
  return { count: found.length, strange: found.map((word, at) => (known.has(word) ? 0 : at + 1)).filter(Boolean) };
}

/** `joined` cut into known words; from where none fits, the rest is one strange word (one sign, where words are signs). */
function splitJoined(joined, known, longest) {
  if (longest === 1) return [...joined];
  const words = [];
  for (let at = 0, end; at < joined.length; at = end) {
    end = at + longest;
    while (end > at && !known.has(joined.slice(at, end))) end--;
    if (end === at) end = joined.length;
    words.push(joined.slice(at, end));
  }
  return words;
}
