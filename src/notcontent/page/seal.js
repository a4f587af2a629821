// Letters that only the helpline, or only she, can open: the age format, version 1, with X25519 keys
// (age-encryption.org/v1, C2SP age.md), written out so that the page needs nothing foreign. docs/spec/person.md section 1.
//
// HKDF and HMAC are the browser's own. So is X25519 where the browser has it; older phones count it out below.
import { seal, TAG_BYTES, unseal } from './chacha.js';

const VERSION = 'age-encryption.org/v1\n';
const STANZA = 'X25519';
const FILE_KEY_BYTES = 16;
const CHUNK_BYTES = 65536;
const MAX_HEADER_BYTES = 16384;
const MAX_STANZAS = 64;
const LETTER_STEP_BYTES = 1024;
export const MAX_LETTER_BYTES = 65536;

/** What was to be opened is damaged, or not sealed to this key. Which of them is not told. */
export class NotOpened extends Error {}
/** A letter that is longer than the helpline takes. */
export class LetterTooLong extends Error {}

const bytesOf = (text) => new TextEncoder().encode(text);
const latin = (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
export const toBase64 = (bytes) => btoa(latin(bytes));
export const fromBase64 = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
export const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** 32 bytes from 64 hex digits. */
export function keyFromHex(hex) {
  if (!/^[0-9a-f]{64}$/.test(hex)) throw new RangeError('A key is 64 hex digits.');
  return Uint8Array.from(hex.match(/../g), (pair) => Number.parseInt(pair, 16));
}

// ---- X25519 (RFC 7748)

const BASE_POINT = Uint8Array.of(9, ...new Uint8Array(31));
const PKCS8_X25519 = [48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 110, 4, 34, 4, 32];
const P = 2n ** 255n - 19n;

/** The same by BigInt, for a browser without X25519. Its time depends on the key, which nobody but this device can measure. */
export function countX25519(privateKey, publicKey) {
  const number = (bytes) => BigInt(`0x${toHex(Uint8Array.from(bytes).reverse())}`);
  const power = (base, exponent) => {
    let result = 1n;
    for (let square = base, rest = exponent; rest; rest >>= 1n, square = (square * square) % P) if (rest & 1n) result = (result * square) % P;
    return result;
  };
  const k = (number(privateKey) & ((1n << 254n) - 8n)) | (1n << 254n);
  const u = (number(publicKey) & ((1n << 255n) - 1n)) % P;
  let x2 = 1n, z2 = 0n, x3 = u, z3 = 1n, swapped = 0n;
  for (let bit = 254n; bit >= 0n; bit--) {
    const now = (k >> bit) & 1n;
    if (now !== swapped) [x2, x3, z2, z3] = [x3, x2, z3, z2];
    swapped = now;
    const a = x2 + z2, b = x2 - z2 + P, aa = (a * a) % P, bb = (b * b) % P, e = aa - bb + P;
    const da = (x3 - z3 + P) * a, cb = (x3 + z3) * b;
    x3 = ((da + cb) ** 2n) % P;
    z3 = (u * (((da - cb) ** 2n) % P)) % P;
    x2 = (aa * bb) % P;
    z2 = (e * (aa + 121665n * e)) % P;
  }
  if (swapped) [x2, z2] = [x3, z3];
  const hex = ((x2 * power(z2, P - 2n)) % P).toString(16).padStart(64, '0');
  return keyFromHex(hex).reverse();
}

/** `privateKey`: 32 bytes, or a CryptoKey, which need not be extractable. */
async function x25519(privateKey, publicKey) {
  let shared;
  try {
    const own = privateKey instanceof CryptoKey ? privateKey
      : await crypto.subtle.importKey('pkcs8', Uint8Array.of(...PKCS8_X25519, ...privateKey), STANZA, false, ['deriveBits']);
    const theirs = await crypto.subtle.importKey('raw', publicKey, STANZA, false, []);
    shared = new Uint8Array(await crypto.subtle.deriveBits({ name: STANZA, public: theirs }, own, 256));
  } catch {
    shared = countX25519(privateKey, publicKey);
  }
  if (shared.every((byte) => byte === 0)) throw new NotOpened('a key of low order');
  return shared;
}

/** The public key, 64 hex digits, of a private one. */
export const publicKeyOf = async (privateHex) => toHex(await x25519(keyFromHex(privateHex), BASE_POINT));

// ---- The format

async function hkdf(secret, salt, label) {
  const key = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits']);
  const parameters = { name: 'HKDF', hash: 'SHA-256', salt, info: bytesOf(label) };
  return new Uint8Array(await crypto.subtle.deriveBits(parameters, key, 256));
}

async function headerKey(fileKey, usage) {
  const key = await hkdf(fileKey, new Uint8Array(0), 'header');
  return crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, [usage]);
}

const wrapKey = (shared, share, recipient) => hkdf(shared, Uint8Array.of(...share, ...recipient), `age-encryption.org/v1/${STANZA}`);
const unpadded = (bytes) => toBase64(bytes).replace(/=+$/, '');
const NO_NONCE = new Uint8Array(12);

/** The nonce of a chunk of the payload: its number in eleven bytes, and whether it is the last. */
function chunkNonce(number, last) {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setUint32(7, number);
  nonce[11] = last ? 1 : 0;
  return nonce;
}

/** `plain` sealed to every one of the public keys: whoever has one private key can open it. */
export async function sealTo(plain, keysHex) {
  if (keysHex.length === 0) throw new RangeError('Nobody to seal to.');
  const fileKey = crypto.getRandomValues(new Uint8Array(FILE_KEY_BYTES));
  let header = VERSION;
  for (const recipient of keysHex.map(keyFromHex)) {
    const once = crypto.getRandomValues(new Uint8Array(32));
    const share = await x25519(once, BASE_POINT);
    const wrapped = seal(await wrapKey(await x25519(once, recipient), share, recipient), NO_NONCE, fileKey);
    header += `-> ${STANZA} ${unpadded(share)}\n${unpadded(wrapped)}\n`;
  }
  header += '---';
  const mac = new Uint8Array(await crypto.subtle.sign('HMAC', await headerKey(fileKey, 'sign'), bytesOf(header)));
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const key = await hkdf(fileKey, salt, 'payload');
  const parts = [bytesOf(`${header} ${unpadded(mac)}\n`), salt];
  for (let at = 0, number = 0; at < plain.length || number === 0; at += CHUNK_BYTES, number++) {
    parts.push(seal(key, chunkNonce(number, at + CHUNK_BYTES >= plain.length), plain.subarray(at, at + CHUNK_BYTES)));
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/**
 * What was sealed to the public key of `privateKey`, which is 64 hex digits or a CryptoKey. Throws NotOpened and nothing else,
 * whatever the bytes are.
 */
export async function openWith(untrusted, privateKey) {
  const { stanzas, signed, mac, payload } = readHeader(untrusted);
  const own = typeof privateKey === 'string' ? keyFromHex(privateKey) : privateKey;
  const recipient = await x25519(own, BASE_POINT);
  let fileKey = null;
  for (const { share, body } of stanzas) {
    fileKey ??= unseal(await wrapKey(await x25519(own, share), share, recipient), NO_NONCE, body);
  }
  if (fileKey === null) throw new NotOpened('sealed to another key');
  if (!await crypto.subtle.verify('HMAC', await headerKey(fileKey, 'verify'), mac, signed)) throw new NotOpened('header');
  const key = await hkdf(fileKey, payload.subarray(0, 16), 'payload');
  const sealed = payload.subarray(16);
  const parts = [];
  for (let at = 0, number = 0, last = false; !last; at += CHUNK_BYTES + TAG_BYTES, number++) {
    const chunk = sealed.subarray(at, at + CHUNK_BYTES + TAG_BYTES);
    last = at + chunk.length === sealed.length;
    const plain = unseal(key, chunkNonce(number, last), chunk);
    if (plain === null || (plain.length === 0 && number > 0)) throw new NotOpened('payload');
    parts.push(plain);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** {stanzas: the X25519 ones, signed: the bytes the MAC covers, mac, payload}. Other kinds of stanza are passed over. */
function readHeader(bytes) {
  const fail = () => { throw new NotOpened('header'); };
  let at = 0;
  const line = () => {
    const end = bytes.indexOf(10, at);
    if (end < 0 || end > MAX_HEADER_BYTES) fail();
    const text = latin(bytes.subarray(at, end));
    if (!/^[\x20-\x7e]*$/.test(text)) fail();
    at = end + 1;
    return text;
  };
  const strict = (text, length) => {
    if (!/^[A-Za-z0-9+/]+$/.test(text) || text.length % 4 === 1) fail();
    const found = fromBase64(text);
    if (unpadded(found) !== text || (length && found.length !== length)) fail();
    return found;
  };
  if (`${line()}\n` !== VERSION) fail();
  const stanzas = [];
  for (let seen = 0; ; seen++) {
    const start = at;
    const first = line();
    if (first.startsWith('---')) {
      if (seen === 0 || !first.startsWith('--- ')) fail();
      const mac = strict(first.slice(4), 32);
      if (bytes.length < at + 16 + TAG_BYTES) fail();
      return { stanzas, signed: bytes.subarray(0, start + 3), mac, payload: bytes.subarray(at) };
    }
    const [arrow, kind, ...rest] = first.split(' ');
    if (arrow !== '->' || !kind || rest.includes('') || seen === MAX_STANZAS) fail();
    let body = '', part;
    do body += part = line(); while (part.length === 64);
    if (part.length > 64 || (body && strict(body).length === 0)) fail();
    if (kind !== STANZA) continue;
    if (rest.length !== 1) fail();
    stanzas.push({ share: strict(rest[0], 32), body: strict(body, FILE_KEY_BYTES + TAG_BYTES) });
  }
}

// ---- Letters

/** A letter as bytes to send: its JSON, padded so that its length tells little, sealed to the helpline's keys. */
export async function sealLetter(letter, keysHex) {
  const text = bytesOf(JSON.stringify(letter));
  const padded = new Uint8Array(Math.ceil(text.length / LETTER_STEP_BYTES) * LETTER_STEP_BYTES).fill(32);
  padded.set(text);
  const sealed = await sealTo(padded, keysHex);
  if (sealed.length > MAX_LETTER_BYTES) throw new LetterTooLong();
  return sealed;
}

/** The letter that was sealed to her. Throws NotOpened. */
export async function openLetter(untrusted, readKey) {
  if (untrusted.length > MAX_LETTER_BYTES) throw new NotOpened('too long');
  const plain = await openWith(untrusted, readKey);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(plain));
  } catch {
    throw new NotOpened('not JSON');
  }
}
