// Every text the page shows, in the language it was served in. The texts come with the page (docs/spec/person.md section 7);
// English ones, and what each is for, are in locale/page.pot.

const block = (id) => JSON.parse(document.getElementById(id).textContent);

/** The texts by their keys: say.start.heading. */
export const say = block('texts');
export const site = block('site');
/** Every language of the page by its tag: its name as its readers write it. */
export const languages = block('languages-known');
export const language = document.documentElement.lang;

const rightToLeft = document.documentElement.dir === 'rtl';
// digits that everybody knows, in Arabic too: they are typed and read out
const local = `${language === 'en' ? 'en-GB' : language}-u-nu-latn`;
const plurals = new Intl.PluralRules(local);
const regions = new Intl.DisplayNames([local], { type: 'region', fallback: 'code' });
const tongues = new Intl.DisplayNames([local], { type: 'language', fallback: 'code' });
const longDay = new Intl.DateTimeFormat(local, { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
const lists = new Intl.ListFormat(local, { type: 'conjunction' });

/** A text with its {names} filled in: fill(say.step, { now: 1, all: 7 }). Where it has plurals, `n` decides. */
export function fill(text, values) {
  const chosen = typeof text === 'string' ? text : text[plurals.select(values.n)] ?? text.other;
  return chosen.replace(/\{(\w+)\}/g, (whole, name) => apart(String(values[name] ?? whole)));
}

/** Keeps the reading direction of a name or number to itself, where it might differ from its surroundings. */
const apart = (text) => (rightToLeft ? `\u2068${text}\u2069` : text);

/** "United Kingdom" from "GB"; "ZZ" is what practice set-ups use; anything that is no country code stays as it is. */
export const countryName = (code) => {
  if (code === 'ZZ') return say.country.made_up;
  return /^[A-Z]{2}$/.test(code) ? regions.of(code) : code;
};
export const languageName = (tag) => tongues.of(tag);
/** "22 November 2026" from "2026-11-22". */
export const dayName = (day) => longDay.format(new Date(`${day}T00:00:00Z`));
/** "Germany and Austria" */
export const listed = (names) => lists.format(names);
/** "1.9 kB" */
export const readableSize = (bytes) => (bytes < 1000
  ? fill(say.size.bytes, { n: bytes })
  : fill(say.size.kilobytes, { n: new Intl.NumberFormat(local, { maximumFractionDigits: 1 }).format(bytes / 1000) }));
