// Coming back with the six words: how the case stands at each site, adding to it, and taking everything back.
import { build, buttons, list, mainButton, note, paragraph, plainButton, quietButton, rows, stateWord } from './dom.js';
import { countryName, dayName, say } from './en.js';
import { checkTyped, deriveKeys, normalise, WORD_COUNT } from './passphrase.js';
import { unlearned } from './screensKeep.js';
import { lookAtCase, readWords, SendError, withdrawCase } from './send.js';

function comeBack(app) {
  const { state } = app;
  const turn = app.turn;
  const error = build('p', { class: 'error', role: 'alert', id: 'words-error' });
  const hint = build('p', { class: 'hint', id: 'words-hint', 'aria-live': 'polite' });
  const input = build('textarea', { id: 'words', rows: 3, 'aria-describedby': 'words-error words-hint', ...unlearned });
  const show = build('button', { type: 'submit', class: 'button-main' }, say.comeBack.show);
  const submit = async (event) => {
    event.preventDefault();
    const typed = input.value;
    error.textContent = normalise(typed) ? '' : say.comeBack.empty;
    if (error.textContent || show.disabled) return;
    show.disabled = true;
    hint.textContent = say.comeBack.opening;
    try {
      const keys = await deriveKeys(typed);
      const status = await lookAtCase(keys.locator, keys.look_key);
      if (!app.isStill(turn)) return;
      input.value = '';
      Object.assign(state, { keys, status, words: null });
      app.go('status');
    } catch (problem) {
      if (!app.isStill(turn)) return;
      show.disabled = false;
      hint.textContent = '';
      const unknown = problem instanceof SendError && problem.code === 'not_found';
      error.textContent = unknown ? await explain(typed) : app.trouble(problem);
      input.focus();
    }
  };
  return {
    heading: say.comeBack.heading,
    body: [
      paragraph(say.comeBack.text),
      build('form', { onsubmit: submit },
        build('div', { class: 'field' }, build('label', { for: 'words' }, say.comeBack.label), input, hint, error),
        buttons(show, quietButton(say.back, app.restart))),
    ],
  };
}

/** Why no case was found: told apart on the device alone, from the word list; the exchange says the same in every case. */
async function explain(typed) {
  try {
    const { count, strange } = checkTyped(typed, await readWords());
    if (strange.length > 0 && strange.length < count) return say.comeBack.strange(strange);
    if (strange.length === 0 && count !== WORD_COUNT) return say.comeBack.counted(count);
  } catch {
    // without the list there is only the plain answer
  }
  return say.comeBack.notFound;
}

/** Asks for the status with the keys at hand. */
function opening(app) {
  const turn = app.turn;
  const place = build('div', { 'aria-live': 'polite' }, paragraph(say.oneMoment, 'quiet'));
  const look = async () => {
    place.replaceChildren(paragraph(say.oneMoment, 'quiet'));
    try {
      app.state.status = await lookAtCase(app.state.keys.locator, app.state.keys.look_key);
      if (app.isStill(turn)) app.go('status');
    } catch (error) {
      if (!app.isStill(turn)) return;
      place.replaceChildren(
        build('p', { class: 'error', role: 'alert' }, app.trouble(error)), buttons(mainButton(say.again, look)));
    }
  };
  look();
  return { heading: say.status.heading, body: [place] };
}

const time = (day) => build('time', { datetime: day }, dayName(day));
const fact = (name, ...value) => build('div', {}, build('dt', {}, name), build('dd', {}, ...value));

function status(app) {
  const { opened, entries, withdrawn, erased_here: erasedHere, sites } = app.state.status;
  const newestFirst = [...sites].sort((one, other) => (one.since < other.since ? 1 : one.since > other.since ? -1 : 0));
  const nothingFound = !withdrawn && sites.every(({ hits }) => hits === 'none');
  const add = () => {
    app.state.adding = true;
    app.state.partners = new Set();
    app.state.circumstance = app.state.status.circumstance;
    app.go('age');
  };
  return {
    heading: say.status.heading,
    body: [
      build('dl', { class: 'facts' },
        fact(say.status.opened, time(opened)),
        fact(say.status.entries, String(entries)),
        withdrawn ? fact(say.status.withdrawn, time(withdrawn)) : null),
      withdrawn ? note(paragraph(say.status.after), erasedHere ? paragraph(say.status.goneHere(dayName(erasedHere))) : null) : null,
      nothingFound ? build('p', { class: 'empty' }, say.status.quiet) : null,
      build('h2', {}, say.status.sites),
      rows(...newestFirst.map((site) => siteRow(site, app.state.status))),
      withdrawn ? null : paragraph(say.status.delay, 'small quiet'),
      buttons(
        plainButton(say.status.refresh, () => app.go('opening')),
        withdrawn ? null : plainButton(say.status.add, add),
        withdrawn ? null : plainButton(say.status.take, () => app.go('withdraw')),
        quietButton(say.status.leave, app.leave)),
    ],
  };
}

function siteRow(site, whole) {
  const { name, country, state, since, hits, already_there: alreadyThere, proves_forgetting: proves } = site;
  const [kind, word, meaning] = say.status.states[state] ?? say.status.unknown;
  const seen = say.status.hits[hits] ?? hits;
  const events = [
    since && state !== 'waiting' ? [since, `${word}. ${meaning}`] : null,
    whole.withdrawn ? [whole.withdrawn, say.status.youBack] : null,
    [whole.opened, say.status.you],
  ].filter(Boolean);
  return build('li', {}, build('details', { class: 'card site' },
    build('summary', {},
      build('span', { class: 'bar' },
        build('b', {}, build('bdi', {}, name)), build('span', { class: 'quiet small' }, countryName(country))),
      build('span', { class: 'bar' },
        stateWord(kind, word), since && state !== 'waiting' ? build('span', { class: 'quiet small' }, say.status.since(dayName(since))) : null),
      hits && (hits !== 'none' || !whole.withdrawn) ? build('span', { class: 'row-more' }, seen) : null,
      alreadyThere && !whole.withdrawn ? build('span', { class: 'row-more' }, say.status.alreadyThere) : null),
    build('ol', { class: 'timeline' }, events.map(([day, text]) => build('li', {}, time(day), text))),
    whole.withdrawn && !proves ? paragraph(say.status.promiseOnly, 'small quiet') : null));
}

function withdraw(app) {
  const { state } = app;
  const turn = app.turn;
  const error = build('p', { class: 'error', role: 'alert' });
  const yes = plainButton(say.withdraw.yes, async () => {
    yes.disabled = true;
    yes.textContent = say.withdraw.going;
    error.textContent = '';
    try {
      state.status = await withdrawCase(state.keys.locator, state.keys.withdraw_key);
      if (app.isStill(turn)) app.go('status');
    } catch (problem) {
      if (!app.isStill(turn)) return;
      yes.disabled = false;
      yes.textContent = say.withdraw.yes;
      error.textContent = app.trouble(problem);
    }
  });
  return {
    heading: say.withdraw.heading,
    body: [
      list(say.withdraw.list),
      error,
      buttons(yes, plainButton(say.withdraw.no, () => app.go('status'))),
    ],
  };
}

export const caseScreens = { comeBack, opening, status, withdraw };
