// Choosing files and turning them into codes; what exactly will be sent; the words, and one of them asked back; only then sending.
import {
  alert, build, buttons, card, check as tick, code, field, fold, list, mainButton, note, paragraph, plainButton, quietButton, rowMain,
  rows, stateWord,
} from './dom.js';
import { caseBody, chooseDigits, chooseWords, codesOf, deriveKeys, letterOf, normalise, readyPictures, shortCode, wordCount } from './opening.js';
import { fill, language, readableSize, say } from './say.js';
import { before, isPosted, siteLine } from './screensAsk.js';
import { LetterTooLong, sealLetter as seal, toBase64 } from './seal.js';
import { openCase, readWork, readWords, SendError } from './send.js';

const PLAIN_BELOW = 50;
const WORK_KEEPS_MS = 13 * 60 * 1000;
const WORK_HEAD_START_MS = 3000;
const MAX_BITS = 24;
const MAX_ROUNDS = 64;
const WAIT_DAYS = 3;

function pick(app) {
  const { state, turn } = app;
  const summary = build('p', { 'aria-live': 'polite', class: 'quiet', id: 'summary' });
  const error = alert('');
  const rowsHere = rows();
  const input = build('input', {
    type: 'file', accept: 'image/*,video/*,.heic,.heif,.avif,.mkv', multiple: true, class: 'hidden-text', id: 'files', disabled: true, tabindex: '-1',
    'aria-hidden': 'true',
  });
  const choose = mainButton(say.pick.choose, () => {
    app.isPicking = true;
    input.click();
  }, { disabled: true });

  const draw = () => {
    const n = state.pictures.length;
    rowsHere.replaceChildren(...state.pictures.map((picture) => pictureRow(picture, remove)));
    rowsHere.hidden = next.hidden = n === 0;
    choose.textContent = n === 0 ? say.pick.choose : say.pick.more;
    choose.className = n === 0 ? 'button-main' : 'button';
    summary.textContent = n === 0 ? '' : fill(say.pick.summary, { ready: readyPictures(state).length, n });
  };
  const remove = (picture) => {
    picture.blob = null;
    state.pictures = state.pictures.filter((other) => other !== picture);
    sortSame(state.pictures);
    draw();
    choose.focus();
  };

  input.addEventListener('change', () => {
    error.textContent = '';
    const room = app.site.max_entries - state.pictures.length;
    if (input.files.length > room) error.textContent = fill(say.pick.tooMany, { max: app.site.max_entries });
    // a slice has no name: the name of a file stays behind here
    const blobs = Array.from(input.files).slice(0, Math.max(0, room)).map((file) => file.slice(0, file.size, file.type));
    input.value = '';
    const first = 1 + (state.pictures.at(-1)?.number ?? 0);
    const fresh = blobs.map((blob, at) => ({ number: first + at, kind: 'waiting', share: 0, blob, result: null }));
    state.pictures.push(...fresh);
    draw();
    for (const picture of fresh) read(app, state, picture, draw);
  });

  const next = mainButton(say.goOn, () => {
    error.textContent = state.pictures.some(isUnread) ? say.pick.busy : readyPictures(state).length === 0 ? say.pick.none : '';
    if (!error.textContent) app.go('sites');
  }, { hidden: true });

  summary.textContent = say.pick.checking;
  app.worker().ask('check').catch(() => 'sample').then((problem) => {
    if (!app.isStill(turn)) return;
    if (problem) {
      state.problem = problem;
      app.go('refused');
      return;
    }
    input.disabled = choose.disabled = false;
    draw();
  });
  rowsHere.hidden = true;

  return {
    step: 4,
    body: [
      paragraph(say.pick.text),
      app.isKit ? note(paragraph(say.kit.noHeic)) : null,
      buttons(choose, input),
      summary,
      rowsHere,
      error,
      buttons(next, quietButton(say.back, () => app.go(state.adding ? 'age' : before(app, 'pick')))),
      fold(say.pick.flight, paragraph(say.pick.flightText)),
      fold(say.pick.noFile, paragraph(fill(say.pick.noFileText, { name: app.site.helpline.name }))),
    ],
  };
}

const isUnread = ({ kind }) => kind === 'waiting' || kind === 'reading';

/** One picture at a time; its file is let go as soon as it is read. */
async function read(app, state, picture, draw) {
  const current = () => app.state === state && state.pictures.includes(picture);
  const answer = await app.worker().ask('picture', { blob: picture.blob }, (share) => {
    if (!current()) return;
    Object.assign(picture, { kind: 'reading', share });
    picture.bar.value = share;
    picture.word.textContent = readingWord(share);
  }).catch(() => ({ reason: 'unreadable' }));
  picture.blob = null;
  if (!current()) return;
  const { reason, result } = answer;
  if (reason) {
    Object.assign(picture, { kind: reason === 'shows_nothing' ? 'plain' : 'failed', reason });
  } else {
    const plain = result.frames ? result.frames.length === 0 : result.quality < PLAIN_BELOW;
    Object.assign(picture, plain ? { kind: 'plain' } : { kind: 'ready', result });
  }
  sortSame(state.pictures);
  draw();
}

/** Of pictures with the same code one is enough. */
function sortSame(pictures) {
  const first = new Map();
  for (const picture of pictures) {
    if (picture.kind !== 'ready' && picture.kind !== 'same') continue;
    const code = codesOf(picture.result).join();
    picture.kind = first.has(code) ? 'same' : 'ready';
    picture.sameAs = first.get(code)?.number ?? null;
    if (!first.has(code)) first.set(code, picture);
  }
}

const readingWord = (share) => fill(say.pick.reading, { share: Math.round(share * 100) });

function pictureRow(picture, remove) {
  const { number, kind, share, result } = picture;
  const [shape, word, more] = {
    waiting: () => ['none', say.pick.waiting],
    reading: () => ['none', readingWord(share)],
    ready: () => ['good', result.frames ? fill(say.pick.readyVideo, { n: result.frames.length }) : say.pick.ready,
      result.complete === false ? say.pick.partly : null],
    plain: () => ['wait', say.pick.plain, say.pick.plainMore],
    same: () => ['none', fill(say.pick.same, { n: picture.sameAs }), say.pick.sameMore],
    failed: () => ['stop', say.pick.failed, say.pick.reasons[picture.reason] ?? say.pick.reasons.unreadable],
  }[kind]();
  const title = fill(say.pick.title, { n: number });
  picture.bar = build('progress', { max: 1, value: share, 'aria-label': title });
  picture.word = stateWord(shape, word);
  return build('li', { class: 'row' },
    rowMain([build('span', { class: 'bar' }, build('b', {}, title), picture.word), isUnread(picture) ? picture.bar : null], more),
    quietButton(say.pick.remove, () => remove(picture), { class: 'button-quiet small', 'aria-label': fill(say.pick.removeLabel, { n: number }) }));
}

const chosenSites = (app) => app.site.partners.filter(({ id }) => app.state.partners.has(id));

const body = ({ state, site }) => caseBody({
  ...state,
  results: readyPictures(state).map(({ result }) => result),
  partners: chosenSites({ state, site }).map(({ id }) => id),
  waitDays: state.waits ? WAIT_DAYS : 0,
  work: state.work?.done ?? null,
});

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
  const { keys } = app.site.helpline;
  // How to reach her is a letter of its own: at the helpline, nobody opens it alone.
  const parts = { letter: letterOf(state), reach: state.contact && { v: 1, contact: state.contact } };
  const text = JSON.stringify(parts);
  if (state.sealedText === text) return;
  for (const [name, part] of Object.entries(parts)) {
    state[name] = part && keys.length > 0 ? toBase64(await seal(part, keys).catch((error) => {
      throw error instanceof LetterTooLong ? new SendError('too_large') : error;
    })) : null;
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
  const nonces = fair && await app.worker().ask('work', { task, locator: state.keys.locator }, onShare).catch(() => null);
  if (!nonces) throw new SendError('unreachable');
  state.work = { done: { challenge: task.challenge, nonces }, madeAt: performance.now() };
}

function check(app) {
  const { state, turn } = app;
  const place = build('div', { 'aria-live': 'polite' });
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
      place.replaceChildren(alert(app.trouble(error)), plainButton(say.again, prepare));
    }
  };
  prepare();
  const next = () => {
    if (state.keys) app.go(state.adding ? 'sending' : 'words');
  };
  return {
    step: 6,
    body: [
      place,
      state.adding ? null : fold(say.check.wait, paragraph(say.check.waitText), rows(tick(say.check.waitBox, state.waits, (on) => {
        state.waits = on;
        if (state.keys) place.replaceChildren(...whatIsSent(app));
      }))),
      buttons(mainButton(app.isKit ? say.kit.save : state.adding ? say.check.add : say.check.yes, next), quietButton(say.back, () => app.go('write'))),
    ],
  };
}

function whatIsSent(app) {
  const ready = readyPictures(app.state);
  const sites = chosenSites(app);
  const text = body(app);
  const size = readableSize(new TextEncoder().encode(text).length);
  const { letter, reach } = app.state;
  return [
    build('p', { class: 'lead', id: 'sentence' }, ready.length > 0
      ? fill(say.check.sentence, { n: ready.reduce((total, { result }) => total + codesOf(result).length, 0), size })
      : fill(say.check.letterOnly, { size })),
    (letter || reach) && ready.length > 0 ? paragraph(say.check.withLetter) : null,
    rows(...ready.map(({ number, result }) => build('li', { class: 'row' }, rowMain(fill(say.pick.title, { n: number })),
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

/** For an input that no keyboard or browser should remember. */
export const unlearned = {
  autocomplete: 'off', autocapitalize: 'none', autocorrect: 'off', spellcheck: 'false', translate: 'no', 'data-lpignore': 'true',
};

function confirm(app) {
  const { state } = app;
  state.askedWord ??= 1 + (crypto.getRandomValues(new Uint8Array(1))[0] % state.words.length);
  const n = state.askedWord;
  const error = alert('', 'word-error');
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
  const { heading, headingDigits, label } = say.confirm;
  return {
    heading: fill(state.isDigits ? headingDigits : heading, { n }),
    step: 6,
    body: [
      paragraph(say.confirm.text),
      build('form', { onsubmit: send },
        field(fill(state.isDigits ? headingDigits : label, { n }), input, error),
        buttons(
          build('button', { type: 'submit', class: 'button-main' }, app.isKit ? say.kit.save : say.confirm.send),
          quietButton(say.confirm.see, () => {
            state.askedWord = null;
            app.go('words');
          }))),
    ],
  };
}

function sending(app) {
  const { state, turn } = app;
  const words = build('p', { 'aria-live': 'polite', id: 'sending' });
  const bar = build('progress', { max: 1, 'aria-label': say.sending.heading });
  const place = build('div');
  let renewals = 2;
  const onShare = (share) => {
    bar.value = share;
    words.textContent = fill(say.sending.work, { share: Math.round(share * 100) });
  };
  const attempt = async () => {
    place.replaceChildren();
    bar.hidden = false;
    try {
      onShare(0);
      await doWork(app, onShare);
      if (!app.isKit) words.textContent = say.sending.out;
      await openCase(body(app));
    } catch (error) {
      if (!app.isStill(turn)) return;
      if (error.code === 'work' && renewals > 0) {
        renewals -= 1;
        state.work = null;
        attempt();
        return;
      }
      bar.hidden = true;
      words.textContent = say.sending.failed;
      const leftOut = error.code === 'partner' || error.code === 'entry' ? await app.fetchAside().catch(() => null) : null;
      if (!app.isStill(turn)) return;
      if (leftOut) {
        leftOut.leaveOut(app, error, place);
        return;
      }
      place.replaceChildren(alert(app.trouble(error)), paragraph(say.sending.safe), buttons(
        mainButton(say.again, attempt),
        state.adding ? quietButton(say.back, () => app.go('check')) : quietButton(say.confirm.see, () => app.go('words'))));
      return;
    }
    if (!app.isStill(turn)) return;
    app.forgetWhatWasSent();
    app.go(app.isKit ? 'saved' : 'done');
  };
  attempt();
  return { heading: app.isKit ? say.kit.banner : say.sending.heading, step: 7, body: [words, bar, place] };
}

function done(app) {
  const { name } = app.site.helpline;
  const { sent } = app.state;
  return {
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
export function whoCanListen(app) {
  const folded = fold(say.done.who);
  folded.addEventListener('toggle', async () => {
    const aside = await app.fetchAside().catch(() => null);
    folded.append(aside ? aside.helpLines(app, 'adults') : paragraph(say.done.noLines));
  }, { once: true });
  return folded;
}

export const sendScreens = { pick, check, words, confirm, sending, done };
