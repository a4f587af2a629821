// Fetched for WebP files that say how to turn them (EXIF in RIFF, RFC 9649 section 2.7.1.5). Chromium shows them as stored, other
// programs turn them, and the picture code is made of the picture as it should be seen. JPEG and PNG are turned by the browser itself.

// 2x1 pixels, lossless, to be turned by a quarter: a browser that turns WebP opens it as 1x2
const PROBE = 'UklGRlIAAABXRUJQVlA4WAoAAAAIAAAAAQAAAAAAVlA4TBEAAAAvAQAAAA8Q87//8x8OMqL/AQBFWElGGgAAAE1NACoAAAAIAAEBEgADAAAAAQAGAAAAAAAA';

// orientation -> [a, b, c, d] of a canvas transform; 5 to 8 swap width and height
const TURNS = {
  1: [1, 0, 0, 1], 2: [-1, 0, 0, 1], 3: [-1, 0, 0, -1], 4: [1, 0, 0, -1],
  5: [0, 1, 1, 0], 6: [0, 1, -1, 0], 7: [0, -1, -1, 0], 8: [0, -1, 1, 0],
};

async function browserTurns() {
  const bytes = Uint8Array.from(atob(PROBE), (letter) => letter.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/webp' }));
  const turned = bitmap.height === 2;
  bitmap.close();
  return turned;
}

/** The EXIF orientation, 1 to 8, of a TIFF structure; 1 where there is none. */
function exifOrientation(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const base = bytes[0] === 0x45 ? 6 : 0; // some writers put "Exif\0\0" in front
  if (bytes.length < base + 14) return 1;
  const little = bytes[base] === 0x49;
  const table = base + view.getUint32(base + 4, little);
  if (table + 2 > bytes.length) return 1;
  const count = view.getUint16(table, little);
  for (let at = table + 2, left = count; left > 0 && at + 12 <= bytes.length; at += 12, left--) {
    if (view.getUint16(at, little) !== 0x0112) continue;
    const value = view.getUint16(at + 8, little);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/** Finds the EXIF part of a WebP file without reading the picture in it. */
async function webpOrientation(blob) {
  const read = async (from, length) => new Uint8Array(await blob.slice(from, from + length).arrayBuffer());
  for (let at = 12, parts = 0; at + 8 <= blob.size && parts < 200; parts++) {
    const head = await read(at, 8);
    const length = new DataView(head.buffer).getUint32(4, true);
    if (String.fromCharCode(...head.subarray(0, 4)) === 'EXIF') return exifOrientation(await read(at + 8, Math.min(length, 65536)));
    at += 8 + length + (length % 2);
  }
  return 1;
}

/** {width, height} as seen, and the canvas transform that draws `bitmap`, opened from `blob`, so, with its rows from `top` on first. */
export async function asSeen(bitmap, blob) {
  const orientation = await webpOrientation(blob).catch(() => 1);
  if (orientation === 1 || await browserTurns()) return bitmap;
  const [a, b, c, d] = TURNS[orientation];
  const [width, height] = orientation >= 5 ? [bitmap.height, bitmap.width] : [bitmap.width, bitmap.height];
  const right = a + c < 0 ? width : 0;
  const down = b + d < 0 ? height : 0;
  return { width, height, transform: (top) => [a, b, c, d, right, down - top] };
}
