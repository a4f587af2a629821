// Slips of the pen in words that were typed to come back. Pure.
import { normalise } from './opening.js';

/**
 * Helps with a slip of the pen: how many words were typed, and the places (1, 2, …) of those that are not in the list. Only a
 * hint on this screen. Spaces may be missing. Without a list the same of digits.
 */
export function checkTyped(typed, words) {
  const known = new Set(words?.length ? words.map(normalise) : '0123456789');
  const longest = Math.max(...Array.from(known, (word) => word.length));
  const found = typed.split(/[\s,.;、。，；]+/u).flatMap((piece) => splitJoined(normalise(piece), known, longest));
  return { count: found.length, strange: found.map((word, at) => (known.has(word) ? 0 : at + 1)).filter(Boolean) };
}

/** `joined` cut into known words; what fits none is one strange word. */
function splitJoined(joined, known, longest) {
  if (longest === 1) return [...joined];
  const words = [];
  for (let at = 0, end; at < joined.length; at = end) {
    end = at + longest;
    while (end > at && !known.has(joined.slice(at, end))) end--;
    if (end === at) end = joined.length;
    words.push(joined.slice(at, end));
  }
  return words;
}
