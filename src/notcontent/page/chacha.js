// ChaCha20-Poly1305 (RFC 8439) without additional data, as the age format uses it. Browsers do not have it built in. Pure.

export const TAG_BYTES = 16;
const SIGMA = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574];
const PRIME = 2n ** 130n - 5n;
const CLAMP = 0x0ffffffc0ffffffc0ffffffc0fffffffn;

function quarter(s, a, b, c, d) {
  let t;
  s[a] += s[b]; t = s[d] ^ s[a]; s[d] = (t << 16) | (t >>> 16);
  s[c] += s[d]; t = s[b] ^ s[c]; s[b] = (t << 12) | (t >>> 20);
  s[a] += s[b]; t = s[d] ^ s[a]; s[d] = (t << 8) | (t >>> 24);
  s[c] += s[d]; t = s[b] ^ s[c]; s[b] = (t << 7) | (t >>> 25);
}

const littleEndian = (bytes, offset, length) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, length);
  return Array.from({ length: length / 4 }, (_, at) => view.getUint32(4 * at, true));
};

/** `bytes` with the key stream laid over it, starting at block `counter`. Key 32 bytes, nonce 12. */
export function chacha20(key, nonce, counter, bytes) {
  const start = Uint32Array.of(...SIGMA, ...littleEndian(key, 0, 32), counter, ...littleEndian(nonce, 0, 12));
  const out = Uint8Array.from(bytes);
  const block = new DataView(new ArrayBuffer(64));
  for (let at = 0; at < out.length; at += 64, start[12]++) {
    const s = Uint32Array.from(start);
    for (let round = 0; round < 10; round++) {
      for (let i = 0; i < 4; i++) quarter(s, i, 4 + i, 8 + i, 12 + i);
      for (let i = 0; i < 4; i++) quarter(s, i, 4 + ((i + 1) & 3), 8 + ((i + 2) & 3), 12 + ((i + 3) & 3));
    }
    s.forEach((word, i) => block.setUint32(4 * i, word + start[i], true));
    for (let i = 0; i < Math.min(64, out.length - at); i++) out[at + i] ^= block.getUint8(i);
  }
  return out;
}

/** Poly1305 of `bytes` under a key of 32 bytes used once: 16 bytes. */
export function poly1305(key, bytes) {
  const half = (view, offset) => view.getBigUint64(offset, true) | (view.getBigUint64(offset + 8, true) << 64n);
  const keyView = new DataView(key.buffer, key.byteOffset, 32);
  const r = half(keyView, 0) & CLAMP;
  const block = new Uint8Array(16);
  const view = new DataView(block.buffer);
  let sum = 0n;
  for (let at = 0; at < bytes.length; at += 16) {
    const length = Math.min(16, bytes.length - at);
    block.fill(0);
    block.set(bytes.subarray(at, at + length));
    sum = ((sum + half(view, 0) + (1n << BigInt(8 * length))) * r) % PRIME;
  }
  sum += half(keyView, 16);
  view.setBigUint64(0, BigInt.asUintN(64, sum), true);
  view.setBigUint64(8, BigInt.asUintN(64, sum >> 64n), true);
  return block;
}

function tagOf(key, nonce, sealed) {
  const padded = new Uint8Array(Math.ceil(sealed.length / 16) * 16 + 16);
  padded.set(sealed);
  new DataView(padded.buffer).setUint32(padded.length - 8, sealed.length, true);
  return poly1305(chacha20(key, nonce, 0, new Uint8Array(32)), padded);
}

/** `plain` sealed, with its tag of 16 bytes at the end. WARNING: a key and a nonce may meet once only. */
export function seal(key, nonce, plain) {
  const sealed = new Uint8Array(plain.length + TAG_BYTES);
  sealed.set(chacha20(key, nonce, 1, plain));
  sealed.set(tagOf(key, nonce, sealed.subarray(0, plain.length)), plain.length);
  return sealed;
}

/** What was sealed, or null where the tag says that anything at all was changed. */
export function unseal(key, nonce, untrusted) {
  if (untrusted.length < TAG_BYTES) return null;
  const sealed = untrusted.subarray(0, untrusted.length - TAG_BYTES);
  const given = untrusted.subarray(sealed.length);
  const differing = tagOf(key, nonce, sealed).reduce((bits, byte, at) => bits | (byte ^ given[at]), 0);
  return differing === 0 ? chacha20(key, nonce, 1, sealed) : null;
}
