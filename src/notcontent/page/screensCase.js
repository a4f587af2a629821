// Coming back: how the case stands at each site, letters, adding to it, and taking everything back.
import {
  alert, answerRow, build, buttons, card, list, mainButton, note, paragraph, plainButton, quietButton, rows, stateWord,
} from './dom.js';
import { parseCode } from './handOn.js';
import { deriveKeys, normalise, wordCount } from './opening.js';
import { countryName, dayName, fill, language, listed, say } from './say.js';
import { unlearned } from './screensSend.js';
import { fromBase64, openLetter } from './seal.js';
import { atCase, readWords, SendError } from './send.js';
import { checkTyped } from './slips.js';

function comeBack(app) {
  const { state, turn } = app;
  const error = alert('', 'words-error');
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
      const handed = parseCode(typed);
      const keys = handed ? { locator: handed.locator, look_key: handed.key } : await deriveKeys(typed);
      const status = await atCase('look', { locator: keys.locator, look_key: keys.look_key });
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
    const known = await readWords(language);
    if (known === null) return say.comeBack.notFound;
    const { count, strange } = checkTyped(typed, known);
    const all = wordCount(known);
    if (strange.length > 0 && strange.length < count) return fill(say.comeBack.strange, { n: strange.length, places: listed(strange.map(String)) });
    if (strange.length === 0 && count !== all) return fill(say.comeBack.counted, { n: count, all });
  } catch {
    // without the list there is only the plain answer
  }
  return say.comeBack.notFound;
}

/** Does something with the case, then shows how it stands. */
const doing = (work) => (app) => {
  const turn = app.turn;
  const place = build('div', { 'aria-live': 'polite' }, paragraph(say.oneMoment, 'quiet'));
  const attempt = async () => {
    place.replaceChildren(paragraph(say.oneMoment, 'quiet'));
    try {
      app.state.status = await work(app.state);
      if (app.isStill(turn)) app.go('status');
    } catch (error) {
      if (!app.isStill(turn)) return;
      place.replaceChildren(
        alert(app.trouble(error)), buttons(mainButton(say.again, attempt)));
    }
  };
  attempt();
  return { heading: say.status.heading, body: [place] };
};

/** What her words allow. */
const withWords = (what, more) => ({ keys }) => atCase(what, { locator: keys.locator, withdraw_key: keys.withdraw_key, ...more });

const opening = doing(({ keys }) => atCase('look', { locator: keys.locator, look_key: keys.look_key }));
const keeping = doing(withWords('keep'));
const answering = doing((state) => withWords('answer', state.answer)(state));

const time = (day) => build('time', { datetime: day }, dayName(day));
const fact = (name, ...value) => build('div', {}, build('dt', {}, name), build('dd', {}, ...value));

/** Whether these keys were made from the words: a looking code only looks. */
const hasWords = ({ keys }) => Boolean(keys.withdraw_key);

function status(app) {
  const { state } = app;
  const { opened, entries, withdrawn, withdraws_on: withdrawsOn, erased_here: erasedHere, sites, letters, questions, notices } = state.status;
  const newestFirst = [...sites].sort((one, other) => (one.since < other.since ? 1 : one.since > other.since ? -1 : 0));
  const inNewPlaces = state.showPlaces && sites.some(({ seen_again: week }) => week);
  const nothingFound = !withdrawn && !inNewPlaces && sites.length > 0 && sites.every(({ hits }) => hits === 'none');
  const may = hasWords(state);
  const begin = (screen) => () => {
    const { keys, status: { circumstance } } = state;
    app.forgetWhatWasSent();
    Object.assign(app.state, { keys, status: state.status, circumstance: circumstance ?? 'worried', adding: true });
    app.go(screen);
  };
  // What hurts to see is not shown before she asks, each by itself.
  const asking = (what, show, hide) => (withdrawn || sites.length === 0 ? null : build('p', {}, quietButton(state[what] ? hide : show, () => {
    state[what] = !state[what];
    app.go('status');
  })));
  return {
    body: [
      build('dl', { class: 'facts' },
        fact(say.status.opened, time(opened)),
        fact(say.status.entries, String(entries)),
        withdrawn ? fact(say.status.withdrawn, time(withdrawn)) : null),
      withdrawn ? note(paragraph(say.status.after), erasedHere ? paragraph(fill(say.status.goneHere, { day: dayName(erasedHere) })) : null) : null,
      withdrawsOn ? note(paragraph(fill(say.status.waiting, { day: dayName(withdrawsOn) })),
        may ? buttons(plainButton(say.status.keep, () => app.go('keeping'))) : null) : null,
      keptNotes(state.status),
      state.status.looked_at ? note(paragraph(say.status.lookedAt)) : null,
      state.status.taken_out ? note(paragraph(say.status.takenOut)) : null,
      questions.map((question) => questionCard(app, question)),
      !withdrawn && state.showHits && sites.some(({ hits }) => hits === 'many times') ? note(paragraph(say.status.spread)) : null,
      nothingFound && state.showHits ? build('p', { class: 'empty' }, say.status.quiet) : null,
      build('h2', {}, say.status.sites),
      sites.length === 0 ? paragraph(say.status.noSites) : rows(...newestFirst.map((site) => siteRow(app, site))),
      asking('showHits', say.status.showHits, say.status.hideHits),
      asking('showPlaces', say.status.showPlaces, say.status.hidePlaces),
      withdrawn || !state.showPlaces ? null : paragraph(inNewPlaces ? say.status.newPlaces : say.status.noNewPlaces, 'small'),
      withdrawn || !(state.showHits || state.showPlaces) ? null : paragraph(say.status.delay, 'small quiet'),
      notices.length === 0 ? null : build('h2', {}, say.status.notices.heading),
      notices.map((notice) => noticeCard(app, notice)),
      build('h2', {}, say.status.letters),
      letters.length === 0 ? paragraph(say.status.lettersNone, 'quiet') : build('ol', { class: 'timeline' }, letters.map((letter) => letterRow(app, letter))),
      may ? null : paragraph(say.status.needWords, 'small quiet'),
      state.status.forgotten === 'everything' ? null : paragraph(howLong(state.status.kept), 'small quiet'),
      buttons(
        plainButton(say.status.refresh, () => app.go('opening')),
        may && !withdrawn ? plainButton(say.status.write, begin('write')) : null,
        may && !withdrawn ? plainButton(say.status.add, begin('age')) : null,
        may && !withdrawn && !withdrawsOn ? plainButton(say.status.take, () => app.go('withdraw')) : null,
        may ? quietButton(say.status.hand, () => app.go('hand')) : null,
        quietButton(say.status.leave, app.leave)),
    ],
  };
}

/** That the case is closed, and what two people at the helpline keep longer than its terms. */
function keptNotes({ withdrawn, kept: { closed, hold } }) {
  return [
    closed && !withdrawn ? note(paragraph(fill(say.status.closed, { day: dayName(closed) }))) : null,
    hold ? note(paragraph(fill(say.status.hold, {
      day: dayName(hold.until), since: dayName(hold.since), what: listed(hold.keeps.map((kind) => say.status.keeps[kind])), reason: hold.reason,
    }))) : null,
  ];
}

const howLong = ({ contact_days: contactDays, letters_days: lettersDays, contact_deleted: contact, letters_deleted: letters }) => (
  contact && letters ? fill(say.status.deleted, { contact: dayName(contact), letters: dayName(letters) })
    : fill(say.status.howLong, { contact: contactDays, letters: lettersDays }));

/** What a site was told of a picture of hers, and her word on it, which decides nothing alone. */
function questionCard(app, { id: question, site, kind, answer }) {
  const asked = say.status.asks[kind];
  if (!asked) return null;
  const answerWith = (word) => () => {
    app.state.answer = { question, answer: word };
    app.go('answering');
  };
  return card(paragraph(fill(asked, { site })), paragraph(say.status.isItSo),
    answer ? paragraph(fill(say.status.youSaid, { answer: answer === 'yes' ? say.status.soYes : say.status.soNo }), 'quiet') : null,
    hasWords(app.state) ? buttons(plainButton(say.status.soYes, answerWith('yes')), plainButton(say.status.soNo, answerWith('no'))) : null);
}

const noticeTo = ({ site }) => fill(say.status.notices.to, { site: site || say.status.notices.someSite });

/** How far a notice to a site has come, with who says so, and her yes or no where she is asked. */
function noticeCard(app, { id, site, law, word, since, due, country, asks, answer }) {
  const texts = say.status.notices;
  const until = due && `${dayName(due.slice(0, 10))}, ${due.slice(11, 16)} UTC`;
  const told = fill(texts[word] ?? texts.waiting, {
    days: app.site.helpline.answer_days, since: since && dayName(since.slice(0, 10)), due: until, country,
  });
  const answerWith = (said) => () => {
    app.state.answer = { question: id, answer: said };
    app.go('answering');
  };
  return card(
    build('p', {}, build('b', {}, noticeTo({ site })), ' ', build('span', { class: 'quiet small' }, build('bdi', {}, law))),
    paragraph(told),
    answer ? paragraph(fill(say.status.youSaid, { answer: answer === 'yes' ? texts.yes : texts.no }), 'quiet') : null,
    asks && hasWords(app.state) ? buttons(plainButton(texts.yes, answerWith('yes')), plainButton(texts.no, answerWith('no'))) : null);
}

/** The exchange says how often in coarse words, and this page only when asked. */
function siteRow(app, site) {
  const whole = app.state.status;
  const { name, country, state, since, hits, already_there: alreadyThere, seen_again: seenAgain, proves_forgetting: proves, statement, note } = site;
  const [word, meaning] = say.status.states[state] ?? say.status.unknown;
  const kind = { none: 'none', listed: 'good', stopped: 'good', erased: 'good' }[state] ?? 'wait';
  const seen = app.state.showHits && !whole.withdrawn ? say.status.hits[hits.replaceAll(' ', '_')] ?? hits : null;
  const events = [
    since && state !== 'waiting' ? [since, build('b', {}, word), build('p', {}, meaning)] : null,
    whole.withdrawn ? [whole.withdrawn, say.status.youBack] : null,
    [whole.opened, say.status.you],
  ].filter(Boolean);
  return build('li', {}, build('details', { class: 'card site' },
    build('summary', {},
      build('span', { class: 'bar' },
        build('b', {}, build('bdi', {}, name)), build('span', { class: 'quiet small' }, countryName(country))),
      build('span', { class: 'bar' },
        stateWord(kind, word), since && state !== 'waiting' ? build('span', { class: 'quiet small' }, fill(say.status.since, { day: dayName(since) })) : null),
      seen ? build('span', { class: 'row-more' }, seen) : null,
      alreadyThere && seen ? build('span', { class: 'row-more' }, say.status.alreadyThere) : null,
      seenAgain && app.state.showPlaces && !whole.withdrawn
        ? build('span', { class: 'row-more' }, fill(say.status.seenAgain, { day: dayName(seenAgain) })) : null),
    build('ol', { class: 'timeline' }, events.map(([day, ...said]) => build('li', {}, time(day), ...said))),
    note ? paragraph(say.status.notes[note] ?? '', 'small quiet') : null,
    statement && !whole.withdrawn ? permission(app, site) : null,
    whole.withdrawn && !proves ? paragraph(say.status.cannotProve, 'small quiet') : null));
}

/** What she said about notices to this site, and the way to take it back. */
function permission(app, { id, statement: { day, notices } }) {
  if (notices === 'revoked') return paragraph(say.status.revoked, 'small quiet');
  return build('div', { class: 'small' },
    paragraph(`${fill(say.status.statement, { day: dayName(day) })} ${notices === 'go' ? say.status.statementGo : say.status.statementAsk}`),
    hasWords(app.state) ? quietButton(say.status.revoke, () => {
      const { keys, status: known } = app.state;
      app.forgetWhatWasSent();
      Object.assign(app.state, {
        keys, status: known, circumstance: known.circumstance ?? 'worried', adding: true, statements: new Map([[id, 'revoked']]),
      });
      app.go('sending');
    }) : null);
}

/** A letter: its day, which notice it is the text of, and what the helpline wrote once it is opened here. Hers are never shown back. */
function letterRow(app, { id, from, day, read, sealed }) {
  if (from === 'you') {
    return build('li', {}, time(day), build('b', {}, say.status.fromYou), build('p', {}, read ? say.status.read : say.status.unread),
      paragraph(say.status.notShown, 'small quiet'));
  }
  const place = build('p', { class: 'letter', dir: 'auto' });
  const notice = app.state.status.notices.find(({ letter }) => letter === id);
  const unseal = async () => {
    try {
      const { text } = await openLetter(fromBase64(sealed), app.state.keys.read_key);
      place.replaceChildren(...text.split('\n').flatMap((line) => [line, build('br')]));
    } catch {
      place.textContent = say.status.cannotOpen;
    }
  };
  if (hasWords(app.state)) unseal();
  return build('li', {}, time(day), build('b', {}, say.status.fromHelpline), notice ? paragraph(noticeTo(notice)) : null, place);
}

function withdraw(app) {
  const choose = (forget) => () => {
    app.state.forgetting = forget;
    app.go('withdrawSure');
  };
  return {
    body: [
      rows(answerRow(say.withdraw.matching, choose('matching')), answerRow(say.withdraw.everything, choose('everything'))),
      buttons(plainButton(say.withdraw.no, () => app.go('status'))),
    ],
  };
}

function withdrawSure(app) {
  const { state, turn } = app;
  const error = alert('');
  const yes = plainButton(say.withdraw.yes, async () => {
    yes.disabled = true;
    yes.textContent = say.withdraw.going;
    error.textContent = '';
    try {
      state.status = await withWords('withdraw', { forget: state.forgetting })(state);
      if (app.isStill(turn)) app.go('status');
    } catch (problem) {
      if (!app.isStill(turn)) return;
      yes.disabled = false;
      yes.textContent = say.withdraw.yes;
      error.textContent = app.trouble(problem);
    }
  });
  const [choice, meaning] = say.withdraw[state.forgetting];
  return {
    heading: say.withdraw.sure,
    body: [
      card(build('h2', {}, choice), paragraph(meaning)),
      list(say.withdraw.list),
      state.status.wait_days > 0 ? note(paragraph(say.withdraw.waits)) : null,
      error,
      buttons(yes, plainButton(say.withdraw.no, () => app.go('status'))),
    ],
  };
}

export const caseScreens = { comeBack, opening, keeping, answering, status, withdraw, withdrawSure };
