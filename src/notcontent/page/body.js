// The text that opens a case, byte for byte. One place, so that what is shown and what is sent are the same.

/** The keys in the order they are sent. `work` is null until the device has done it. */
export function caseBody({ keys, circumstance, pictures, partners, work }) {
  return JSON.stringify({
    v: 1,
    locator: keys.locator,
    look_key: keys.look_key,
    withdraw_key: keys.withdraw_key,
    circumstance,
    entries: pictures.map(({ quality, orientations }) => ({ kind: 'pdq', quality, orientations })),
    partners,
    work,
  });
}

/** The first and last four characters of a code: enough to compare, short enough to read. */
export function shortCode(code) {
  return `${code.slice(0, 4)}…${code.slice(-4)}`;
}

/** "1.9 kB" */
export function readableSize(bytes) {
  return bytes < 1000 ? `${bytes} bytes` : `${(bytes / 1000).toFixed(1)} kB`;
}
