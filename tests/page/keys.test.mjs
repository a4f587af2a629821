// Words, codes to hand on and sealed letters in Node, with nothing but Node: `node --test tests/page/`.
import assert from 'node:assert/strict';
import { createCipheriv, createHash, createPrivateKey, createPublicKey, diffieHellman, randomBytes, webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { inflateSync } from 'node:zlib';

const here = (path) => new URL(path, import.meta.url);
const load = (name) => import(here(`../../src/notcontent/page/${name}`));
const vectors = JSON.parse(readFileSync(here('../../vectors/passphrase.json'), 'utf8')).passphrases;
globalThis.crypto ??= webcrypto;

const { chacha20, poly1305, seal, unseal } = await load('chacha.js');
const { formatCode, parseCode } = await load('handOn.js');
const { chooseDigits, chooseWords, deriveKeys, normalise } = await load('opening.js');
const { checkTyped } = await load('slips.js');
const {
  countX25519, LetterTooLong, NotOpened, openLetter, openWith, publicKeyOf, sealLetter, sealTo, toHex,
} = await load('seal.js');

const hex = (text) => new Uint8Array(Buffer.from(text.replace(/[\s:]/g, ''), 'hex'));
const secret = () => randomBytes(32).toString('hex');

// ---- Words and digits

test('the words become the values that the vectors name, however they are typed', async () => {
  assert.ok(vectors.length >= 8);
  for (const { language, typed, normalised, looking_code: looking, withdrawing_code: withdrawing, ...keys } of vectors) {
    for (const text of typed) assert.equal(normalise(text), normalised, language);
    assert.deepEqual(await deriveKeys(typed.at(-1)), keys, language);
    assert.deepEqual([formatCode(keys.locator, keys.look_key), formatCode(keys.locator, keys.withdraw_key)], [looking, withdrawing]);
  }
});

test('every word is equally likely: numbers that would favour some are thrown away', () => {
  const words = Array.from({ length: 7776 }, (_, at) => `w${at}`);
  const numbers = [65535, 62208, 62207, 0, 7776, 7775, 15551, 31104];
  const chosen = chooseWords(words, 6, (out) => { out[0] = numbers.shift(); });
  assert.deepEqual(chosen, ['w7775', 'w0', 'w0', 'w7775', 'w7775', 'w0']);
  assert.equal(new Set(chooseWords(words, 7)).size > 1, true);
  assert.equal(chooseWords(words, 7).length, 7);
  assert.equal(chooseWords(words).length, 6);
});

test('24 digits come in groups of four, and every digit comes up', () => {
  const many = Array.from({ length: 50 }, chooseDigits);
  for (const groups of many) assert.match(groups.join(' '), /^(\d{4} ){5}\d{4}$/);
  assert.equal(new Set(many.map(String)).size, 50);
  assert.equal(new Set(many.flat().join('')).size, 10);
});

test('typed words are checked by place, whatever their case and signs', () => {
  const words = ['abacus', 'drop-down', 'zoom'];
  assert.deepEqual(checkTyped('Abacus DROP-DOWN\nzoom', words), { count: 3, strange: [] });
  assert.deepEqual(checkTyped('abacus, zom dropdown', words), { count: 3, strange: [2] });
  assert.deepEqual(checkTyped('abacuszoom zoom', words), { count: 3, strange: [] });
  assert.deepEqual(checkTyped('abacuszom zoom', words), { count: 3, strange: [2] });
  assert.deepEqual(checkTyped('  ', words), { count: 0, strange: [] });
});

test('typed words are checked in writings without spaces and with other signs', () => {
  assert.deepEqual(checkTyped('山河水', ['山', '河', '水']), { count: 3, strange: [] });
  assert.deepEqual(checkTyped('山何 水', ['山', '河', '水']), { count: 3, strange: [2] });
  assert.deepEqual(checkTyped('アイダ、ｶﾞｲｶ われる', ['あいだ', 'がいか', 'われる']), { count: 3, strange: [] });
  assert.deepEqual(checkTyped('가격그늘 마창', ['가격', '그늘', '마찰']), { count: 3, strange: [3] });
});

test('typed digits are counted, whatever keyboard they come from', () => {
  assert.deepEqual(checkTyped('١٢٣٤ 5678 ９０', null), { count: 10, strange: [] });
  assert.deepEqual(checkTyped('12E4', []), { count: 4, strange: [3] });
});

// ---- Codes to hand on

test('codes to hand on are what the vectors say, and come back as the keys they were made of', () => {
  for (const { locator, look_key: look, withdraw_key: withdraw, looking_code: looking, withdrawing_code: withdrawing } of vectors) {
    assert.equal(formatCode(locator, look), looking);
    assert.equal(formatCode(locator, withdraw), withdrawing);
    assert.deepEqual(parseCode(looking), { locator, key: look });
    assert.equal(formatCode(...Object.values(parseCode(withdrawing))), withdrawing);
  }
});

test('a code is read in any case, with any spaces and hyphens, and with letters that look like digits', () => {
  for (let round = 0; round < 100; round++) {
    const [locator, key] = [randomBytes(16).toString('hex'), secret()];
    const code = formatCode(locator, key);
    const messy = code.toLowerCase().replaceAll(' ', '\u2011\n').replaceAll('0', 'o').replace(/1/g, () => 'iIlL'[round % 4]);
    assert.deepEqual(parseCode(`\u200f ${messy}\u00a0`), { locator, key });
  }
});

test('a wrong, missing, exchanged or foreign sign is noticed', () => {
  const code = formatCode('5a'.repeat(16), 'c3'.repeat(32));
  assert.equal(parseCode(code.slice(1)), null);
  assert.equal(parseCode(`${code}0`), null);
  assert.equal(parseCode(''), null);
  assert.equal(parseCode(`U${code.slice(1)}`), null);
  const signs = code.replaceAll(' ', '');
  let missed = 0;
  for (let at = 0; at < 80; at++) if (parseCode(signs.slice(0, at) + (signs[at] === '0' ? '2' : '0') + signs.slice(at + 1))) missed++;
  assert.equal(missed, 0);
});

// ---- ChaCha20-Poly1305 and X25519

test('ChaCha20 and Poly1305 give what RFC 8439 prints', () => {
  const key = hex('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f');
  const block = chacha20(key, hex('000000090000004a00000000'), 1, new Uint8Array(64)); // section 2.3.2
  assert.equal(toHex(block), '10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e'
    + 'd2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e');
  const macKey = hex('85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b'); // section 2.5.2
  assert.equal(toHex(poly1305(macKey, Buffer.from('Cryptographic Forum Research Group'))), 'a8061dc1305136c6c22b8baf0c0127a9');
});

test('Poly1305 carries where RFC 8439 appendix A.3 tries to break it', () => {
  const cases = [
    ['02' + '00'.repeat(31), 'ff'.repeat(16), '03' + '00'.repeat(15)],
    ['02' + '00'.repeat(15) + 'ff'.repeat(16), '02' + '00'.repeat(15), '03' + '00'.repeat(15)],
    ['01' + '00'.repeat(31), 'ff'.repeat(16) + 'f0' + 'ff'.repeat(15) + '11' + '00'.repeat(15), '05' + '00'.repeat(15)],
    ['01' + '00'.repeat(31), 'ff'.repeat(16) + 'fb' + 'fe'.repeat(15) + '01'.repeat(16), '00'.repeat(16)],
    ['02' + '00'.repeat(31), 'fd' + 'ff'.repeat(15), 'fa' + 'ff'.repeat(15)],
  ];
  for (const [key, text, tag] of cases) assert.equal(toHex(poly1305(hex(key), hex(text))), tag);
});

test('sealing is what OpenSSL makes of it, at every length around a block', () => {
  for (const length of [0, 1, 15, 16, 17, 63, 64, 65, 127, 128, 1000, 65536]) {
    const [key, nonce, plain] = [randomBytes(32), randomBytes(12), randomBytes(length)];
    const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 });
    const theirs = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    const ours = seal(new Uint8Array(key), new Uint8Array(nonce), new Uint8Array(plain));
    assert.equal(Buffer.compare(theirs, ours), 0, `length ${length}`);
    assert.equal(Buffer.compare(unseal(key, nonce, ours), plain), 0);
    for (const at of [0, length >> 1, length, length + 15]) {
      const changed = Uint8Array.from(ours);
      changed[at] ^= 1 << (at & 7);
      assert.equal(unseal(key, nonce, changed), null);
    }
    assert.equal(unseal(key, nonce, ours.subarray(1)), null);
  }
  assert.equal(unseal(new Uint8Array(32), new Uint8Array(12), new Uint8Array(15)), null);
});

test('X25519 counted out is what RFC 7748 prints and what OpenSSL makes of it', () => {
  const [k, u] = ['a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4',
    'e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c'];
  assert.equal(toHex(countX25519(hex(k), hex(u))), 'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552');
  const [k2, u2] = ['4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d',
    'e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493'];
  assert.equal(toHex(countX25519(hex(k2), hex(u2))), '95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957');
  let once = Uint8Array.of(9, ...new Uint8Array(31));
  let before = once;
  for (let round = 0; round < 1000; round++) [once, before] = [countX25519(once, before), once];
  assert.equal(toHex(once), '684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51');
  for (let round = 0; round < 20; round++) {
    const [mine, point] = [randomBytes(32), randomBytes(32)];
    const privateKey = createPrivateKey({ key: Buffer.concat([hex('302e020100300506032b656e04220420'), mine]), format: 'der', type: 'pkcs8' });
    const publicKey = createPublicKey({ key: Buffer.concat([hex('302a300506032b656e032100'), point]), format: 'der', type: 'spki' });
    assert.equal(toHex(countX25519(mine, point)), diffieHellman({ privateKey, publicKey }).toString('hex'));
  }
});

// ---- Sealed letters

test('a letter opens with each of its keys and with no other', async () => {
  const secrets = [secret(), secret(), secret()];
  const letter = { v: 1, text: 'é 山 👩 "quoted"', links: [] };
  const sealed = await sealLetter(letter, await Promise.all(secrets.map(publicKeyOf)));
  for (const one of secrets) assert.deepEqual(await openLetter(sealed, one), letter);
  await assert.rejects(openLetter(sealed, secret()), NotOpened);
});

test('a browser without X25519 seals and opens all the same', async (t) => {
  const one = secret();
  const key = await publicKeyOf(one);
  const sealed = await sealLetter({ v: 1 }, [key]);
  const usual = crypto.subtle.importKey.bind(crypto.subtle);
  let asked = 0;
  t.mock.method(crypto.subtle, 'importKey', (format, bytes, kind, ...rest) => {
    if (kind !== 'X25519') return usual(format, bytes, kind, ...rest);
    asked++;
    return Promise.reject(new DOMException('Unrecognized name.', 'NotSupportedError'));
  });
  assert.equal(await publicKeyOf(one), key);
  assert.deepEqual(await openLetter(sealed, one), { v: 1 });
  const old = await sealLetter({ v: 1, text: 'old' }, [key]);
  assert.ok(asked >= 4);
  t.mock.restoreAll();
  assert.deepEqual(await openLetter(old, one), { v: 1, text: 'old' });
});

test('letters of about the same length are of the same length sealed, and too long ones are not sent', async () => {
  const key = await publicKeyOf(secret());
  const size = async (length) => (await sealLetter({ v: 1, text: 'x'.repeat(length) }, [key])).length;
  assert.equal(await size(0), await size(1000));
  assert.equal(await size(1100) - await size(1000), 1024);
  assert.ok(await size(63000) <= 65536);
  await assert.rejects(size(66000), LetterTooLong);
  await assert.rejects(sealTo(new Uint8Array(1), []), RangeError);
  await assert.rejects(sealTo(new Uint8Array(1), ['not a key']), RangeError);
  await assert.rejects(sealTo(new Uint8Array(1), ['00'.repeat(32)]), NotOpened);
});

test('bytes of every length around a chunk come back', async () => {
  const one = secret();
  const key = await publicKeyOf(one);
  for (const length of [0, 1, 65535, 65536, 65537, 131072, 200000]) {
    const plain = new Uint8Array(length).map((_, at) => at);
    const sealed = await sealTo(plain, [key]);
    assert.equal(Buffer.compare(await openWith(sealed, one), plain), 0, `length ${length}`);
    await assert.rejects(openWith(sealed.subarray(0, -1), one), NotOpened);
    if (length > 65536) await assert.rejects(openWith(sealed.subarray(0, sealed.length - ((length - 1) % 65536) - 17), one), NotOpened);
  }
});

test('no changed, cut or longer letter opens', async () => {
  const one = secret();
  const sealed = await sealLetter({ v: 1 }, [await publicKeyOf(one), await publicKeyOf(secret())]);
  const reasons = [];
  for (let at = 0; at < sealed.length; at += at < 450 ? 1 : 97) {
    const changed = Uint8Array.from(sealed);
    changed[at] ^= 1 << (at % 8);
    await assert.rejects(openLetter(changed, one), NotOpened, `byte ${at}`);
    if (at % 9 === 0) await assert.rejects(openLetter(sealed.subarray(0, at), one), NotOpened);
    reasons.push(at);
  }
  assert.ok(reasons.length > 450);
  await assert.rejects(openLetter(Uint8Array.of(...sealed, 0), one), NotOpened);
  await assert.rejects(openLetter(new Uint8Array(70000), one), NotOpened);
  for (let round = 0; round < 50; round++) await assert.rejects(openLetter(randomBytes(300), one), NotOpened);
});

test('files of the authors of the format open or not as they say', async () => {
  const { files } = JSON.parse(readFileSync(here('../../vectors/age.json'), 'utf8'));
  assert.ok(files.length >= 60);
  for (const { name, expect, private_key: key, zlib_base64: packed, payload_sha256: payload } of files) {
    const opening = openWith(new Uint8Array(inflateSync(Buffer.from(packed, 'base64'))), key);
    if (expect === 'success') assert.equal(createHash('sha256').update(await opening).digest('hex'), payload, name);
    else await assert.rejects(opening, NotOpened, name);
  }
});

test('what opens but is no JSON is no letter', async () => {
  const one = secret();
  for (const text of [Buffer.from('{"v":'), Buffer.from([0xff, 0x22])]) {
    await assert.rejects(openLetter(await sealTo(text, [await publicKeyOf(one)]), one), NotOpened);
  }
});
