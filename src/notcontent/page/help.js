// Help lines for the country she picks. The whole list is fetched when she asks for it, so nobody learns which country it was.
import { build, paragraph } from './dom.js';
import { readHelp } from './send.js';
import { countryName, dayName, fill, say } from './say.js';

/** Numbers change: lines checked longer ago than this say so. */
const OLD_DAYS = 400;
const isOld = (checked, now) => now - Date.parse(checked) > OLD_DAYS * 86_400_000;

/** A choice of countries, and below it the lines of the one chosen. `kind`: minors or adults. */
export function helpLines(app, kind) {
  const turn = app.turn;
  const place = build('div', { 'aria-live': 'polite' });
  const select = build('select', { id: 'help-country', disabled: true }, build('option', { value: '' }, say.help.choose));
  const show = (help) => {
    const { lines = [], emergency = null } = help.countries[select.value] ?? {};
    const fitting = lines.filter(({ for: whom }) => whom.includes(kind));
    place.replaceChildren(...[
      emergency ? paragraph(fill(say.help.emergency, { number: emergency })) : null,
      ...fitting.map(lineCard),
      select.value && fitting.length === 0 ? paragraph(say.help.none) : null,
    ].filter(Boolean));
  };
  readHelp().then((help) => {
    if (!app.isStill(turn)) return;
    const named = Object.keys(help.countries).map((country) => [countryName(country), country])
      .sort(([one], [other]) => one.localeCompare(other, document.documentElement.lang));
    select.append(...named.map(([name, country]) => build('option', { value: country }, name)));
    select.disabled = false;
    select.addEventListener('change', () => show(help));
  }).catch(() => place.replaceChildren(paragraph(say.help.none)));
  return build('div', {}, build('div', { class: 'field' }, build('label', { for: 'help-country' }, say.help.country), select), place);
}

function lineCard({ name, run_by: who, reach, asks_name: asksName, tells, hours, checked }) {
  return build('div', { class: 'card' },
    build('h2', {}, build('bdi', {}, name)),
    build('p', {}, build('bdi', { class: 'number' }, reach)),
    isOld(checked, Date.now()) ? paragraph(say.help.old) : null,
    build('ul', { class: 'small' }, [
      fill(say.help.runBy, { who }),
      say.help[`name_${asksName}`],
      say.help[`tells_${tells}`],
      hours ? fill(say.help.hours, { hours }) : null,
      fill(say.help.checked, { day: dayName(checked) }),
    ].filter(Boolean).map((text) => build('li', {}, text))));
}
