// Choosing files, turning them into codes, and choosing which sites get them.
import { alert, build, buttons, check, field, fold, mainButton, note, paragraph, plainButton, quietButton, rowMain, rows, stateWord } from './dom.js';
import { countryName, fill, listed, say } from './say.js';
import { before, isPosted } from './screensAsk.js';

const PLAIN_BELOW = 50;

/** The pictures that will be sent: read, not too plain, each code once. */
export const readyPictures = (state) => state.pictures.filter((picture) => picture.kind === 'ready');

function pick(app) {
  const { state } = app;
  const turn = app.turn;
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

/** A picture's upright code, or those of a video's frames. */
export const codesOf = ({ frames, orientations }) => frames ?? orientations.slice(0, 1);
const isUnread = ({ kind }) => kind === 'waiting' || kind === 'reading';

/** The worker takes one picture at a time. The file itself is let go as soon as it is read. */
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

export const codeScreens = { pick, sites };
