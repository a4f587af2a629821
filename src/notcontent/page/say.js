// Every text the page shows, in its language (docs/spec/person.md section 7). The English ones are in locale/page.pot.

const block = (id) => JSON.parse(document.getElementById(id).textContent);

/** say.start.heading; main.js adds those of screensAside.js. */
export const say = block('texts');
export const site = block('site');
/** Languages' own names by their tags. */
export const languages = block('languages-known');
export const language = document.documentElement.lang;

const rightToLeft = document.documentElement.dir === 'rtl';
// digits that are typed and read out, in Arabic too
const local = `${language === 'en' ? 'en-GB' : language}-u-nu-latn`;
const plurals = new Intl.PluralRules(local);
const regions = new Intl.DisplayNames([local], { type: 'region', fallback: 'code' });
const tongues = new Intl.DisplayNames([local], { type: 'language', fallback: 'code' });
const longDay = new Intl.DateTimeFormat(local, { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
const lists = new Intl.ListFormat(local, { type: 'conjunction' });

/** fill(say.step, { now: 1, all: 7 }). Where a text has plurals, `n` decides. */
export function fill(text, values) {
  const chosen = typeof text === 'string' ? text : text[plurals.select(values.n)] ?? text.other;
  return chosen.replace(/\{(\w+)\}/g, (whole, name) => apart(String(values[name] ?? whole)));
}

/** Keeps the reading direction of a name or number to itself. */
const apart = (text) => (rightToLeft ? `\u2068${text}\u2069` : text);

/** "United Kingdom" from "GB"; "ZZ" is for practice; what is no country code stays as it is. */
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
