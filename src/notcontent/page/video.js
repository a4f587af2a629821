// A video becomes the codes of its frames: which frames count, and reading them from the file a few at a time (docs/spec/video.md).
// Files are taken apart by mediabunny, which stands in a file of its own, and decoded by the browser (WebCodecs).
import { distanceBits, PictureCoder } from './pdq.js';
import { ascii, Refused } from './pixels.js';

const SECOND = 1e6;
const SHORT = 60 * SECOND;
const DENSE = 8;
const SPARSE = 4;
const NEAR_BITS = 8;
const LEAST_QUALITY = 30;
const MOST_ENROLLED = 600;

const MAX_BYTES = 4 * 1024 ** 3;
const MAX_ANIMATION_BYTES = 64 * 1024 ** 2;
const MAX_LENGTH = 2 * 60 * 60 * SECOND;
const MAX_PIXELS = 4096 * 4096;
const MAX_SIDE = 8192;

// frames whose first plane is brightness, in bytes or in numbers of 10 or 12 bits; others are drawn
const BRIGHTNESS_FIRST = /^(I4\d\dA?|NV12)(?:P(10|12))?$/;
// how brightness was mixed into the colours of a frame that has to be drawn; pictures count as BT.601
const MIXED = { bt709: [0.2126, 0.7152, 0.0722], 'bt2020-ncl': [0.2627, 0.678, 0.0593] };
// by quarter turns clockwise, then mirrored or not: which of the eight codes is that of the frame as it should be seen
const SHOWN = [[0, 5], [3, 6], [2, 4], [1, 7]];

// old MP4 and MOV begin with one of these boxes; Matroska and WebM, Ogg, FLV, ASF and MPEG with their own signatures
const MOVIE_BOXES = ['moov', 'mdat', 'free', 'skip', 'wide', 'pnot'];
const MOVIE_SIGNATURES = ['\x1aE\xdf\xa3', 'OggS', 'FLV\x01', '0&\xb2u', '\0\0\x01\xba'];

/** Whether a file that `measure` does not know is a video, by its first bytes. */
export function isVideo(bytes) {
  // transport streams: packets of 188 bytes, or of 192 that begin with a time
  const packets = [[0, 188], [4, 196]].some((starts) => starts.every((at) => bytes[at] === 0x47));
  const avi = ascii(bytes, 0, 4) === 'RIFF' && ascii(bytes, 8, 4) === 'AVI ';
  return packets || avi || MOVIE_SIGNATURES.includes(ascii(bytes, 0, 4)) || MOVIE_BOXES.includes(ascii(bytes, 4, 4));
}

/** Takes the first frame of every 1 / `perSecond` of a second, for use while frames arrive. Times are whole microseconds. */
export class Sampler {
  constructor(perSecond) {
    this.perSecond = perSecond;
    this.slot = -1;
  }

  takes(us) {
    const slot = Math.floor((us * this.perSecond) / SECOND);
    if (slot <= this.slot) return false;
    this.slot = slot;
    return true;
  }
}

/** Those of `frames` ({us, ...}) that are looked at. */
export function sample(frames, perSecond) {
  const sampler = new Sampler(perSecond);
  return frames.filter(({ us }) => sampler.takes(us));
}

/** Those of `frames` ({quality, code}) that show enough, and something else than the last one kept. */
export function prune(frames) {
  let last = null;
  return frames.filter(({ quality, code }) => {
    if (quality < LEAST_QUALITY || (last !== null && distanceBits(last, code) <= NEAR_BITS)) return false;
    last = code;
    return true;
  });
}

/** At most 600 of them, evenly spread. */
export function thin(frames) {
  if (frames.length <= MOST_ENROLLED) return frames;
  return Array.from({ length: MOST_ENROLLED }, (_, at) => frames[Math.floor((at * frames.length) / MOST_ENROLLED)]);
}

/** What is sent of the `frames` taken at 8 a second of a video whose last frame is shown at `lengthUs`. */
export function choose(frames, lengthUs) {
  return thin(prune(sample(frames, lengthUs < SHORT ? DENSE : SPARSE)));
}

/** Collects codes while frames arrive. `code()` makes {quality, orientations}; it is asked for the frames that count only. */
export class Reel {
  constructor() {
    this.dense = new Sampler(DENSE);
    this.sparse = new Sampler(SPARSE);
    this.frames = [];
    this.length = 0;
  }

  async see(us, shown, code) {
    if (us > MAX_LENGTH) throw new Refused('too_long');
    this.length = Math.max(this.length, us);
    // past a minute the first frame of each quarter of a second is enough
    const [eighth, quarter] = [this.dense.takes(us), this.sparse.takes(us)];
    if (!(us < SHORT ? eighth : quarter)) return;
    const { quality, orientations } = await code();
    this.frames.push({ us, quality, code: orientations[shown] });
  }

  finish(complete) {
    const frames = choose(this.frames, this.length).map(({ code }) => code);
    if (frames.length === 0) throw new Refused(this.frames.length > 0 ? 'shows_nothing' : 'video');
    return { kind: 'video', frames, complete };
  }
}

/** {quality, orientations} of a frame that is drawn: in its own pixels, whatever shape they are to be shown in. */
function drawFrame(draw, frame, weights) {
  const { width, height } = frame.visibleRect;
  const transform = (top) => [width / frame.displayWidth, 0, 0, height / frame.displayHeight, 0, -top];
  return draw(frame, { width, height, transform }, () => {}, weights);
}

/** Makes the code of one frame after the other; those without a plane of brightness are drawn. One buffer serves them all. */
function frameCoder(draw) {
  let coder = null;
  let bytes = new Uint8Array(0);
  return async (frame) => {
    const planes = BRIGHTNESS_FIRST.exec(frame.format ?? '');
    if (!planes) return drawFrame(draw, frame, MIXED[frame.colorSpace?.matrix]);
    const { width, height } = frame.visibleRect;
    if (coder?.width !== width || coder?.height !== height) coder = new PictureCoder(width, height);
    if (bytes.length < frame.allocationSize()) bytes = new Uint8Array(frame.allocationSize());
    const [{ offset, stride }] = await frame.copyTo(bytes);
    const deeper = planes[2] ? Number(planes[2]) - 8 : 0;
    if (deeper) {
      const numbers = new Uint16Array(bytes.buffer, offset, (stride / 2) * height);
      coder.pushPlane(numbers.map((value) => value >> deeper), 0, stride / 2);
    } else {
      coder.pushPlane(bytes, offset, stride);
    }
    return coder.finish();
  };
}

/**
 * {kind: 'video', frames, complete} of an MP4, MOV, WebM, MKV or transport stream: 1 to 600 codes, and whether it could be read to its end.
 * A few frames are held at a time, and never the file. `draw`: the worker's codeDrawn. Throws Refused.
 */
export async function codeVideo(blob, draw, onProgress) {
  if (blob.size > MAX_BYTES) throw new Refused('too_large');
  const bunny = await import('./mediabunny.mjs').catch(() => { throw new Refused('no_codecs'); });
  const formats = [bunny.MP4, bunny.QTFF, bunny.MATROSKA, bunny.WEBM, bunny.MPEG_TS];
  const input = new bunny.Input({ formats, source: new bunny.BlobSource(blob) });
  const reel = new Reel();
  let complete = true;
  try {
    const track = await input.getPrimaryVideoTrack();
    if (!track) throw new Refused('video');
    const [width, height] = [await track.getCodedWidth(), await track.getCodedHeight()];
    if (width * height > MAX_PIXELS || Math.max(width, height) > MAX_SIDE) throw new Refused('too_large');
    const lengthUs = ((await track.getDurationFromMetadata()) ?? 0) * SECOND;
    if (lengthUs > MAX_LENGTH) throw new Refused('too_long');
    // mediabunny would mix what is see-through in a worker of its own, which the content policy forbids
    const readable = typeof VideoDecoder !== 'undefined' && (await track.canDecode()) && !(await track.canBeTransparent());
    if (!readable) throw new Refused('codec');
    const shown = SHOWN[(await track.getRotation()) / 90][Number(await track.getFlip())];
    complete = await readFrames(new bunny.VideoSampleSink(track), reel, shown, frameCoder(draw), (us) => {
      onProgress(lengthUs > 0 ? Math.min(1, us / lengthUs) : 0);
    });
    if (reel.length + 2 * SECOND < lengthUs) complete = false;
  } catch (error) {
    throw error instanceof Refused ? error : new Refused('video');
  } finally {
    input.dispose();
  }
  return reel.finish(complete);
}

/** Whether all of it could be read. A broken tail ends a video early; what came before it counts. */
async function readFrames(sink, reel, shown, code, onTime) {
  let first = null;
  try {
    for await (const sample of sink.samples()) {
      const frame = sample.toVideoFrame();
      const us = Math.round(sample.timestamp * SECOND);
      sample.close();
      try {
        first ??= us;
        if (us >= first) await reel.see(us - first, shown, () => code(frame));
      } finally {
        frame.close();
      }
      onTime(us - first);
    }
    return true;
  } catch (error) {
    if (error instanceof Refused) throw error;
    return false;
  }
}

/** The same of an animated GIF, WebP or AVIF; null if it does not move, or if this browser can't take such files apart. */
export async function codeAnimation(blob, type, draw, onProgress) {
  if (typeof ImageDecoder === 'undefined' || !(await ImageDecoder.isTypeSupported(type))) return null;
  if (blob.size > MAX_ANIMATION_BYTES) throw new Refused('too_large');
  const decoder = new ImageDecoder({ type, data: blob.stream(), colorSpaceConversion: 'none' });
  const reel = new Reel();
  let complete = true;
  try {
    await decoder.completed;
    const count = decoder.tracks.selectedTrack.frameCount;
    if (count < 2) return null;
    let us = 0;
    for (let frameIndex = 0; frameIndex < count; frameIndex++) {
      const { image } = await decoder.decode({ frameIndex });
      try {
        await reel.see(us, 0, () => drawFrame(draw, image));
        us += type === 'image/gif' && image.duration <= 10_000 ? 100_000 : image.duration;
      } finally {
        image.close();
      }
      onProgress((frameIndex + 1) / count);
    }
  } catch (error) {
    if (error instanceof Refused) throw error;
    complete = false;
  } finally {
    decoder.close();
  }
  return reel.frames.length > 0 ? reel.finish(complete) : null;
}
