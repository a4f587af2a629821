// HEIC and HEIF, the format that phones save pictures in, where the browser can't open it: by libheif, which stands in a file of its own.
import { PictureCoder } from './pdq.js';
import { Refused } from './pixels.js';

const STRIP_ROWS = 64;

/**
 * {quality, orientations} of the main picture in `blob`, turned as it should be seen (libheif does that). What libheif holds goes with it:
 * the next picture gets a new one. Throws Refused('heic') where the server has no libheif, too, since the way out is the same.
 */
export async function codeHeic(blob, maxPixels, onProgress) {
  const heif = await import('./libheif.mjs').then((module) => module.default()).catch(() => { throw new Refused('heic'); });
  const sound = (value) => {
    if (!value || value.code) throw new Refused('heic');
    return value;
  };
  const context = heif.heif_context_alloc();
  const read = heif.heif_context_read_from_memory(context, new Uint8Array(await blob.arrayBuffer()));
  if (read.code !== heif.heif_error_code.heif_error_Ok) throw new Refused('heic');
  const handle = sound(heif.heif_js_context_get_primary_image_handle(context));
  const width = heif.heif_image_handle_get_width(handle);
  const height = heif.heif_image_handle_get_height(handle);
  if (width * height > maxPixels) throw new Refused('too_large');
  const { heif_colorspace: colours, heif_chroma: chroma } = heif;
  const made = sound(await heif.heif_js_decode_image2(handle, colours.heif_colorspace_RGB, chroma.heif_chroma_interleaved_RGBA));
  const { data, stride } = made.channels.find((channel) => channel.id === heif.heif_channel.heif_channel_interleaved);
  const coder = new PictureCoder(width, height);
  const seeThrough = heif.heif_image_handle_has_alpha_channel(handle);
  for (let top = 0; top < height; top += STRIP_ROWS) {
    const rows = Math.min(STRIP_ROWS, height - top);
    const strip = data.subarray(top * stride, (top + rows) * stride);
    coder.push(seeThrough ? onWhite(strip) : strip, rows, stride);
    onProgress((top + rows) / height);
  }
  return coder.finish();
}

function onWhite(rgba) {
  return rgba.map((value, at) => (at % 4 === 3 ? 255 : Math.round(255 + ((value - 255) * rgba[at - (at % 4) + 3]) / 255)));
}
