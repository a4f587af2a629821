// What is asked: whether the device is safe, what is happening, and what the helpline may need to know for the notices that a law asks
// for. What she writes is sealed on this device (seal.js); the exchange can't read it.
import {
  alert, answerRow, build, buttons, card, check, field, fold, list, mainButton, note, paragraph, plainButton, quietButton, rowMain, rows,
} from './dom.js';
import { readyPictures } from './opening.js';
import { countryName, dayName, fill, languageName, listed, say } from './say.js';

const MOST_LINKS = 50;
const MOST_LETTERS = 4000;
const MOST_LINK_CHARACTERS = 2048;
const MOST_NOTE_CHARACTERS = 200;

/** A site as a line: its name, and its country. */
export const siteLine = ({ name, country }) =>
  build('li', {}, build('bdi', {}, name), build('span', { class: 'quiet' }, ` · ${countryName(country)}`));

function start(app) {
  const { partners, helpline } = app.site;
  return {
    body: [
      paragraph(say.start.lead, 'lead'),
      paragraph(say.start.promise),
      buttons(
        mainButton(say.start.begin, () => app.go('safe')),
        app.isKit ? null : plainButton(say.start.check, () => app.go('comeBack'))),
      card(
        build('p', {}, fill(say.start.runBy, { name: helpline.name, country: countryName(helpline.country) }), ' ',
          fill(say.start.answers, { n: helpline.answer_days, languages: listed(helpline.languages.map(languageName)) })),
        build('h2', {}, say.start.joined),
        partners.length === 0 ? paragraph(say.start.noneJoined) : build('ul', {}, partners.map(siteLine))),
      note(paragraph(say.start.notJoined)),
      fold(say.start.how, list(say.start.howList)),
      fold(say.start.cannot, list(say.start.cannotList)),
      app.isKit ? paragraph(fill(say.kit.date, { day: dayName(document.documentElement.dataset.made), name: helpline.name }), 'small quiet') : build('p', { class: 'small' },
        build('a', { href: `/kit/${document.documentElement.lang}`, download: 'notes.html' }, say.start.kit)),
    ],
  };
}

/** Asked before anything that tells something about her. */
function safe(app) {
  return {
    body: [
      paragraph(say.safe.text, 'lead'),
      list(say.safe.list),
      buttons(
        mainButton(say.safe.yes, () => app.go('happening')),
        plainButton(say.safe.no, app.leave),
      ),
    ],
  };
}

function happening(app) {
  const answer = (circumstance, next) => () => {
    app.state.circumstance = circumstance;
    app.go(next);
  };
  const { online, threatened, worried, no_file: noFile, check: mine } = say.happening;
  return {
    step: 1,
    body: [
      paragraph(say.happening.text),
      rows(
        answerRow(online, answer('online', 'age')),
        answerRow(threatened, answer('threatened', 'threat')),
        answerRow(worried, answer('worried', 'age')),
        answerRow(noFile, answer('no_file', 'age')),
        app.isKit ? null : answerRow(mine, () => app.go('comeBack')),
      ),
      buttons(quietButton(say.back, () => app.go('safe'))),
    ],
  };
}

function age(app) {
  // whatever was made under another answer is dropped first
  app.state.pictures = [];
  const stopHere = () => {
    app.forget();
    app.go('stop');
  };
  const next = () => app.go(app.state.adding ? 'pick' : 'for');
  return {
    step: 2,
    body: [
      paragraph(say.age.text),
      rows(
        answerRow(say.age.adult, next),
        answerRow(say.age.child, stopHere),
        answerRow(say.age.unsure, stopHere),
      ),
      fold(say.why, paragraph(say.age.whyText)),
      buttons(quietButton(say.back, () => app.go(app.state.adding ? 'status' : 'happening'))),
    ],
  };
}

/** Whether something is out already, so that there is somewhere to write to. */
export const isPosted = ({ circumstance }) => circumstance === 'online' || circumstance === 'no_file';

/** The questions in their order, and what stands before and after them. */
const order = ({ state }) => ['age', 'for', 'made', 'shows', 'reason', ...(isPosted(state) ? ['exposed', 'links'] : []),
  state.circumstance === 'no_file' ? 'sites' : 'pick'];
const beside = (app, name, step) => order(app)[order(app).indexOf(name) + step];
export const before = (app, name) => beside(app, name, -1);
const after = (app, name) => beside(app, name, 1);

function question(app, name, body, keep = () => {}) {
  return {
    step: 3,
    body: [
      ...body,
      say[name].whyText ? fold(say.why, paragraph(say[name].whyText)) : null,
      buttons(
        quietButton(say.skip, () => {
          keep(null);
          app.go(after(app, name));
        }),
        quietButton(say.back, () => app.go(before(app, name)))),
    ],
  };
}

/** One answer of several. `key`: its name in the letter. */
const chooseOne = (name, key, answers) => (app) => {
  const keep = (answer) => { app.state.answers[key] = answer; };
  return question(app, name, [rows(...answers.map((answer) => answerRow(say[name][answer], () => {
    keep(answer);
    app.go(after(app, name));
  })))], keep);
};

/** Any number of answers. */
const chooseSome = (name, key, answers) => (app) => {
  const chosen = new Set(app.state.answers[key] ?? []);
  const keep = (some) => { app.state.answers[key] = some; };
  return question(app, name, [
    paragraph(say[name].text),
    build('div', { role: 'group', 'aria-label': say[name].heading }, rows(...answers.map((answer) =>
      check(say[name][answer], chosen.has(answer), (on) => (on ? chosen.add(answer) : chosen.delete(answer)))))),
    buttons(mainButton(say.goOn, () => {
      keep(chosen.size > 0 ? answers.filter((answer) => chosen.has(answer)) : null);
      app.go(after(app, name));
    })),
  ], keep);
};

/** The links, and the number of the first line that is none (0 if all are). Checked for form only, never opened. */
export function parseLinks(typed) {
  const lines = typed.split('\n').map((line) => line.trim());
  const bad = lines.findIndex((line) => line && !(/^https?:\/\/[^\s/]+\.\S+$/i.test(line) && line.length <= MOST_LINK_CHARACTERS));
  return { links: lines.filter(Boolean), bad: bad + 1 };
}

function links(app) {
  const { state } = app;
  const error = alert('', 'links-error');
  const input = build('textarea', { id: 'links', rows: 5, dir: 'ltr', 'aria-describedby': 'links-error' }, state.links.join('\n'));
  const title = build('input', { type: 'text', id: 'link-title', maxlength: MOST_NOTE_CHARACTERS, value: state.linkTitle });
  const goOn = () => {
    const { links: found, bad } = parseLinks(input.value);
    const tooMany = found.length > MOST_LINKS;
    error.textContent = bad ? fill(say.links.bad, { line: bad }) : tooMany ? fill(say.links.tooMany, { max: MOST_LINKS }) : '';
    if (error.textContent) {
      input.focus();
      return;
    }
    state.links = found;
    state.linkTitle = title.value.trim();
    app.go(after(app, 'links'));
  };
  return {
    step: 3,
    body: [
      paragraph(state.circumstance === 'no_file' ? say.links.noFile : say.links.text),
      field(say.links.label, input, error),
      field(say.links.titleLabel, title),
      paragraph(say.links.sealed, 'small quiet'),
      buttons(mainButton(say.goOn, goOn), quietButton(say.links.none, () => {
        input.value = '';
        goOn();
      }), quietButton(say.back, () => app.go(before(app, 'links')))),
    ],
  };
}

function sites(app) {
  const { state } = app;
  const { partners } = app.site;
  const chosen = state.partners;
  const error = alert(state.siteChanged ?? '');
  state.siteChanged = null;
  const choose = (id, on) => {
    error.textContent = '';
    if (on) chosen.add(id);
    else chosen.delete(id);
  };
  const items = partners.map((site) => check(site.name, chosen.has(site.id), (on) => choose(site.id, on), aboutSite(site)));
  /** Ticks the boxes of the sites that `wanted` names, and no other. */
  const tick = (wanted) => partners.forEach((site, at) => {
    choose(site.id, items[at].querySelector('input').checked = wanted(site));
  });
  const quick = (text, wanted) => plainButton(text, () => tick(wanted), { class: 'button button-small' });
  const countries = [...new Set(partners.flatMap(({ country, forced_by: states }) => [country, ...states]))];
  const mine = build('select', { id: 'my-country' }, build('option', { value: '' }, say.sites.choose),
    countries.map((country) => build('option', { value: country }, countryName(country))));
  mine.addEventListener('change', () => {
    if (mine.value) tick(({ country, forced_by: states }) => country !== mine.value && !states.includes(mine.value));
  });
  const later = (value, text) => build('li', {}, build('label', { class: 'row' },
    build('input', { type: 'radio', name: 'later', value, checked: state.later === value, onchange: () => { state.later = value; } }),
    rowMain(text)));
  const goOn = () => {
    const needed = state.circumstance !== 'no_file' || readyPictures(state).length > 0;
    error.textContent = chosen.size === 0 && needed ? say.sites.none : '';
    if (!error.textContent) app.go(isPosted(state) && chosen.size > 0 ? 'statement' : 'write');
  };
  return {
    step: 5,
    body: [
      paragraph(say.sites.text),
      note(paragraph(say.sites.guess)),
      ...partners.length === 0 ? [note(paragraph(say.start.noneJoined))] : [
        build('p', { class: 'bar' },
          quick(say.sites.allProving, ({ proves_forgetting: proves }) => proves), quick(say.sites.all, () => true)),
        fold(say.sites.notIn, field(say.sites.myCountry, mine))],
      build('div', { role: 'group', 'aria-label': say.sites.heading }, rows(...items)),
      error,
      state.adding ? null : build('fieldset', { class: 'field' }, build('legend', {}, say.sites.later),
        rows(later('yes', say.sites.laterYes), later('ask', say.sites.laterAsk))),
      buttons(mainButton(say.goOn, goOn),
        quietButton(say.back, () => app.go(state.circumstance === 'no_file' && !state.adding ? 'links' : 'pick'))),
      fold(say.sites.provesWhy, paragraph(say.sites.provesText)),
    ],
  };
}

/** Its country, which states can force it, and whether it can prove forgetting. */
function aboutSite({ country, forced_by: states, proves_forgetting: proves }) {
  const forced = states.length === 0 ? say.sites.forcedUnknown : fill(say.sites.forcedBy, { countries: listed(states.map(countryName)) });
  return [countryName(country), forced, proves ? say.sites.proves : say.sites.provesNot].join(' · ');
}

function statement(app) {
  const { state } = app;
  const { partners, helpline } = app.site;
  const which = partners.filter(({ id }) => state.partners.has(id));
  const chosen = new Set(which.map(({ id }) => id).filter((id) => state.statements.has(id)));
  const goOn = (notices) => () => {
    state.statements = new Map(notices ? [...chosen].map((id) => [id, notices]) : []);
    app.go('write');
  };
  return {
    step: 5,
    body: [
      paragraph(say.statement.text),
      note(build('p', { id: 'statement' }, fill(say.statement.words, { name: helpline.name }))),
      build('fieldset', { class: 'field' }, build('legend', {}, say.statement.which), rows(...which.map(({ id, name }) =>
        check(name, chosen.has(id), (on) => (on ? chosen.add(id) : chosen.delete(id)))))),
      rows(
        answerRow(say.statement.ask, goOn('ask')),
        answerRow(say.statement.go, goOn('go')),
        answerRow(say.statement.no, goOn(null))),
      fold(say.why, paragraph(say.statement.whyText)),
      buttons(quietButton(say.back, () => app.go('sites'))),
    ],
  };
}

/** A message, and how to be reached if she wants that; also later, from the status. */
function write(app) {
  const { state } = app;
  const { helpline } = app.site;
  const next = () => app.go('check');
  const back = () => app.go(state.adding ? 'status' : isPosted(state) && state.partners.size > 0 ? 'statement' : 'sites');
  if (helpline.keys.length === 0) {
    return {
      step: 5,
      body: [paragraph(say.write.noKeys), buttons(mainButton(say.goOn, next), quietButton(say.back, back))],
    };
  }
  const text = build('textarea', { id: 'letter', rows: 6, maxlength: MOST_LETTERS }, state.text);
  const contact = state.contact ?? {};
  const short = (id) => build('input', { type: 'text', id, maxlength: MOST_NOTE_CHARACTERS, autocomplete: 'off', value: contact[id] });
  const choice = (id, ...values) => build('select', { id }, values.map((value) =>
    build('option', { value, selected: value === contact[id] }, value ? say.contact[value] : '—')));
  const fields = [
    choice('way', '', 'email', 'phone', 'app'), short('where'), short('hours'), short('name'), choice('voicemail', 'no', 'yes'),
  ];
  const keep = () => {
    state.text = text.value.trim();
    const said = Object.fromEntries(fields.map(({ id, value }) => [id, value.trim()]));
    state.contact = said.way && said.where ? said : null;
  };
  return {
    step: 5,
    body: [
      paragraph(say.write.text),
      field(say.write.label, text),
      note(paragraph(say.write.never), paragraph(fill(say.write.when, { n: helpline.answer_days }))),
      fold(say.contact.fold, paragraph(say.contact.text), fields.map((input) => field(say.contact[input.id], input))),
      buttons(
        mainButton(say.goOn, () => {
          keep();
          next();
        }),
        quietButton(say.back, () => {
          keep();
          back();
        })),
    ],
  };
}

export const askScreens = {
  start,
  safe,
  happening,
  age,
  for: chooseOne('for', 'for', ['me', 'other']),
  made: chooseSome('made', 'made', ['photo', 'video', 'computer']),
  shows: chooseOne('shows', 'shows', ['intimate', 'private']),
  reason: chooseSome('reason', 'why', ['secret', 'shared', 'faked', 'forced']),
  exposed: chooseSome('exposed', 'exposed', ['name', 'face', 'address', 'phone', 'work', 'accounts', 'id_number']),
  links,
  sites,
  statement,
  write,
};
