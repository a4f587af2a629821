// A little work that a device does before a case is taken in, so that nobody can flood the helpline with false cases.
// It needs no account, no puzzle and no address. docs/spec/person.md section 3. Pure.

const K = new Uint32Array(64);
const START = new Uint32Array(8);
{
  // the first 32 bits of the fractional parts of the cube (square) roots of the first 64 (8) primes
  const fraction = (value) => Math.floor((value - Math.floor(value)) * 2 ** 32);
  const primes = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p)) primes.push(n);
  primes.forEach((p, at) => {
    K[at] = fraction(Math.cbrt(p));
    if (at < 8) START[at] = fraction(Math.sqrt(p));
  });
}

function compress(state, block, words) {
  for (let i = 0; i < 16; i++) {
    words[i] = (block[4 * i] << 24) | (block[4 * i + 1] << 16) | (block[4 * i + 2] << 8) | block[4 * i + 3];
  }
  for (let i = 16; i < 64; i++) {
    const a = words[i - 15];
    const b = words[i - 2];
    const s0 = ((a >>> 7) | (a << 25)) ^ ((a >>> 18) | (a << 14)) ^ (a >>> 3);
    const s1 = ((b >>> 17) | (b << 15)) ^ ((b >>> 19) | (b << 13)) ^ (b >>> 10);
    words[i] = (words[i - 16] + s0 + words[i - 7] + s1) | 0;
  }
  let a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + words[i]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
  }
  state[0] += a; state[1] += b; state[2] += c; state[3] += d;
  state[4] += e; state[5] += f; state[6] += g; state[7] += h;
}

/** SHA-256 (FIPS 180-4) of bytes shorter than 512 MiB, as eight 32-bit numbers. */
export function sha256(bytes) {
  const state = Uint32Array.from(START);
  const words = new Int32Array(64);
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  new DataView(padded.buffer).setUint32(padded.length - 4, bytes.length * 8);
  for (let at = 0; at < padded.length; at += 64) compress(state, padded.subarray(at, at + 64), words);
  return state;
}

function startsWithZeros(state, bits) {
  for (let i = 0; bits > 0; i++, bits -= 32) {
    if (bits >= 32 ? state[i] !== 0 : state[i] >>> (32 - bits) !== 0) return false;
  }
  return true;
}

/**
 * One whole number for each round r so that SHA-256 of "challenge:locator:r:n" starts with `bits` zero bits.
 * `task` is the answer of /v1/work; `onRound(done, rounds)` is called after each round.
 */
export function solve(task, locator, onRound = () => {}) {
  const encoder = new TextEncoder();
  const nonces = [];
  for (let round = 0; round < task.rounds; round++) {
    const prefix = `${task.challenge}:${locator}:${round}:`;
    let nonce = 0;
    while (!startsWithZeros(sha256(encoder.encode(prefix + nonce)), task.bits)) nonce++;
    nonces.push(nonce);
    onRound(round + 1, task.rounds);
  }
  return nonces;
}
