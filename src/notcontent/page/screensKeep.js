// What exactly will be sent, the six words and one of them asked back, and only then sending.
import { caseBody, readableSize, shortCode } from './body.js';
import { build, buttons, card, code, fold, list, mainButton, note, paragraph, plainButton, quietButton, rows } from './dom.js';
import { countryName, say } from './en.js';
import { chooseWords, deriveKeys, normalise, WORD_COUNT } from './passphrase.js';
import { readyPictures } from './screensCode.js';
import { openCase, readSite, readWork, readWords, SendError } from './send.js';

const WORK_KEEPS_MS = 13 * 60 * 1000;
const WORK_HEAD_START_MS = 3000;
const MAX_BITS = 24;
const MAX_ROUNDS = 64;

const chosenSites = (app) => app.site.partners.filter(({ id }) => app.state.partners.has(id));

function body(app) {
  const { keys, circumstance, work } = app.state;
  return caseBody({
    keys,
    circumstance,
    pictures: readyPictures(app.state).map(({ result }) => result),
    partners: chosenSites(app).map(({ id }) => id),
    work: work === null ? null : { challenge: work.challenge, nonces: work.nonces },
  });
}

/** The six words and the keys made from them, once for the whole case. */
async function makeKeys(state) {
  if (state.keys) return;
  state.words ??= chooseWords(await readWords());
  state.keys = await deriveKeys(state.words.join(' '));
}

/** Does the work, unless it is done and still young. Fills state.work. */
async function doWork(app, onShare = () => {}) {
  const { state } = app;
  if (state.work && performance.now() - state.work.madeAt < WORK_KEEPS_MS) return;
  state.work = null;
  const task = await readWork();
  const fair = Number.isInteger(task.rounds) && Number.isInteger(task.bits) && task.rounds <= MAX_ROUNDS && task.bits <= MAX_BITS;
  if (!fair) throw new SendError('unreachable', 0);
  const nonces = await app.worker().ask('work', { task, locator: state.keys.locator }, onShare)
    .catch(() => { throw new SendError('unreachable', 0); });
  state.work = { challenge: task.challenge, nonces, madeAt: performance.now() };
}

function check(app) {
  const { state } = app;
  const turn = app.turn;
  state.work ??= null;
  const place = build('div', { 'aria-live': 'polite' }, paragraph(say.check.preparing, 'quiet'));
  const prepare = async () => {
    place.replaceChildren(paragraph(say.check.preparing, 'quiet'));
    try {
      await makeKeys(state);
      const headStart = new Promise((resolve) => { setTimeout(resolve, WORK_HEAD_START_MS); });
      await Promise.race([doWork(app).catch(() => {}), headStart]);
      if (app.isStill(turn)) place.replaceChildren(...whatIsSent(app));
    } catch (error) {
      if (!app.isStill(turn)) return;
      place.replaceChildren(
        build('p', { class: 'error', role: 'alert' }, app.trouble(error)), plainButton(say.again, prepare));
    }
  };
  prepare();
  const next = () => {
    if (state.keys) app.go(state.adding ? 'sending' : 'words');
  };
  return {
    heading: say.check.heading,
    step: 5,
    body: [
      place,
      buttons(mainButton(state.adding ? say.check.add : say.check.yes, next), quietButton(say.back, () => app.go('sites'))),
    ],
  };
}

function whatIsSent(app) {
  const pictures = readyPictures(app.state);
  const text = body(app);
  const size = readableSize(new TextEncoder().encode(text).length);
  return [
    build('p', { class: 'lead', id: 'sentence' }, say.check.sentence(pictures.length, size)),
    rows(...pictures.map(({ number, result }) => build('li', { class: 'row' },
      build('span', { class: 'row-main' }, say.pick.title(number)),
      build('span', { class: 'row-side' }, code(shortCode(result.orientations[0])))))),
    paragraph(say.check.to(app.site.helpline.name)),
    build('ul', {}, chosenSites(app).map(({ name, country }) =>
      build('li', {}, build('bdi', {}, name), build('span', { class: 'quiet' }, ` · ${countryName(country)}`)))),
    build('dl', { class: 'facts' }, build('div', {},
      build('dt', {}, say.check.happening), build('dd', {}, say.check.circumstances[app.state.circumstance]))),
    fold(say.check.bytes,
      paragraph(say.check.bytesText, 'small quiet'),
      app.state.work === null ? paragraph(say.check.bytesLater, 'small quiet') : null,
      build('pre', { id: 'every-byte', tabindex: '0', role: 'region', 'aria-label': say.check.bytes }, text)),
  ].filter(Boolean);
}

function words(app) {
  return {
    heading: say.words.heading,
    step: 6,
    body: [
      paragraph(say.words.text),
      card(build('ol', { class: 'keep-words', translate: 'no', 'aria-label': say.words.label },
        app.state.words.map((word) => build('li', {}, build('bdi', {}, word))))),
      paragraph(say.words.where),
      paragraph(say.words.yet, 'quiet'),
      buttons(mainButton(say.words.done, () => app.go('confirm')), quietButton(say.back, () => app.go('check'))),
    ],
  };
}

/** An input that no keyboard learns from and no browser remembers, as far as a page can ask for that. */
export const unlearned = {
  autocomplete: 'off', autocapitalize: 'none', autocorrect: 'off', spellcheck: 'false', translate: 'no', 'data-lpignore': 'true',
};

function confirm(app) {
  const { state } = app;
  state.askedWord ??= 1 + (crypto.getRandomValues(new Uint8Array(1))[0] % WORD_COUNT);
  const n = state.askedWord;
  const error = build('p', { class: 'error', role: 'alert', id: 'word-error' });
  const input = build('input', { type: 'text', id: 'word', 'aria-describedby': 'word-error', ...unlearned });
  const send = (event) => {
    event.preventDefault();
    const typed = normalise(input.value);
    const right = typed === normalise(state.words[n - 1]);
    error.textContent = right ? '' : typed ? say.confirm.wrong : say.confirm.empty;
    input.setAttribute('aria-invalid', String(!right));
    if (!right) {
      input.focus();
      return;
    }
    input.value = '';
    app.go('sending');
  };
  return {
    heading: say.confirm.heading(n),
    step: 6,
    body: [
      paragraph(say.confirm.text),
      build('form', { onsubmit: send },
        build('div', { class: 'field' }, build('label', { for: 'word' }, say.confirm.label(n)), input, error),
        buttons(
          build('button', { type: 'submit', class: 'button-main' }, say.confirm.send),
          quietButton(say.confirm.see, () => {
            state.askedWord = null;
            app.go('words');
          }))),
    ],
  };
}

function sending(app) {
  const { state } = app;
  const turn = app.turn;
  const words = build('p', { 'aria-live': 'polite', id: 'sending' });
  const bar = build('progress', { max: 1, 'aria-label': say.sending.heading });
  const place = build('div', {});
  const onShare = (share) => {
    bar.value = share;
    words.textContent = say.sending.work(share);
  };
  const attempt = async () => {
    place.replaceChildren();
    bar.hidden = false;
    for (let tries = 0; ; tries++) {
      try {
        onShare(0);
        await doWork(app, onShare);
        words.textContent = say.sending.out;
        await openCase(body(app));
        break;
      } catch (error) {
        if (!app.isStill(turn)) return;
        if (error.code === 'work' && tries < 2) {
          state.work = null;
          continue;
        }
        bar.hidden = true;
        words.textContent = say.sending.failed;
        await showTrouble(app, error, place, attempt);
        return;
      }
    }
    if (!app.isStill(turn)) return;
    state.pictures = [];
    state.words = null;
    state.work = null;
    app.go('done');
  };
  attempt();
  return { heading: say.sending.heading, step: 7, body: [words, bar, place] };
}

async function showTrouble(app, error, place, attempt) {
  const { state } = app;
  const ready = readyPictures(state);
  const alert = (text) => build('p', { class: 'error', role: 'alert' }, text);
  if (error.code === 'entry' && ready[error.entry]) {
    const bad = ready[error.entry];
    const leaveOut = () => {
      state.pictures = state.pictures.filter((picture) => picture !== bad);
      app.go(readyPictures(state).length ? 'check' : 'pick');
    };
    place.replaceChildren(alert(say.trouble.entry(bad.number)), buttons(mainButton(say.trouble.leaveOut(bad.number), leaveOut)));
    return;
  }
  if (error.code === 'partner') {
    const turn = app.turn;
    app.site = await readSite().catch(() => app.site);
    const known = new Set(app.site.partners.map(({ id }) => id));
    state.partners = new Set([...state.partners].filter((id) => known.has(id)));
    state.siteChanged = true;
    if (app.isStill(turn)) app.go('sites');
    return;
  }
  place.replaceChildren(alert(app.trouble(error)), paragraph(say.sending.safe), buttons(
    mainButton(say.again, attempt),
    state.adding ? quietButton(say.back, () => app.go('check')) : quietButton(say.confirm.see, () => app.go('words')),
  ));
}

function done(app) {
  const { helpline } = app.site;
  return {
    heading: say.done.heading,
    body: [
      paragraph(say.done.text(helpline.name), 'lead'),
      paragraph(say.done.back),
      card(build('h2', {}, say.done.next), list(say.done.nextList(helpline.name, helpline.answer_days))),
      note(paragraph(say.done.care)),
      buttons(mainButton(say.done.see, () => app.go('opening')), plainButton(say.done.leave, app.leave)),
    ],
  };
}

export const keepScreens = { check, words, confirm, sending, done };
