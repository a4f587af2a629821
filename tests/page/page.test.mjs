// The page's pure parts in Node, with nothing but Node: `node --test tests/page/`.
import assert from 'node:assert/strict';
import { createHash, randomBytes, webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const here = (path) => new URL(path, import.meta.url);
const load = (name) => import(here(`../../src/notcontent/page/${name}`));
const json = (path) => JSON.parse(readFileSync(here(path), 'utf8'));
globalThis.crypto ??= webcrypto;

const { PictureCoder, axisOperator, distanceBits, reversedOperator } = await load('pdq.js');
const { sha256, solve } = await load('work.js');
const { measure } = await load('pixels.js');
const { Reel, choose, isVideo, prune, sample, thin } = await load('video.js');
const { caseBody, letterOf, shortCode } = await load('opening.js');

function drawByFormula({ seed, width, height, pattern, contrast }) {
  let state = seed;
  const draws = Array.from({ length: 243 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
  const rgba = new Uint8ClampedArray(width * height * 4);
  for (let y = 0, at = 0; y < height; y++) {
    const v = Math.floor((y * 2048) / height);
    for (let x = 0; x < width; x++, at += 4) {
      const u = Math.floor((x * 2048) / width);
      const texture = ((3 * x * x + 5 * y * y + 7 * x * y + seed) & 15) - 8;
      for (let c = 0; c < 3; c++) {
        const g = (row, column) => draws[c * 81 + row * 9 + column];
        const [gx, fx, gy, fy] = [u >> 8, u & 255, v >> 8, v & 255];
        const above = g(gy, gx) * (256 - fx) + g(gy, gx + 1) * fx;
        const below = g(gy + 1, gx) * (256 - fx) + g(gy + 1, gx + 1) * fx;
        const value = Math.max(0, Math.min(255, ((above * (256 - fy) + below * fy) >> 16) + texture));
        rgba[at + c] = pattern === 'flat' ? draws[c] : 128 + (((value - 128) * contrast) >> 8);
      }
      rgba[at + 3] = 255;
    }
  }
  return rgba;
}

function codeInStrips(rgba, width, height, rows) {
  const coder = new PictureCoder(width, height);
  for (let top = 0; top < height; top += rows) {
    const count = Math.min(rows, height - top);
    coder.push(rgba.subarray(top * width * 4, (top + count) * width * 4), count);
  }
  return coder.finish();
}

test('every picture of the vectors has its code, its eight orientations and its quality', () => {
  const { pictures } = json('../../vectors/fingerprints.json');
  assert.ok(pictures.length >= 62);
  for (const picture of pictures) {
    const made = codeInStrips(drawByFormula(picture), picture.width, picture.height, 256);
    assert.equal(made.quality, picture.quality, picture.name);
    if (picture.compare === 'all') assert.deepEqual(made.orientations, picture.orientations, picture.name);
  }
});

test('a picture has the same code however its rows arrive', () => {
  const rgba = drawByFormula({ seed: 5, width: 211, height: 307, pattern: 'grid', contrast: 256 });
  const whole = codeInStrips(rgba, 211, 307, 307);
  for (const rows of [1, 7, 256]) assert.deepEqual(codeInStrips(rgba, 211, 307, rows), whole);
});

test('a picture with missing rows has no code', () => {
  const coder = new PictureCoder(100, 100);
  coder.push(new Uint8ClampedArray(100 * 99 * 4), 99);
  assert.throws(() => coder.finish());
});

test('each of the 64 samples weighs one in all, and there are about as many weights as pixels', () => {
  for (const size of [5, 63, 64, 65, 128, 129, 1000, 4032]) {
    const bands = axisOperator(size);
    assert.equal(bands.length, 64);
    for (const { first, weights } of bands) {
      assert.ok(Math.abs(weights.reduce((sum, weight) => sum + weight, 0) - 1) < 1e-12);
      assert.ok(first >= 0 && first + weights.length <= size);
    }
    assert.ok(bands.reduce((sum, { weights }) => sum + weights.length, 0) <= 2 * size + 128);
    assert.deepEqual(reversedOperator(reversedOperator(bands, size), size), bands);
  }
});

test('distance counts differing bits', () => {
  assert.equal(distanceBits('0'.repeat(64), 'f'.repeat(64)), 256);
  assert.equal(distanceBits(`8${'0'.repeat(63)}`, '0'.repeat(64)), 1);
});

test('our SHA-256 is SHA-256', () => {
  for (const length of [0, 1, 3, 54, 55, 56, 57, 63, 64, 65, 118, 119, 120, 127, 128, 500, 1000]) {
    const bytes = randomBytes(length);
    const ours = Array.from(sha256(bytes), (word) => word.toString(16).padStart(8, '0')).join('');
    assert.equal(ours, createHash('sha256').update(bytes).digest('hex'), `length ${length}`);
  }
});

test('work holds up to the rule of the specification', () => {
  const locator = 'ab'.repeat(16);
  const seen = [];
  const nonces = solve({ challenge: 'c0ffee.1', rounds: 8, bits: 10 }, locator, (done) => seen.push(done));
  assert.deepEqual(seen, [1, 2, 3, 4, 5, 6, 7, 8]);
  nonces.forEach((nonce, round) => {
    const digest = createHash('sha256').update(`c0ffee.1:${locator}:${round}:${nonce}`).digest();
    assert.equal(digest.readUInt16BE(0) >> 6, 0);
  });
  assert.equal(new Set(nonces).size > 1, true);
});

test('the frames of a video that count are those of the vectors', () => {
  const { sampling, choosing, thinning } = json('../../vectors/video.json');
  for (const row of sampling) {
    const frames = row.times_us.map((us, place) => ({ us, place }));
    const places = (perSecond) => sample(frames, perSecond).map(({ place }) => place);
    assert.deepEqual(places(4), row.at_4_per_second, row.name);
    assert.deepEqual(places(8), row.at_8_per_second, row.name);
  }
  for (const row of choosing) {
    const frames = row.times_us.map((us, place) => ({ us, place, code: row.pdq[place], quality: row.quality[place] }));
    assert.deepEqual(prune(frames).map(({ place }) => place), row.pruned, row.name);
    assert.deepEqual(choose(frames, row.length_us).map(({ place }) => place), row.enrolled, row.name);
  }
  for (const { count, kept } of thinning) assert.deepEqual(thin(Array.from({ length: count }, (_, at) => at)), kept);
});

test('past a minute the codes are those of four frames a second, though eight are taken before it', async () => {
  const reel = new Reel();
  for (let at = 0; at < 30 * 70; at++) {
    const code = at.toString(16).padStart(4, '0').repeat(16);
    await reel.see(Math.round((at * 1e6) / 30), 0, () => ({ quality: 90, orientations: [code] }));
  }
  const all = Array.from({ length: 30 * 70 }, (_, at) => (
    { us: Math.round((at * 1e6) / 30), quality: 90, code: at.toString(16).padStart(4, '0').repeat(16) }));
  assert.deepEqual(reel.finish(true).frames, choose(all, reel.length).map(({ code }) => code));
  assert.equal(reel.frames.length, 480 + 40);
});

test('brightness in a plane gives the code of the same grey picture, whatever lies around it', () => {
  const [width, height, stride, offset] = [211, 157, 256, 300];
  const rgba = drawByFormula({ seed: 9, width, height, pattern: 'grid', contrast: 256 });
  const plane = new Uint8Array(offset + stride * height).fill(77);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 4;
      plane[offset + y * stride + x] = rgba[at];
      rgba.fill(rgba[at], at, at + 3);
    }
  }
  const coder = new PictureCoder(width, height);
  coder.pushPlane(plane, offset, stride);
  const made = coder.finish();
  assert.deepEqual(made, codeInStrips(rgba, width, height, 64));
  coder.pushPlane(plane, offset, stride);
  assert.deepEqual(coder.finish(), made, 'a coder can be used again');
});

test('videos and animations are told by their first bytes, and pictures are not taken for them', () => {
  const bytes = (base64) => new Uint8Array(Buffer.from(base64, 'base64'));
  for (const { name, media_type: media, base64 } of json('../../vectors/video.json').files) {
    const { kind, moving } = measure(bytes(base64));
    assert.equal(kind === 'video' || (kind === 'unknown' && isVideo(bytes(base64))), media.startsWith('video/'), name);
    assert.equal(moving, media.startsWith('image/'), name);
  }
  for (const { name, media_type: media, base64 } of json('../../vectors/files.json').files) {
    assert.equal(isVideo(bytes(base64)), false, name);
    assert.equal(measure(bytes(base64)).moving, media === 'image/gif', name);
  }
  assert.equal(isVideo(new Uint8Array(0)), false);
});

test('the size of a picture is read from its first bytes', () => {
  const sizes = { 'image/png': 'png', 'image/jpeg': 'jpeg', 'image/gif': 'gif', 'image/webp': 'webp', 'image/bmp': 'bmp' };
  for (const { name, media_type: media, base64, width, height } of json('../../vectors/files.json').files) {
    if (!(media in sizes)) continue;
    const measured = measure(new Uint8Array(Buffer.from(base64, 'base64')));
    assert.equal(measured.kind, sizes[media], name);
    const sides = [measured.width, measured.height].sort();
    assert.deepEqual(sides, [width, height].sort(), name);
  }
  assert.equal(measure(new TextEncoder().encode('just some text that is no picture at all')).kind, 'unknown');
  assert.equal(measure(new Uint8Array(0)).kind, 'unknown');
});

test('no bytes at all make the reading of sizes fail', () => {
  for (const { base64 } of json('../../vectors/files.json').files) {
    const bytes = Buffer.from(base64, 'base64');
    for (let length = 0; length < Math.min(bytes.length, 400); length += 3) measure(new Uint8Array(bytes.subarray(0, length)));
  }
  for (let round = 0; round < 300; round++) {
    const noise = randomBytes(200);
    noise.set([0xff, 0xd8, 0xff, 0xe1]);
    measure(new Uint8Array(noise));
  }
});

test('a case is written as the specification says', () => {
  const text = caseBody({
    keys: { withdraw_key: 'w', look_key: 'l', locator: 'o', reply_to: 'r', read_key: 'never sent' }, circumstance: 'worried',
    results: [{ orientations: ['a'], quality: 90, more: 'never sent' }, { kind: 'video', frames: ['b', 'c'] }],
    partners: ['p'], later: 'ask', statements: new Map([['p', 'go']]), waitDays: 3, letter: null, reach: 'sealed', work: { challenge: 'c', nonces: [1] },
  });
  assert.equal(text, '{"v":1,"locator":"o","look_key":"l","withdraw_key":"w","reply_to":"r","circumstance":"worried",'
    + '"entries":[{"kind":"pdq","quality":90,"orientations":["a"]},{"kind":"video","frames":["b","c"]}],"partners":["p"],'
    + '"later_sites":"ask","statements":[{"partner":"p","notices":"go"}],"wait_days":3,"letter":null,"contact":"sealed","work":{"challenge":"c","nonces":[1]}}');
  assert.equal(shortCode('abcdef0123456789'), 'abcd…6789');
});

test('a letter says what she said and nothing else', () => {
  const nothing = { answers: { for: null }, links: [], linkTitle: '', text: '', contact: { way: 'email' } };
  assert.equal(letterOf(nothing), null);
  assert.deepEqual(letterOf({ ...nothing, answers: { for: 'me', made: null }, links: ['https://a.example/', 'https://b.example/'], linkTitle: 'T' }),
    { v: 1, answers: { for: 'me' }, links: [{ url: 'https://a.example/', title: 'T' }, { url: 'https://b.example/' }] });
  assert.deepEqual(letterOf({ ...nothing, linkTitle: 'only a name' }), { v: 1, links: [{ title: 'only a name' }] });
});

test('texts are filled in with the plural of the language, and names keep their own direction', async () => {
  const blocks = { texts: { size: {} }, site: {}, 'languages-known': {} };
  globalThis.document = {
    getElementById: (id) => ({ textContent: JSON.stringify(blocks[id]) }), documentElement: { lang: 'ar', dir: 'rtl' },
  };
  const { fill } = await load('say.js');
  const forms = { zero: '0', one: '1', two: '2', few: 'few {n}', many: 'many {n}', other: 'other {n}' };
  assert.deepEqual([0, 1, 2, 3, 11, 100].map((n) => fill(forms, { n })),
    ['0', '1', '2', 'few \u20683\u2069', 'many \u206811\u2069', 'other \u2068100\u2069']);
  assert.equal(fill('{name}, {other}', { name: 'A' }), '\u2068A\u2069, \u2068{other}\u2069');
});
