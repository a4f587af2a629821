// The picture code (PDQ) of a picture that arrives a few rows at a time, and of its seven turned and mirrored forms. Pure.
//
// PDQ's two box filters and its sampling at 64 points are one linear operator per axis, P. So Z = P_H * luma * P_W^T needs one
// multiply-add per pixel and direction, and only 4 blocks of 64x64 numbers are kept. A turned picture gets its own exact code: the
// operator is reversed, not the sign of the coefficients, because the sampling points are not symmetric.
// Source: PDQ reference (facebook/ThreatExchange pdq/cpp), docs/spec/fingerprint.md.

const SIDE = 64;
const DCT_SIDE = 16;
const MIN_PIXELS = 5;
const BLANK = '0'.repeat(64);
/** How much red, green and blue are in brightness (ITU-R BT.601). */
const BRIGHTNESS = [0.299, 0.587, 0.114];

/** 16x64, row-major: frequencies 1 to 16, no constant row. */
export function cosineTable() {
  const table = new Float64Array(DCT_SIDE * SIDE);
  for (let i = 0; i < DCT_SIDE; i++) {
    for (let j = 0; j < SIDE; j++) {
      table[i * SIDE + j] = Math.sqrt(2 / SIDE) * Math.cos((Math.PI / (2 * SIDE)) * (i + 1) * (2 * j + 1));
    }
  }
  return table;
}

/** One axis of `size` samples as 64 bands {first, weights}: band j sums up weights[k] * sample[first + k]. */
export function axisOperator(size) {
  const window = Math.floor((size + 2 * SIDE - 1) / (2 * SIDE));
  const half = Math.floor((window + 2) / 2);
  const low = (i) => Math.max(0, i - (window - half));
  const high = (i) => Math.min(size - 1, i + half - 1);
  return Array.from({ length: SIDE }, (_, j) => {
    const centre = Math.floor(((j + 0.5) * size) / SIDE);
    const first = low(low(centre));
    const weights = new Float64Array(high(high(centre)) - first + 1);
    const outer = 1 / (high(centre) - low(centre) + 1);
    for (let i = low(centre); i <= high(centre); i++) {
      const weight = outer / (high(i) - low(i) + 1);
      for (let k = low(i); k <= high(i); k++) weights[k - first] += weight;
    }
    return { first, weights };
  });
}

/** The same from the axis's other end. */
export const reversedOperator = (bands, size) =>
  bands.map(({ first, weights }) => ({ first: size - first - weights.length, weights: weights.slice().reverse() }));

/** The 128 bands of an axis, seen from either end. */
const bothWays = (size) => [...axisOperator(size), ...reversedOperator(axisOperator(size), size)];

/** For each row of the picture, which bands use it and how much. */
function bandsOfEachRow(bands, size) {
  const uses = Array.from({ length: size }, () => []);
  bands.forEach(({ first, weights }, band) => weights.forEach((weight, k) => uses[first + k].push(band, weight)));
  return uses;
}

/** Codes pictures of one size from their rows, top to bottom: one, and after `finish` the next. */
export class PictureCoder {
  constructor(width, height) {
    this.width = width;
    this.height = height;
    this.tiny = width < MIN_PIXELS || height < MIN_PIXELS;
    this.rowsSeen = 0;
    if (this.tiny) return;
    this.across = bothWays(width);
    this.down = bandsOfEachRow(bothWays(height), height);
    this.luma = new Float64Array(width);
    this.sampled = new Float64Array(2 * SIDE);
    // rows 0..63 upright, 64..127 reversed; columns likewise
    this.blocks = new Float64Array(2 * SIDE * 2 * SIDE);
  }

  /** The next `count` rows: 4 bytes a pixel, alpha ignored, a row every `stride` bytes. */
  push(rgba, count, stride = this.width * 4, weights = BRIGHTNESS) {
    if (this.tiny) return;
    const { fround } = Math;
    const [red, green, blue] = weights.map(fround);
    const { width, luma } = this;
    for (let row = 0; row < count; row++) {
      for (let x = 0, at = row * stride; x < width; x++, at += 4) {
        luma[x] = fround(fround(fround(red * rgba[at]) + fround(green * rgba[at + 1])) + fround(blue * rgba[at + 2]));
      }
      this.take(luma, 0);
    }
  }

  /** All rows, from a plane of brightness, 0 to 255 a pixel. */
  pushPlane(plane, offset, stride) {
    for (let row = 0; row < this.height && !this.tiny; row++) this.take(plane, offset + row * stride);
  }

  take(luma, from) {
    const { sampled, blocks } = this;
    sample(luma, from, this.across, sampled);
    const uses = this.down[this.rowsSeen++];
    for (let u = 0; u < uses.length; u += 2) {
      const base = uses[u] * 2 * SIDE;
      const weight = uses[u + 1];
      for (let j = 0; j < 2 * SIDE; j++) blocks[base + j] += weight * sampled[j];
    }
  }

  /**
   * `quality` 0..100 and eight codes of 64 hex characters: upright, quarter turn counter-clockwise, half turn, quarter turn
   * clockwise, upside down, left-right mirror, transposed, other diagonal.
   */
  finish() {
    if (this.tiny) return { quality: 0, orientations: Array(8).fill(BLANK) };
    if (this.rowsSeen !== this.height) throw new Error('rows are missing');
    const cosines = cosineTable();
    const upright = coefficients(this.blocks, 0, 0, cosines);
    const mirrored = coefficients(this.blocks, 0, SIDE, cosines);
    const upsideDown = coefficients(this.blocks, SIDE, 0, cosines);
    const halfTurn = coefficients(this.blocks, SIDE, SIDE, cosines);
    const orientations = [
      upright, transposed(mirrored), halfTurn, transposed(upsideDown),
      upsideDown, mirrored, transposed(upright), transposed(halfTurn),
    ].map(hexOfCoefficients);
    const quality = qualityOf(this.blocks);
    this.blocks.fill(0);
    this.rowsSeen = 0;
    return { quality, orientations };
  }
}

function sample(luma, origin, bands, out) {
  for (let j = 0; j < bands.length; j++) {
    const { weights } = bands[j];
    const first = origin + bands[j].first;
    // two sums: neither waits for the other
    let even = 0;
    let odd = 0;
    let k = 0;
    for (; k + 1 < weights.length; k += 2) {
      even += weights[k] * luma[first + k];
      odd += weights[k + 1] * luma[first + k + 1];
    }
    if (k < weights.length) even += weights[k] * luma[first + k];
    out[j] = even + odd;
  }
}

/** D * Z * D^T for the 64x64 block at (top, left): 16x16 float32 values. */
function coefficients(blocks, top, left, cosines) {
  const half = new Float64Array(DCT_SIDE * SIDE);
  for (let i = 0; i < DCT_SIDE; i++) {
    for (let k = 0; k < SIDE; k++) {
      const weight = cosines[i * SIDE + k];
      const base = (top + k) * 2 * SIDE + left;
      for (let j = 0; j < SIDE; j++) half[i * SIDE + j] += weight * blocks[base + j];
    }
  }
  const out = new Float32Array(DCT_SIDE * DCT_SIDE);
  for (let i = 0; i < DCT_SIDE; i++) {
    for (let j = 0; j < DCT_SIDE; j++) {
      let sum = 0;
      for (let k = 0; k < SIDE; k++) sum += half[i * SIDE + k] * cosines[j * SIDE + k];
      out[i * DCT_SIDE + j] = sum;
    }
  }
  return out;
}

function transposed(block) {
  return block.map((_, at) => block[(at % DCT_SIDE) * DCT_SIDE + Math.floor(at / DCT_SIDE)]);
}

/** Bit k is 1 where coefficient k lies above the lower median; bit 255 comes first. */
export function hexOfCoefficients(block) {
  const median = Float32Array.from(block).sort()[127];
  let hex = '';
  for (let k = 255; k > 0; k -= 4) {
    let digit = 0;
    for (let b = 0; b < 4; b++) digit = digit * 2 + (block[k - b] > median ? 1 : 0);
    hex += digit.toString(16);
  }
  return hex;
}

/** 0 (flat) to 100, from the steps between neighbours of the upright block. */
function qualityOf(blocks) {
  const fround = Math.fround;
  const value = (i, j) => fround(blocks[i * 2 * SIDE + j]);
  const step = (u, v) => Math.abs(Math.trunc(fround(fround(fround(u - v) * 100) / 255)));
  let sum = 0;
  for (let i = 0; i < SIDE; i++) {
    for (let j = 0; j < SIDE; j++) {
      if (i + 1 < SIDE) sum += step(value(i, j), value(i + 1, j));
      if (j + 1 < SIDE) sum += step(value(i, j), value(i, j + 1));
    }
  }
  return Math.min(100, Math.floor(sum / 90));
}

/** How many of 256 bits differ. */
export function distanceBits(one, other) {
  let bits = 0;
  for (let k = 0; k < 64; k++) {
    let differs = parseInt(one[k], 16) ^ parseInt(other[k], 16);
    for (; differs; differs &= differs - 1) bits++;
  }
  return bits;
}
