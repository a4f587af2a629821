// The words (or digits) that open a case, made here and kept by nobody else; only values made from them are sent.
// docs/spec/person.md section 1; vectors/passphrase.json holds examples.
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

/** Every word equally likely: random numbers that would favour the first ones are thrown away. */
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
