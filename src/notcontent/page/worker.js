// Runs beside the page so that the page stays awake: reads files, and does the little work before a case is sent. Only codes leave
// it, never pixels. Its own content policy lets it ask for modules of this server, no more.
import './lockdown.js';
import { measure, Refused } from './pixels.js';
import { PictureCoder, cosineTable, distanceBits } from './pdq.js';
import { SAMPLE_CODE, SAMPLE_JPEG, SAMPLE_QUALITY } from './sample.js';
import { solve } from './work.js';

const STRIP_ROWS = 256;
const MAX_PIXELS = 50e6;
const MAX_FILE_BYTES = 200e6;
const HEADER_BYTES = 1 << 20;
const PROBE_SIDE = 128;
const COSINE_SUM = 14061780;

function openStrip(width, rows) {
  const canvas = new OffscreenCanvas(width, rows);
  const context = canvas.getContext('2d', { willReadFrequently: true, alpha: false });
  context.imageSmoothingEnabled = false;
  return context;
}

/** null in the kit, which goes without some modules. TypeError: there is no network. */
const without = (error) => {
  if (error instanceof TypeError) throw new Refused('offline');
  return null;
};

/** Fetched once a file needs it. */
const load = (name) => import(`./${name}.js`).catch(without);

/** {quality, orientations} of a picture, {kind: 'video', frames, complete} of what moves. Throws Refused. */
async function codeFile(blob, onProgress) {
  const head = new Uint8Array(await blob.slice(0, HEADER_BYTES).arrayBuffer());
  const { kind, width, height, moving, turned } = measure(head);
  const films = moving || kind === 'video' || kind === 'unknown' ? await load('video') : null;
  if (kind === 'video' && !films) throw new Refused('no_codecs');
  if (kind === 'video' || (kind === 'unknown' && films?.isVideo(head))) return films.codeVideo(blob, codeDrawn, onProgress);
  if (blob.size > MAX_FILE_BYTES || width * height > MAX_PIXELS) throw new Refused('too_large');
  const animation = moving ? await films?.codeAnimation(blob, `image/${kind}`, codeDrawn, onProgress) : null;
  if (animation) return animation;
  let bitmap = null;
  try {
    bitmap = await createImageBitmap(blob, { colorSpaceConversion: 'none', premultiplyAlpha: 'none' });
  } catch {
    if (kind !== 'heic') throw new Refused('unreadable');
    const heic = await load('heic');
    if (!heic) throw new Refused(kind);
    return heic.codeHeic(blob, MAX_PIXELS, onProgress);
  }
  try {
    if (bitmap.width * bitmap.height > MAX_PIXELS) throw new Refused('too_large');
    return codeDrawn(bitmap, turned ? await (await import('./turned.js').catch(without)).asSeen(bitmap, blob) : bitmap, onProgress);
  } finally {
    bitmap.close();
  }
}

/** {quality, orientations} of what can be drawn; at most 256 rows of it are on a canvas at a time. */
function codeDrawn(source, { width, height, transform }, onProgress, weights) {
  const coder = new PictureCoder(width, height);
  const strip = openStrip(width, Math.min(STRIP_ROWS, height));
  for (let top = 0; top < height; top += STRIP_ROWS) {
    const rows = Math.min(STRIP_ROWS, height - top);
    // what is see-through counts as white, in every program that makes codes
    strip.fillStyle = '#fff';
    strip.fillRect(0, 0, width, rows);
    if (transform) {
      strip.setTransform(...transform(top));
      strip.drawImage(source, 0, 0);
      strip.resetTransform();
    } else {
      strip.drawImage(source, 0, top, width, rows, 0, 0, width, rows);
    }
    coder.push(strip.getImageData(0, 0, width, rows).data, rows, width * 4, weights);
    onProgress((top + rows) / height);
  }
  return coder.finish();
}

/** '' if this browser reads pictures truly, else what it got wrong. */
async function checkBrowser() {
  if (typeof OffscreenCanvas === 'undefined' || typeof createImageBitmap === 'undefined') return 'canvas';
  const strip = openStrip(PROBE_SIDE, PROBE_SIDE);
  const known = new Uint8ClampedArray(PROBE_SIDE * PROBE_SIDE * 4);
  let number = 1;
  for (let at = 0; at < known.length; at++) {
    number = (Math.imul(number, 1664525) + 1013904223) >>> 0;
    known[at] = at % 4 === 3 ? 255 : number >>> 24;
  }
  strip.putImageData(new ImageData(known, PROBE_SIDE, PROBE_SIDE), 0, 0);
  const read = strip.getImageData(0, 0, PROBE_SIDE, PROBE_SIDE).data;
  // a step up or down in a few pixels is harmless; more would make codes that match nothing
  if (known.some((value, at) => Math.abs(value - read[at]) > 2)) return 'canvas';
  const sum = cosineTable().reduce((total, value, at) => total + Math.round(value * 1e6) * ((at % 97) - 48), 0);
  if (sum !== COSINE_SUM) return 'numbers';
  const bytes = Uint8Array.from(atob(SAMPLE_JPEG), (letter) => letter.charCodeAt(0));
  const { quality, orientations } = await codeFile(new Blob([bytes], { type: 'image/jpeg' }), () => {});
  const close = distanceBits(orientations[0], SAMPLE_CODE) <= 2 && Math.abs(quality - SAMPLE_QUALITY) <= 2;
  return close ? '' : 'sample';
}

const tasks = {
  async check() {
    return checkBrowser().catch(() => 'sample');
  },
  async picture({ blob }, report) {
    try {
      return { result: await codeFile(blob, report) };
    } catch (error) {
      return { reason: error instanceof Refused ? error.reason : 'unreadable' };
    }
  },
  async work({ task, locator }, report) {
    return solve(task, locator, (done, rounds) => report(done / rounds));
  },
};

// one task at a time, in the order they came
let last = Promise.resolve();
addEventListener('message', ({ data }) => {
  last = last.then(async () => {
    const answer = await tasks[data.kind](data, (share) => postMessage({ id: data.id, share }));
    postMessage({ id: data.id, answer });
  }).catch(() => postMessage({ id: data.id, failed: true }));
});
