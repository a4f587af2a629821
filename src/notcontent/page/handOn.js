// The looking and the withdrawing code: what she hands on, or types where no script runs, instead of the words. Pure.
// docs/spec/person.md section 1; vectors/passphrase.json holds examples.
import { sha256 } from './work.js';

const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const SIGNS = 80;

const checksum = (hex) => {
  const bytes = Uint8Array.from(hex.match(/../g), (pair) => Number.parseInt(pair, 16));
  return sha256(bytes)[0].toString(16).padStart(8, '0').slice(0, 4);
};

/** 80 signs in groups of five. `locator` 32 hex digits, `key` 64: the look key or the withdraw key. */
export function formatCode(locator, key) {
  const hex = locator + key;
  if (!/^[0-9a-f]{96}$/.test(hex)) throw new RangeError('A code is made of a locator and a key.');
  let number = BigInt(`0x${hex}${checksum(hex)}`);
  let signs = '';
  for (; signs.length < SIGNS; number >>= 5n) signs = DIGITS[Number(number & 31n)] + signs;
  return signs.match(/.{5}/g).join(' ');
}

/** {locator, key} in hex from a code as typed, or null where a sign is missing or wrong. */
export function parseCode(typed) {
  const plain = typed.normalize('NFKD').replace(/[\s\p{Cf}\p{Pd}]/gu, '').toUpperCase().replace(/O/g, '0').replace(/[IL]/g, '1');
  const values = Array.from(plain, (sign) => DIGITS.indexOf(sign));
  if (values.length !== SIGNS || values.includes(-1)) return null;
  const hex = values.reduce((number, value) => (number << 5n) | BigInt(value), 0n).toString(16).padStart(100, '0');
  return checksum(hex.slice(0, 96)) === hex.slice(96) ? { locator: hex.slice(0, 32), key: hex.slice(32, 96) } : null;
}
