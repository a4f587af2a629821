// The first questions: what this is, whether the device is safe, what is happening, how old the person was.
import {
  answerRow, build, buttons, card, fold, list, mainButton, note, paragraph, plainButton, quietButton, rows,
} from './dom.js';
import { helpLines } from './help.js';
import { countryName, dayName, fill, languageName, listed, say } from './say.js';

/** A site as a line: its name, and its country. */
export const siteLine = ({ name, country }) =>
  build('li', {}, build('bdi', {}, name), build('span', { class: 'quiet' }, ` · ${countryName(country)}`));

function start(app) {
  const { partners, helpline } = app.site;
  return {
    heading: say.start.heading,
    body: [
      paragraph(say.start.lead, 'lead'),
      paragraph(say.start.promise),
      buttons(
        mainButton(say.start.begin, () => app.go('safe')),
        app.isKit ? null : plainButton(say.start.check, () => app.go('comeBack')),
      ),
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

function inApp(app) {
  return {
    heading: say.inApp.heading,
    body: [
      paragraph(say.inApp.text, 'lead'),
      paragraph(say.inApp.how),
      card(build('p', {}, build('bdi', { class: 'code' }, document.baseURI))),
      app.isKit ? null : buttons(plainButton(say.start.check, () => app.go('comeBack'))),
    ],
  };
}

/** Asked before anything that tells something about her. */
function safe(app) {
  return {
    heading: say.safe.heading,
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
  const { online, threatened, worried, no_file: noFile, check } = say.happening;
  return {
    heading: say.happening.heading,
    step: 1,
    body: [
      paragraph(say.happening.text),
      rows(
        answerRow(...online, answer('online', 'age')),
        answerRow(...threatened, answer('threatened', 'threat')),
        answerRow(...worried, answer('worried', 'age')),
        answerRow(...noFile, answer('no_file', 'age')),
        app.isKit ? null : answerRow(...check, () => app.go('comeBack')),
      ),
      buttons(quietButton(say.back, () => app.go('safe'))),
    ],
  };
}

function threat(app) {
  return {
    heading: say.threat.heading,
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

function age(app) {
  // whatever was made under another answer is dropped first
  app.state.pictures = [];
  const stopHere = () => {
    app.forget();
    app.go('stop');
  };
  const next = () => app.go(app.state.adding ? 'pick' : 'for');
  return {
    heading: say.age.heading,
    step: 2,
    body: [
      paragraph(say.age.text),
      rows(
        answerRow(say.age.adult, null, next),
        answerRow(say.age.child, null, stopHere),
        answerRow(say.age.unsure, null, stopHere),
      ),
      fold(say.why, paragraph(say.age.whyText)),
      buttons(quietButton(say.back, () => app.go(app.state.adding ? 'status' : 'happening'))),
    ],
  };
}

/** Under 18, or not sure: the only way on from here is to start over. */
function stop(app) {
  return {
    heading: say.stop.heading,
    body: [
      card(build('p', { class: 'lead' }, build('bdi', { class: 'code' }, 'takeitdown.ncmec.org')), paragraph(say.stop.what)),
      paragraph(say.stop.threatened),
      helpLines(app, 'minors'),
      paragraph(say.stop.nothing, 'quiet'),
      buttons(quietButton(say.stop.restart, app.restart)),
    ],
  };
}

export const askScreens = { start, inApp, safe, happening, threat, age, stop };
