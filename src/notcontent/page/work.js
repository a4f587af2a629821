// A little work that a device does before a case is taken in, so that nobody can flood the helpline with false ones.
// docs/spec/person.md section 3. Pure.

// 32 bits of the fractional parts of the cube (square) roots of the first 64 (8) primes
const primes = [];
for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p)) primes.push(n);
const fraction = (value) => Math.floor((value % 1) * 2 ** 32);
const K = Uint32Array.from(primes, (p) => fraction(Math.cbrt(p)));
const START = Uint32Array.from(primes.slice(0, 8), (p) => fraction(Math.sqrt(p)));

const rotate = (word, bits) => (word >>> bits) | (word << (32 - bits));

function compress(state, block, words) {
  for (let i = 0; i < 16; i++) words[i] = block.getInt32(4 * i);
  for (let i = 16; i < 64; i++) {
    const a = words[i - 15];
    const b = words[i - 2];
    const s0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3);
    const s1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10);
    words[i] = (words[i - 16] + s0 + words[i - 7] + s1) | 0;
  }
  let a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
  for (let i = 0; i < 64; i++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + words[i]) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((word, at) => { state[at] += word; });
}

/** SHA-256 (FIPS 180-4) of bytes shorter than 512 MiB, as eight 32-bit numbers. */
export function sha256(bytes) {
  const state = Uint32Array.from(START);
  const words = new Int32Array(64);
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  new DataView(padded.buffer).setUint32(padded.length - 4, bytes.length * 8);
  for (let at = 0; at < padded.length; at += 64) compress(state, new DataView(padded.buffer, at), words);
  return state;
}

/**
 * For each round r a number n so that SHA-256 of "challenge:locator:r:n" starts with `bits` zero bits, 32 at most. `task`: of /v1/work;
 * `onRound(done, rounds)` is called after each.
 */
export function solve(task, locator, onRound = () => {}) {
  const encoder = new TextEncoder();
  const nonces = [];
  for (let round = 0; round < task.rounds; round++) {
    const prefix = `${task.challenge}:${locator}:${round}:`;
    let nonce = 0;
    while (Math.clz32(sha256(encoder.encode(prefix + nonce))[0]) < task.bits) nonce++;
    nonces.push(nonce);
    onRound(round + 1, task.rounds);
  }
  return nonces;
}
