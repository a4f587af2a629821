// The first questions: what this is, what is happening, and how old the person in the picture is.
import {
  answerRow, build, buttons, card, fold, list, mainButton, note, paragraph, plainButton, quietButton, rows,
} from './dom.js';
import { countryName, say } from './en.js';

function start(app) {
  const { partners, helpline } = app.site;
  const sites = partners.length === 0
    ? paragraph(say.start.noneJoined)
    : build('ul', {}, partners.map(({ name, country }) =>
      build('li', {}, build('bdi', {}, name), build('span', { class: 'quiet' }, ` · ${countryName(country)}`))));
  return {
    heading: say.start.heading,
    body: [
      paragraph(say.start.lead, 'lead'),
      paragraph(say.start.promise),
      buttons(
        mainButton(say.start.begin, () => app.go('happening')),
        plainButton(say.start.check, () => app.go('comeBack')),
      ),
      card(build('h2', {}, say.start.joined), sites),
      note(build('h2', {}, say.start.cannot), list(say.start.cannotList)),
      fold(say.start.how, list(say.start.howList)),
      fold(say.start.unseen, list(say.start.unseenList)),
      paragraph(say.run(helpline.name), 'quiet small'),
    ],
  };
}

function happening(app) {
  const answer = (circumstance, next) => () => {
    app.state.circumstance = circumstance;
    app.go(next);
  };
  const { online, threatened, worried, check } = say.happening;
  return {
    heading: say.happening.heading,
    step: 1,
    body: [
      paragraph(say.happening.text),
      rows(
        answerRow(...online, answer('online', 'age')),
        answerRow(...threatened, answer('threatened', 'threat')),
        answerRow(...worried, answer('worried', 'age')),
        answerRow(...check, () => app.go('comeBack')),
      ),
      buttons(quietButton(say.back, () => app.go('start'))),
    ],
  };
}

function threat(app) {
  return {
    heading: say.threat.heading,
    step: 1,
    body: [
      list(say.threat.list),
      note(paragraph(say.threat.danger)),
      buttons(
        mainButton(say.threat.next, () => app.go('age')),
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
  return {
    heading: say.age.heading,
    step: 2,
    body: [
      paragraph(say.age.text),
      rows(
        answerRow(say.age.adult, null, () => app.go('pick')),
        answerRow(say.age.child, null, stopHere),
        answerRow(say.age.unsure, null, stopHere),
      ),
      fold(say.age.why, paragraph(say.age.whyText)),
      buttons(quietButton(say.back, () => app.go(app.state.adding ? 'status' : 'happening'))),
    ],
  };
}

/** Under 18, or not sure: there is no way on from here to choosing pictures without being asked again. */
function stop(app) {
  return {
    heading: say.stop.heading,
    body: [
      paragraph(say.stop.what),
      card(build('p', { class: 'lead' }, build('bdi', { class: 'code' }, say.stop.address))),
      paragraph(say.stop.threatened),
      paragraph(say.stop.nothing, 'quiet'),
      buttons(quietButton(say.stop.restart, app.restart)),
    ],
  };
}

export const askScreens = { start, happening, threat, age, stop };
