// What a file is and how many pixels it has, by its first bytes, so that one too large is never opened. Pure.
// JPEG (ITU T.81 B.2.2), PNG (section 11.2.2), GIF89a, WebP (RFC 9649), BMP, AVIF and HEIC (ISO 14496-12, 'ispe').

/** A file that can't be coded. `reason`: docs/spec/video.md section 6. */
export class Refused extends Error {
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

export const ascii = (bytes, at, length) => String.fromCharCode(...bytes.subarray(at, at + length));

/**
 * {kind, width, height, moving, turned}; null where unknown; `moving`: perhaps animated; `turned`: perhaps to be turned, and the
 * browser may not do it. `bytes`: the first part of the file.
 */
export function measure(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = (kind, width = null, height = null, moving = false, turned = false) => ({ kind, width, height, moving, turned });
  if (bytes.length < 32) return size('unknown');
  if (ascii(bytes, 1, 3) === 'PNG') return size('png', view.getUint32(16), view.getUint32(20));
  if (ascii(bytes, 0, 4) === 'GIF8') return size('gif', view.getUint16(6, true), view.getUint16(8, true), true);
  if (ascii(bytes, 0, 2) === 'BM') return size('bmp', view.getInt32(18, true), Math.abs(view.getInt32(22, true)));
  if (ascii(bytes, 0, 4) === 'RIFF' && ascii(bytes, 8, 4) === 'WEBP') return webp(bytes, view, size);
  if (ascii(bytes, 4, 4) === 'ftyp') return boxes(bytes, view, size);
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return jpeg(bytes, view, size);
  return size('unknown');
}

function webp(bytes, view, size) {
  const form = ascii(bytes, 12, 4);
  if (form === 'VP8X') {
    const [width, height] = [1 + (view.getUint32(24, true) & 0xffffff), 1 + (view.getUint32(26, true) >>> 8)];
    return size('webp', width, height, (bytes[20] & 2) > 0, (bytes[20] & 8) > 0);
  }
  if (form === 'VP8L') {
    const bits = view.getUint32(21, true);
    return size('webp', 1 + (bits & 0x3fff), 1 + ((bits >>> 14) & 0x3fff));
  }
  return size('webp', view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff);
}

function boxes(bytes, view, size) {
  const brand = ascii(bytes, 8, 4);
  const kind = brand.startsWith('avi') ? 'avif' : /^(hei[cx]|hevc|mif1|msf1)$/.test(brand) ? 'heic' : 'video';
  if (kind === 'video') return size(kind);
  const brands = ascii(bytes, 8, Math.min(view.getUint32(0), 256) - 8);
  let best = size(kind, null, null, brands.includes('avis'));
  for (let at = 16; at + 20 <= bytes.length; at++) {
    if (bytes[at] !== 0x69 || ascii(bytes, at, 4) !== 'ispe') continue;
    const width = view.getUint32(at + 8);
    const height = view.getUint32(at + 12);
    if (width * height > (best.width ?? 0) * (best.height ?? 0)) best = size(kind, width, height, best.moving);
  }
  return best;
}

function jpeg(bytes, view, size) {
  let at = 2;
  while (at + 9 < bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1];
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return size('jpeg', view.getUint16(at + 7), view.getUint16(at + 5));
    }
    at += marker === 0xff ? 1 : 2 + view.getUint16(at + 2);
  }
  return size('jpeg');
}
