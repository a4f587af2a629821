// This browser as a device of the helpline: a key that is made here and can't be taken out again, or a key from a file that was
// chosen for this page alone. Opens letters and seals them; nothing that is opened or any private key is ever sent.
import { fromBase64, keyFromHex, openWith, publicKeyOf, sealTo, toBase64, toHex } from './seal.js';

const STORE = 'keys';
const OWN = 'own';
const ALPHABET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const SECRET = /^AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}$/;
const STEP_BYTES = 1024;

/** The key from a file, for as long as this page is open: {publicHex, privateKey}. */
let chosen = null;

function openStore() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open('desk', 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE);
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

async function inStore(mode, work) {
  const store = await openStore();
  try {
    return await new Promise((resolve, reject) => {
      const asked = work(store.transaction(STORE, mode).objectStore(STORE));
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    });
  } finally {
    store.close();
  }
}

/** The key that was chosen, else this browser's own; null if there is neither. */
export async function ownKey() {
  return chosen ?? await inStore('readonly', (store) => store.get(OWN)).catch(() => null) ?? null;
}

/** A new key of this browser, in place of the one before. The private half can't be read out, not even by this page. */
export async function makeKey() {
  const pair = await crypto.subtle.generateKey('X25519', false, ['deriveBits']);
  const publicHex = toHex(new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)));
  await inStore('readwrite', (store) => store.put({ publicHex, privateKey: pair.privateKey }, OWN));
  return publicHex;
}

/** Takes the key of a file that `notcontent letter key` or age-keygen wrote. Throws RangeError. */
export async function chooseKey(text) {
  const line = text.split('\n').map((each) => each.trim()).find((each) => SECRET.test(each));
  if (!line) throw new RangeError('no key of the age format');
  let number = 0n;
  for (const sign of line.slice(16, 68).toLowerCase()) number = (number << 5n) | BigInt(ALPHABET.indexOf(sign));
  const privateKey = (number >> 4n).toString(16).padStart(64, '0');
  chosen = { publicHex: await publicKeyOf(privateKey), privateKey };
  return chosen.publicHex;
}

/** A letter as an object. Throws NotOpened. */
export async function openLetter(sealed, key) {
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(await openWith(sealed, key.privateKey)));
}

/** An answer, padded and sealed to her and to the helpline's own keys, so that a colleague can read later what was said. */
export async function sealAnswer(text, keysHex) {
  const plain = new TextEncoder().encode(JSON.stringify({ v: 1, text }));
  const padded = new Uint8Array(Math.ceil(plain.length / STEP_BYTES) * STEP_BYTES).fill(32);
  padded.set(plain);
  return sealTo(padded, [...new Set(keysHex)]);
}

/** The same as toBase64, of bytes by the million: evidence is larger than letters. */
function manyToBase64(bytes) {
  const parts = [];
  for (let at = 0; at < bytes.length; at += 3 * 16384) parts.push(toBase64(bytes.subarray(at, at + 3 * 16384)));
  return parts.join('');
}

/** A letter or a piece of evidence sealed to the keys that hold now, in the shape that the desk takes back. Throws NotOpened. */
export async function sealAnew({ id, sealed, to }, key) {
  const before = fromBase64(sealed);
  const was = toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', before)));
  const plain = await openWith(before, key.privateKey);
  to.forEach(keyFromHex);
  return { id, was_sha256: was, sealed: manyToBase64(await sealTo(plain, [...new Set(to)])) };
}
