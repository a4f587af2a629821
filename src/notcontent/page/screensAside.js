// What only some ways lead to, fetched with its texts when one of them does.
import { alert, build, buttons, card, code, field, list, mainButton, note, paragraph, plainButton, quietButton } from './dom.js';
import { formatCode } from './handOn.js';
import { readyPictures } from './opening.js';
import { countryName, dayName, fill, say } from './say.js';
import { whoCanListen } from './screensSend.js';
import { readHelp, readSite } from './send.js';

/** Numbers change: lines checked longer ago than this say so. */
const OLD_DAYS = 400;
const isOld = (checked, now) => now - Date.parse(checked) > OLD_DAYS * 86_400_000;

/** A choice of countries, and below it the lines of the one chosen. `kind`: minors or adults. */
export function helpLines(app, kind) {
  const turn = app.turn;
  const place = build('div', { 'aria-live': 'polite' });
  const select = build('select', { id: 'help-country', disabled: true }, build('option', { value: '' }, say.sites.choose));
  const show = (help) => {
    const { lines = [], emergency = null } = help.countries[select.value] ?? {};
    const fitting = lines.filter(({ for: whom }) => whom.includes(kind));
    place.replaceChildren(...[
      emergency ? paragraph(fill(say.help.emergency, { number: emergency })) : null,
      ...fitting.map(lineCard),
      select.value && fitting.length === 0 ? paragraph(say.done.noLines) : null,
    ].filter(Boolean));
  };
  readHelp().then((help) => {
    if (!app.isStill(turn)) return;
    const named = Object.keys(help.countries).map((country) => [countryName(country), country])
      .sort(([one], [other]) => one.localeCompare(other, document.documentElement.lang));
    select.append(...named.map(([name, country]) => build('option', { value: country }, name)));
    select.disabled = false;
    select.addEventListener('change', () => show(help));
  }).catch(() => place.replaceChildren(paragraph(say.done.noLines)));
  return build('div', {}, field(say.help.country, select), place);
}

function lineCard({ name, run_by: who, reach, asks_name: asksName, tells, hours, checked }) {
  return card(build('h2', {}, build('bdi', {}, name)),
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

function threat(app) {
  return {
    step: 1,
    body: [
      list(say.threat.list),
      note(paragraph(say.threat.china)),
      note(paragraph(say.threat.danger)),
      buttons(
        mainButton(say.goOn, () => app.go('age')),
        quietButton(say.back, () => app.go('happening')),
      ),
    ],
  };
}

/** Under 18, or not sure: the only way on from here is to start over. */
function stop(app) {
  return {
    body: [
      card(build('p', { class: 'lead' }, code('takeitdown.ncmec.org')), paragraph(say.stop.what)),
      paragraph(say.stop.threatened),
      helpLines(app, 'minors'),
      paragraph(say.stop.nothing, 'quiet'),
      buttons(quietButton(say.stop.restart, app.restart)),
    ],
  };
}

function inApp(app) {
  return {
    body: [
      paragraph(say.inApp.text, 'lead'),
      paragraph(say.inApp.how),
      card(build('p', {}, code(document.baseURI))),
      app.isKit ? null : buttons(plainButton(say.start.check, () => app.go('comeBack'))),
    ],
  };
}

function refused(app) {
  app.state.pictures = [];
  return {
    body: [
      paragraph(say.refused[app.state.problem]),
      paragraph(say.refused.nothing),
      card(build('h2', {}, say.refused.ways), list(say.refused.list.map((text) => fill(text, { name: app.site.helpline.name })))),
      buttons(plainButton(say.again, () => app.go('pick')), quietButton(say.stop.restart, app.restart)),
    ],
  };
}

/** What the exchange did not take: the code of a picture, which can be left out, or a site that has gone meanwhile. */
export async function leaveOut(app, { code: what, entry }, place) {
  const { state, turn } = app;
  if (what === 'entry') {
    const bad = readyPictures(state)[entry];
    const n = bad?.number ?? 0;
    place.replaceChildren(alert(fill(say.notTaken.entry, { n })), buttons(mainButton(fill(say.notTaken.leaveOut, { n }), () => {
      state.pictures = state.pictures.filter((picture) => picture !== bad);
      app.go(readyPictures(state).length ? 'check' : 'pick');
    })));
    return;
  }
  app.site = await readSite().catch(() => app.site);
  const known = new Set(app.site.partners.map(({ id }) => id));
  state.partners = new Set([...state.partners].filter((id) => known.has(id)));
  state.siteChanged = say.notTaken.siteGone;
  if (app.isStill(turn)) app.go('sites');
}

/** The two codes for a friend, and for pages without script. */
function hand(app) {
  const { locator, look_key: lookKey, withdraw_key: withdrawKey } = app.state.keys;
  const one = (title, text, handed) => {
    const place = build('p', { translate: 'no' });
    const show = plainButton(say.hand.show, () => place.replaceChildren(code(handed)));
    return card(build('h2', {}, title), paragraph(text), buttons(show), place);
  };
  return {
    body: [
      one(say.hand.looking, say.hand.lookingText, formatCode(locator, lookKey)),
      one(say.hand.withdrawing, say.hand.withdrawingText, formatCode(locator, withdrawKey)),
      buttons(quietButton(say.back, () => app.go(app.isKit ? 'saved' : 'status'))),
    ],
  };
}

/** The end of the way in the kit. */
function saved(app) {
  return {
    heading: say.kit.saved,
    body: [
      paragraph(fill(say.kit.bring, { name: app.site.helpline.name }), 'lead'),
      note(paragraph(say.done.care)),
      whoCanListen(app),
      buttons(plainButton(say.hand.heading, () => app.go('hand')), plainButton(say.done.leave, app.leave)),
    ],
  };
}

export const asideScreens = { threat, stop, inApp, refused, hand, saved };
