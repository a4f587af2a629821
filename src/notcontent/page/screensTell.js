// What the helpline may need to know, each question one that can be skipped: for the notices that a law asks for, and for an answer.
// All of it is sealed on this device (seal.js); the exchange can't read it.
import {
  answerRow, build, buttons, check, field, fold, mainButton, note, paragraph, quietButton, rows,
} from './dom.js';
import { fill, say } from './say.js';

const MOST_LINKS = 50;
const MOST_LETTERS = 4000;
const MOST_LINK_CHARACTERS = 2048;
const MOST_NOTE_CHARACTERS = 200;

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
    heading: say[name].heading,
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

/** One answer of several. `key`: its name in the letter (docs/spec/person.md section 6). */
const chooseOne = (name, key, answers) => (app) => {
  const keep = (answer) => { app.state.answers[key] = answer; };
  return question(app, name, [rows(...answers.map((answer) => answerRow(...[say[name][answer]].flat().concat(null).slice(0, 2), () => {
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
      check(say[name][answer], null, chosen.has(answer), (on) => (on ? chosen.add(answer) : chosen.delete(answer)))))),
    buttons(mainButton(say.goOn, () => {
      keep(chosen.size > 0 ? answers.filter((answer) => chosen.has(answer)) : null);
      app.go(after(app, name));
    })),
  ], keep);
};

/** The lines that are links, and the number of the first one that is not (0 if all are). Checked for form only, never opened. */
export function parseLinks(typed) {
  const lines = typed.split('\n').map((line) => line.trim());
  const links = lines.filter(Boolean);
  const bad = lines.findIndex((line) => line && !(/^https?:\/\/[^\s/]+\.[^\s]+$/i.test(line) && line.length <= MOST_LINK_CHARACTERS));
  return { links, bad: bad + 1 };
}

function links(app) {
  const { state } = app;
  const error = build('p', { class: 'error', role: 'alert', id: 'links-error' });
  const input = build('textarea', { id: 'links', rows: 5, dir: 'ltr', 'aria-describedby': 'links-error' });
  input.value = state.links.join('\n');
  const title = build('input', { type: 'text', id: 'link-title', maxlength: MOST_NOTE_CHARACTERS });
  title.value = state.linkTitle;
  const goOn = () => {
    const { links: found, bad } = parseLinks(input.value);
    error.textContent = bad ? fill(say.links.bad, { line: bad }) : found.length > MOST_LINKS ? fill(say.links.tooMany, { max: MOST_LINKS }) : '';
    if (error.textContent) {
      input.focus();
      return;
    }
    state.links = found;
    state.linkTitle = title.value.trim();
    app.go(after(app, 'links'));
  };
  return {
    heading: say.links.heading,
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
    heading: say.statement.heading,
    step: 5,
    body: [
      paragraph(fill(say.statement.text, {})),
      note(build('p', { id: 'statement' }, fill(say.statement.words, { name: helpline.name }))),
      build('fieldset', { class: 'field' }, build('legend', {}, say.statement.which), rows(...which.map(({ id, name }) =>
        check(name, null, chosen.has(id), (on) => (on ? chosen.add(id) : chosen.delete(id)))))),
      rows(
        answerRow(say.statement.ask, null, goOn('ask')),
        answerRow(say.statement.go, null, goOn('go')),
        answerRow(say.statement.no, null, goOn(null))),
      fold(say.why, paragraph(say.statement.whyText)),
      buttons(quietButton(say.back, () => app.go('sites'))),
    ],
  };
}

/** A message, and how to be reached if she wants that. Also the way to write later, from the status. */
function write(app) {
  const { state } = app;
  const { helpline } = app.site;
  const next = () => app.go('check');
  const back = () => app.go(state.adding ? 'status' : isPosted(state) && state.partners.size > 0 ? 'statement' : 'sites');
  if (helpline.keys.length === 0) {
    return {
      heading: say.write.heading,
      step: 5,
      body: [paragraph(say.write.noKeys), buttons(mainButton(say.goOn, next), quietButton(say.back, back))],
    };
  }
  const text = build('textarea', { id: 'letter', rows: 6, maxlength: MOST_LETTERS });
  text.value = state.text;
  const contact = state.contact ?? {};
  const short = (id, value) => {
    const input = build('input', { type: 'text', id, maxlength: MOST_NOTE_CHARACTERS, autocomplete: 'off' });
    input.value = value ?? '';
    return input;
  };
  const option = (value, label, chosen) => build('option', { value, selected: value === chosen }, label);
  const way = build('select', { id: 'way' }, option('', '—', contact.way ?? ''),
    ...['email', 'phone', 'app'].map((value) => option(value, say.contact[value], contact.way)));
  const voicemail = build('select', { id: 'voicemail' },
    option('no', say.contact.no, contact.voicemail), option('yes', say.contact.yes, contact.voicemail));
  const where = short('where', contact.where);
  const hours = short('hours', contact.hours);
  const name = short('name', contact.name);
  const keep = () => {
    state.text = text.value.trim();
    const reach = where.value.trim();
    state.contact = way.value && reach
      ? { way: way.value, where: reach, hours: hours.value.trim(), name: name.value.trim(), voicemail: voicemail.value } : null;
  };
  return {
    heading: say.write.heading,
    step: 5,
    body: [
      paragraph(say.write.text),
      field(say.write.label, text),
      note(build('p', {}, say.write.never), build('p', {}, fill(say.write.when, { n: helpline.answer_days }))),
      fold(say.contact.fold, paragraph(say.contact.text),
        field(say.contact.way, way), field(say.contact.where, where), field(say.contact.hours, hours),
        field(say.contact.name, name), field(say.contact.voicemail, voicemail)),
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

export const tellScreens = {
  for: chooseOne('for', 'for', ['me', 'other']),
  made: chooseSome('made', 'made', ['photo', 'video', 'computer']),
  shows: chooseOne('shows', 'shows', ['intimate', 'private']),
  reason: chooseSome('reason', 'why', ['secret', 'shared', 'faked', 'forced']),
  exposed: chooseSome('exposed', 'exposed', ['name', 'face', 'address', 'phone', 'work', 'accounts', 'id_number']),
  links,
  statement,
  write,
};
