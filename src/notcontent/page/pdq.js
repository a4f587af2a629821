// The picture code (PDQ) of a picture that arrives a few rows at a time, and of its seven turned and mirrored forms.
//
// PDQ's two box filters and its sampling at 64 points are one linear operator per axis: a row of 64 numbers with about N
// non-zero weights in all (P below). So Z = P_H * luma * P_W^T needs one multiply-add per pixel and direction, and only
// 4 blocks of 64x64 numbers are ever kept, whatever the size of the picture.
//
// A turned picture gets its own exact code: the operator is reversed, not the sign of the coefficients, because the
// sampling points are not symmetric. Source: PDQ reference (facebook/ThreatExchange pdq/cpp), docs/spec/person.md section 3.
//
// Pure: no page, no network, no clock.

const SIDE = 64;
const DCT_SIDE = 16;
const MIN_PIXELS = 5;
const BLANK = '0'.repeat(64);
/** How much red, green and blue are in brightness (ITU-R BT.601). */
const BRIGHTNESS = [0.299, 0.587, 0.114];

/** The 16x64 cosine table, row-major float64: frequencies 1 to 16, no constant row. */
export function cosineTable() {
  const table = new Float64Array(DCT_SIDE * SIDE);
  for (let i = 0; i < DCT_SIDE; i++) {
    for (let j = 0; j < SIDE; j++) {
      table[i * SIDE + j] = Math.sqrt(2 / SIDE) * Math.cos((Math.PI / (2 * SIDE)) * (i + 1) * (2 * j + 1));
    }
  }
  return table;
}

/**
 * The weights of one axis of `size` samples: 64 bands, band j covering samples start[j] .. start[j] + length[j] - 1
 * with weights[offset[j] ..]. Two box filters, then one sample at floor((j + 0.5) * size / 64).
 */
export function axisOperator(size) {
  const window = Math.floor((size + 2 * SIDE - 1) / (2 * SIDE));
  const half = Math.floor((window + 2) / 2);
  const low = (i) => Math.max(0, i - (window - half));
  const high = (i) => Math.min(size - 1, i + half - 1);
  const start = new Int32Array(SIDE);
  const length = new Int32Array(SIDE);
  const bands = [];
  for (let j = 0; j < SIDE; j++) {
    const centre = Math.floor(((j + 0.5) * size) / SIDE);
    const first = low(low(centre));
    const last = high(high(centre));
    const band = new Float64Array(last - first + 1);
    const outer = 1 / (high(centre) - low(centre) + 1);
    for (let i = low(centre); i <= high(centre); i++) {
      const weight = outer / (high(i) - low(i) + 1);
      for (let k = low(i); k <= high(i); k++) band[k - first] += weight;
    }
    start[j] = first;
    length[j] = band.length;
    bands.push(band);
  }
  return pack(start, length, bands);
}

function pack(start, length, bands) {
  const offset = new Int32Array(SIDE);
  let total = 0;
  for (let j = 0; j < SIDE; j++) {
    offset[j] = total;
    total += length[j];
  }
  const weights = new Float64Array(total);
  bands.forEach((band, j) => weights.set(band, offset[j]));
  return { start, length, offset, weights };
}

/** The same operator for the axis seen from its other end. */
export function reversedOperator(operator, size) {
  const start = operator.start.map((first, j) => size - first - operator.length[j]);
  const bands = Array.from(operator.length, (count, j) =>
    operator.weights.slice(operator.offset[j], operator.offset[j] + count).reverse());
  return pack(start, operator.length, bands);
}

/** Turns the weights round: for each row of the picture, which of the 128 bands use it and how much. */
function bandsOfEachRow(operators, size) {
  const uses = Array.from({ length: size }, () => []);
  operators.forEach((operator, direction) => {
    for (let j = 0; j < SIDE; j++) {
      for (let k = 0; k < operator.length[j]; k++) {
        uses[operator.start[j] + k].push(direction * SIDE + j, operator.weights[operator.offset[j] + k]);
      }
    }
  });
  return uses;
}

/** Codes pictures of `width` x `height` pixels from their rows, top to bottom: one, and after `finish` the next. */
export class PictureCoder {
  constructor(width, height) {
    this.width = width;
    this.height = height;
    this.tiny = width < MIN_PIXELS || height < MIN_PIXELS;
    this.rowsSeen = 0;
    if (this.tiny) return;
    const across = axisOperator(width);
    this.across = [across, reversedOperator(across, width)];
    const down = axisOperator(height);
    this.down = bandsOfEachRow([down, reversedOperator(down, height)], height);
    this.luma = new Float64Array(width);
    this.sampled = new Float64Array(2 * SIDE);
    // rows 0..63 upright, 64..127 reversed; columns likewise
    this.blocks = new Float64Array(2 * SIDE * 2 * SIDE);
  }

  /** Takes the next `count` rows from `rgba`: 4 bytes a pixel, alpha ignored, a row every `stride` bytes. */
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

  /** Takes all rows from a plane of brightness, 0 to 255 a pixel: the first at `offset`, a row every `stride` numbers. */
  pushPlane(plane, offset, stride) {
    for (let row = 0; row < this.height && !this.tiny; row++) this.take(plane, offset + row * stride);
  }

  take(luma, from) {
    const { sampled, blocks } = this;
    sample(luma, from, this.across[0], sampled, 0);
    sample(luma, from, this.across[1], sampled, SIDE);
    const uses = this.down[this.rowsSeen++];
    for (let u = 0; u < uses.length; u += 2) {
      const base = uses[u] * 2 * SIDE;
      const weight = uses[u + 1];
      for (let j = 0; j < 2 * SIDE; j++) blocks[base + j] += weight * sampled[j];
    }
  }

  /**
   * The result once every row was pushed: `quality` 0..100 and eight codes of 64 hex characters, in the order upright,
   * quarter turn counter-clockwise, half turn, quarter turn clockwise, upside down, left-right mirror, transposed, other diagonal.
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

function sample(luma, origin, operator, out, at) {
  const { start, length, offset, weights } = operator;
  for (let j = 0; j < SIDE; j++) {
    const first = origin + start[j];
    const from = offset[j];
    const count = length[j];
    // two sums: neither waits for the other
    let even = 0;
    let odd = 0;
    let k = 0;
    for (; k + 1 < count; k += 2) {
      even += weights[from + k] * luma[first + k];
      odd += weights[from + k + 1] * luma[first + k + 1];
    }
    if (k < count) even += weights[from + k] * luma[first + k];
    out[at + j] = even + odd;
  }
}

/** D * Z * D^T for the 64x64 block that begins at (top, left): 16x16 float32 values, row-major. */
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

/** Bit k is 1 where coefficient k lies above the lower median; printed from bit 255 down to bit 0. */
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

/** How much there is to recognise: 0 (flat) to 100, from the steps between neighbours of the upright 64x64 block. */
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

/** How many of the 256 bits differ between two codes. */
export function distanceBits(one, other) {
  let bits = 0;
  for (let k = 0; k < 64; k++) {
    let differs = parseInt(one[k], 16) ^ parseInt(other[k], 16);
    for (; differs; differs &= differs - 1) bits++;
  }
  return bits;
}
