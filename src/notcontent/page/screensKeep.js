// What exactly will be sent, the words and one of them asked back, and only then sending.
import { caseBody, letterOf, shortCode } from './body.js';
import { build, buttons, card, check as tick, code, fold, list, mainButton, note, paragraph, plainButton, quietButton, rows } from './dom.js';
import { helpLines } from './help.js';
import { chooseDigits, chooseWords, deriveKeys, normalise, wordCount } from './passphrase.js';
import { fill, language, readableSize, say } from './say.js';
import { siteLine } from './screensAsk.js';
import { codesOf, readyPictures } from './screensCode.js';
import { isPosted } from './screensTell.js';
import { LetterTooLong, sealLetter as seal, toBase64 } from './seal.js';
import { openCase, readSite, readWork, readWords, SendError } from './send.js';

const WORK_KEEPS_MS = 13 * 60 * 1000;
const WORK_HEAD_START_MS = 3000;
const MAX_BITS = 24;
const MAX_ROUNDS = 64;
const WAIT_DAYS = 3;

const chosenSites = (app) => app.site.partners.filter(({ id }) => app.state.partners.has(id));

function body(app) {
  const { keys, circumstance, work, later, statements, waits, letter } = app.state;
  return caseBody({
    keys,
    circumstance,
    results: readyPictures(app.state).map(({ result }) => result),
    partners: chosenSites(app).map(({ id }) => id),
    later,
    statements,
    waitDays: waits ? WAIT_DAYS : 0,
    letter,
    work: work === null ? null : { challenge: work.challenge, nonces: work.nonces },
  });
}

/** The words (or digits) and the keys made from them, once for the whole case. */
async function makeKeys(state) {
  if (state.keys) return;
  if (!state.words) {
    const known = state.wantsDigits ? null : await readWords(language);
    state.isDigits = known === null;
    state.words = known === null ? chooseDigits() : chooseWords(known, wordCount(known));
  }
  state.keys = await deriveKeys(state.words.join(' '));
}

/** What she wrote, sealed on this device. */
async function sealLetter(app) {
  const { state } = app;
  const letter = letterOf(state);
  if (letter === null || app.site.helpline.keys.length === 0) {
    state.letter = null;
    return;
  }
  const text = JSON.stringify(letter);
  if (state.letter !== null && state.sealedText === text) return;
  try {
    state.letter = toBase64(await seal(letter, app.site.helpline.keys));
  } catch (error) {
    throw error instanceof LetterTooLong ? new SendError('too_large', 0) : error;
  }
  state.sealedText = text;
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
      await sealLetter(app);
      const headStart = new Promise((resolve) => { setTimeout(resolve, WORK_HEAD_START_MS); });
      await Promise.race([doWork(app).catch(() => {}), headStart]);
      if (app.isStill(turn)) place.replaceChildren(...whatIsSent(app));
    } catch (error) {
      if (!app.isStill(turn)) return;
      place.replaceChildren(
        build('p', { class: 'error', role: 'alert' }, app.trouble(error)),
        plainButton(say.again, prepare));
    }
  };
  prepare();
  const next = () => {
    if (state.keys) app.go(state.adding ? 'sending' : 'words');
  };
  return {
    heading: say.check.heading,
    step: 6,
    body: [
      place,
      state.adding ? null : fold(say.check.wait, paragraph(say.check.waitText), rows(tick(say.check.waitBox, null, state.waits, (on) => {
        state.waits = on;
        if (state.keys) place.replaceChildren(...whatIsSent(app));
      }))),
      buttons(mainButton(app.isKit ? say.check.save : state.adding ? say.check.add : say.check.yes, next), quietButton(say.back, () => app.go('write'))),
    ],
  };
}

function whatIsSent(app) {
  const ready = readyPictures(app.state);
  const sites = chosenSites(app);
  const text = body(app);
  const size = readableSize(new TextEncoder().encode(text).length);
  const { letter } = app.state;
  return [
    build('p', { class: 'lead', id: 'sentence' }, ready.length > 0
      ? fill(say.check.sentence, { n: ready.reduce((total, { result }) => total + codesOf(result).length, 0), size })
      : fill(say.check.letterOnly, { size })),
    letter && ready.length > 0 ? paragraph(say.check.withLetter) : null,
    rows(...ready.map(({ number, result }) => build('li', { class: 'row' },
      build('span', { class: 'row-main' }, fill(say.pick.title, { n: number })),
      build('span', { class: 'row-side' }, code(shortCode(codesOf(result)[0])))))),
    paragraph(fill(sites.length > 0 ? say.check.to : say.check.toHelpline, { name: app.site.helpline.name })),
    build('ul', {}, sites.map(siteLine)),
    fold(say.check.bytes,
      paragraph(say.check.bytesText, 'small quiet'),
      app.state.work === null ? paragraph(say.check.bytesLater, 'small quiet') : null,
      build('pre', { id: 'every-byte', tabindex: '0', role: 'region', 'aria-label': say.check.bytes, dir: 'ltr' }, text)),
  ].filter(Boolean);
}

function words(app) {
  const { state } = app;
  const other = () => {
    Object.assign(state, { words: null, keys: null, work: null, askedWord: null, wantsDigits: !state.wantsDigits });
    app.go('check');
  };
  return {
    heading: state.isDigits ? say.words.headingDigits : say.words.heading,
    step: 6,
    body: [
      paragraph(say.words.text),
      card(build('ol', { class: 'keep-words', translate: 'no', 'aria-label': say.words.label },
        state.words.map((word) => build('li', {}, build('bdi', {}, word))))),
      paragraph(say.words.lose),
      build('dl', { class: 'facts' }, [say.words.paper, say.words.memory, say.words.friend].map(([where, risk]) =>
        build('div', {}, build('dt', {}, where), build('dd', {}, risk)))),
      paragraph(say.words.yet, 'quiet'),
      buttons(
        mainButton(say.words.done, () => app.go('confirm')),
        state.isDigits && !state.wantsDigits ? null : quietButton(state.wantsDigits ? say.words.words : say.words.digits, other),
        quietButton(say.back, () => app.go('check'))),
    ],
  };
}

/** An input that no keyboard learns from and no browser remembers, as far as a page can ask for that. */
export const unlearned = {
  autocomplete: 'off', autocapitalize: 'none', autocorrect: 'off', spellcheck: 'false', translate: 'no', 'data-lpignore': 'true',
};

function confirm(app) {
  const { state } = app;
  state.askedWord ??= 1 + (crypto.getRandomValues(new Uint8Array(1))[0] % state.words.length);
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
    heading: fill(state.isDigits ? say.confirm.headingDigits : say.confirm.heading, { n }),
    step: 6,
    body: [
      paragraph(say.confirm.text),
      build('form', { onsubmit: send },
        build('div', { class: 'field' }, build('label', { for: 'word' }, fill(state.isDigits ? say.confirm.headingDigits : say.confirm.label, { n })), input, error),
        buttons(
          build('button', { type: 'submit', class: 'button-main' }, app.isKit ? say.check.save : say.confirm.send),
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
    words.textContent = fill(say.sending.work, { share: Math.round(share * 100) });
  };
  const attempt = async () => {
    place.replaceChildren();
    bar.hidden = false;
    for (let tries = 0; ; tries++) {
      try {
        onShare(0);
        await doWork(app, onShare);
        if (!app.isKit) words.textContent = say.sending.out;
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
    app.forgetWhatWasSent();
    app.go('done');
  };
  attempt();
  return { heading: app.isKit ? say.kit.banner : say.sending.heading, step: 7, body: [words, bar, place] };
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
    place.replaceChildren(alert(fill(say.trouble.entry, { n: bad.number })), buttons(mainButton(fill(say.trouble.leaveOut, { n: bad.number }), leaveOut)));
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

/** The two codes for a friend, and for pages without script. */
function hand(app) {
  const { looking_code: lookingCode, withdrawing_code: withdrawingCode } = app.state.keys;
  const one = (title, text, handed) => {
    const place = build('p', { translate: 'no' });
    const show = plainButton(say.hand.show, () => place.replaceChildren(code(handed)));
    return card(build('h2', {}, title), paragraph(text), buttons(show), place);
  };
  return {
    heading: say.hand.heading,
    body: [
      one(say.hand.looking, say.hand.lookingText, lookingCode),
      one(say.hand.withdrawing, say.hand.withdrawingText, withdrawingCode),
      buttons(quietButton(say.back, () => app.go(app.isKit ? 'done' : 'status'))),
    ],
  };
}

function done(app) {
  const { name } = app.site.helpline;
  const { sent } = app.state;
  if (app.isKit) {
    return {
      heading: say.kit.saved,
      body: [
        paragraph(fill(say.done.saved, { name }), 'lead'),
        note(paragraph(say.done.care)),
        whoCanListen(app),
        buttons(plainButton(say.hand.heading, () => app.go('hand')), plainButton(say.done.leave, app.leave)),
      ],
    };
  }
  return {
    heading: say.done.heading,
    body: [
      sent.codes ? paragraph(fill(say.done.text, { name }), 'lead') : null,
      sent.letter ? paragraph(fill(say.done.letter, { name }), sent.codes ? null : 'lead') : null,
      paragraph(say.done.back),
      isPosted(app.state) ? card(build('h2', {}, say.done.next), list(say.done.nextList)) : null,
      note(paragraph(say.done.care)),
      whoCanListen(app),
      buttons(mainButton(say.done.see, () => app.go('opening')), plainButton(say.done.leave, app.leave)),
    ],
  };
}

/** Help lines, asked for only when she unfolds them. */
function whoCanListen(app) {
  const folded = fold(say.done.who);
  folded.addEventListener('toggle', () => folded.append(helpLines(app, 'adults')), { once: true });
  return folded;
}

export const keepScreens = { check, words, confirm, sending, done, hand };
