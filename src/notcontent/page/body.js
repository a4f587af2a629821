// The letter before it is sealed, and the text that opens a case or adds to it: shown and sent byte for byte.
// docs/spec/person.md sections 3 and 6.

/** null if there is nothing to say. */
export function letterOf({ answers, links, linkTitle, text, contact }) {
  const said = Object.fromEntries(Object.entries(answers).filter(([, answer]) => answer !== null));
  const where = links.map((url, at) => (at === 0 && linkTitle ? { url, title: linkTitle } : { url }));
  if (where.length === 0 && linkTitle) where.push({ title: linkTitle });
  const letter = {
    ...(Object.keys(said).length > 0 ? { answers: said } : {}),
    ...(where.length > 0 ? { links: where } : {}),
    ...(text ? { text } : {}),
    ...(contact ? { contact } : {}),
  };
  return Object.keys(letter).length > 0 ? { v: 1, ...letter } : null;
}

/** `work` is null until the device has done it. */
export function caseBody({ keys, circumstance, results, partners, later, statements, waitDays, letter, work }) {
  return JSON.stringify({
    v: 1,
    locator: keys.locator,
    look_key: keys.look_key,
    withdraw_key: keys.withdraw_key,
    reply_to: keys.reply_to,
    circumstance,
    entries: results.map(({ frames, quality, orientations }) => (frames
      ? { kind: 'video', frames } : { kind: 'pdq', quality, orientations })),
    partners,
    later_sites: later,
    statements: [...statements].map(([partner, notices]) => ({ partner, notices })),
    wait_days: waitDays,
    letter,
    work,
  });
}

/** Enough of a code to compare it. */
export const shortCode = (code) => `${code.slice(0, 4)}…${code.slice(-4)}`;
