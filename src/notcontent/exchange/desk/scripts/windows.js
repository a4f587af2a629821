// Rectangles over a photo of a screen: what a window may be, and whether everything outside of them is black. Pure but for one canvas.

/** How many windows there may be. */
export const WINDOWS = 40;
/** No window is higher than this part of the picture: a few lines of text, not a body. */
const HIGHEST = 1 / 6;
/** All of them together show no more than this part of it. */
const MOST = 1 / 2;

/** The rectangle inside of the picture, in whole pixels, and not higher than it may be. */
export function clamp(asked, { width, height }) {
  const within = (value, lowest, highest) => Math.min(Math.max(Math.round(value), lowest), highest);
  const w = within(asked.w, 1, width), h = within(asked.h, 1, Math.max(1, Math.floor(height * HIGHEST)));
  return { ...asked, w, h, x: within(asked.x, 0, width - w), y: within(asked.y, 0, height - h) };
}

/** Whether so much may be open. */
export const fits = (windows, { width, height }) => windows.reduce((sum, { w, h }) => sum + w * h, 0) <= MOST * width * height;

/** What lies between two points of the pointer, in pixels of the picture; `dx` and `dy` say how far it went. */
export function rectangleOf(start, end, box, { width, height }) {
  const [across, down] = [width / box.width, height / box.height];
  const pixel = (event) => [(event.clientX - box.left) * across, (event.clientY - box.top) * down];
  const inside = ([x, y]) => [Math.min(Math.max(x, 0), width), Math.min(Math.max(y, 0), height)];
  const [[ax, ay], [bx, by]] = [start, end].map((event) => inside(pixel(event)));
  const high = height * HIGHEST;
  const tall = Math.abs(by - ay);
  const y = by > ay ? ay : ay - Math.min(tall, high);
  return {
    x: Math.min(ax, bx), y, w: Math.abs(bx - ax), h: Math.min(tall, high), wasTaller: tall > high,
    dx: bx - ax, dy: by - ay,
  };
}

/** Whether the picture that these bytes are is wholly black outside of the windows. */
export async function checkBlack(blob, windows) {
  const bitmap = await createImageBitmap(blob);
  const { width, height } = bitmap;
  const canvas = new OffscreenCanvas(width, height);
  const ink = canvas.getContext('2d', { willReadFrequently: true });
  ink.drawImage(bitmap, 0, 0);
  bitmap.close();
  ink.fillStyle = '#000';
  for (const { x, y, w, h } of windows) ink.fillRect(x, y, w, h);
  // Alpha is 255 everywhere, so a black pixel is this number in whatever order of bytes.
  const black = new Uint32Array(Uint8Array.of(0, 0, 0, 255).buffer)[0];
  return new Uint32Array(ink.getImageData(0, 0, width, height).data.buffer).every((pixel) => pixel === black);
}
