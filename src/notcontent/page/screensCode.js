// Choosing files, turning them into codes, and choosing which sites get them.
import {
  build, buttons, card, check, field, fold, list, mainButton, note, paragraph, plainButton, quietButton, rows, stateWord,
} from './dom.js';
import { countryName, fill, listed, say } from './say.js';
import { before, isPosted } from './screensTell.js';

const PLAIN_BELOW = 50;

/** The pictures that will be sent: read, not too plain, each code once. */
export const readyPictures = (state) => state.pictures.filter((picture) => picture.kind === 'ready');

function pick(app) {
  const { state } = app;
  const turn = app.turn;
  const summary = build('p', { 'aria-live': 'polite', class: 'quiet', id: 'summary' });
  const error = build('p', { class: 'error', role: 'alert' });
  const rowsHere = rows();
  const input = build('input', {
    type: 'file', accept: 'image/*,video/*,.heic,.heif,.avif,.mkv', multiple: true, class: 'hidden-text', id: 'files', disabled: true, tabindex: '-1',
    'aria-hidden': 'true',
  });
  const choose = mainButton(say.pick.choose, () => {
    app.isPicking = true;
    input.click();
  });
  choose.disabled = true;

  const draw = () => {
    rowsHere.replaceChildren(...state.pictures.map((picture) => pictureRow(picture, remove)));
    rowsHere.hidden = state.pictures.length === 0;
    choose.textContent = state.pictures.length === 0 ? say.pick.choose : say.pick.more;
    choose.className = state.pictures.length === 0 ? 'button-main' : 'button';
    next.hidden = state.pictures.length === 0;
    summary.textContent = state.pictures.length === 0 ? '' : fill(say.pick.summary, { ready: readyPictures(state).length, n: state.pictures.length });
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
    const last = state.pictures.at(-1)?.number ?? 0;
    const fresh = blobs.map((blob, at) => ({ number: last + at + 1, kind: 'waiting', share: 0, blob, result: null }));
    state.pictures = [...state.pictures, ...fresh];
    draw();
    for (const picture of fresh) read(app, state, picture, draw);
  });

  const goOn = () => {
    const unread = state.pictures.some(({ kind }) => kind === 'waiting' || kind === 'reading');
    error.textContent = unread ? say.pick.busy : readyPictures(state).length === 0 ? say.pick.none : '';
    if (!error.textContent) app.go('sites');
  };

  const next = mainButton(say.goOn, goOn, { hidden: true });

  summary.textContent = say.pick.checking;
  app.worker().ask('check').catch(() => 'sample').then((problem) => {
    if (!app.isStill(turn)) return;
    if (problem) {
      state.problem = problem;
      app.go('refused');
      return;
    }
    input.disabled = false;
    choose.disabled = false;
    draw();
  });
  rowsHere.hidden = true;

  return {
    heading: say.pick.heading,
    step: 4,
    body: [
      paragraph(say.pick.text),
      app.isKit ? note(paragraph(say.kit.noHeic)) : null,
      build('div', { class: 'buttons' }, choose, input),
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

/** Codes one picture; the worker takes them one at a time. The file itself is let go as soon as it is read. */
async function read(app, state, picture, draw) {
  const current = () => app.state === state && state.pictures.includes(picture);
  const answer = await app.worker().ask('picture', { blob: picture.blob }, (share) => {
    if (!current()) return;
    picture.kind = 'reading';
    picture.share = share;
    drawShare(picture);
  }).catch(() => ({ reason: 'unreadable' }));
  picture.blob = null;
  if (!current()) return;
  if (answer.reason === 'shows_nothing') {
    picture.kind = 'plain';
  } else if (answer.reason) {
    picture.kind = 'failed';
    picture.reason = answer.reason;
  } else {
    const plain = answer.result.frames ? answer.result.frames.length === 0 : answer.result.quality < PLAIN_BELOW;
    picture.kind = plain ? 'plain' : 'ready';
    picture.result = plain ? null : answer.result;
  }
  sortSame(state.pictures);
  draw();
}

/** Marks pictures whose code is already there; one of them is enough. */
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

function pictureRow(picture, remove) {
  const { number, kind, share } = picture;
  const words = {
    waiting: () => [stateWord('none', say.pick.waiting), null],
    reading: () => [stateWord('none', fill(say.pick.reading, { share: Math.round(share * 100) })), null],
    ready: () => [stateWord('good', picture.result.frames ? fill(say.pick.readyVideo, { n: picture.result.frames.length }) : say.pick.ready),
      picture.result.complete === false ? say.pick.partly : null],
    plain: () => [stateWord('wait', say.pick.plain), say.pick.plainMore],
    same: () => [stateWord('none', fill(say.pick.same, { n: picture.sameAs })), say.pick.sameMore],
    failed: () => [stateWord('stop', say.pick.failed), say.pick.reasons[picture.reason] ?? say.pick.reasons.unreadable],
  };
  const [state, more] = words[kind]();
  const unread = kind === 'waiting' || kind === 'reading';
  picture.bar = unread ? build('progress', { max: 1, value: share, 'aria-label': fill(say.pick.title, { n: number }) }) : null;
  picture.word = state;
  return build('li', { class: 'row' },
    build('div', { class: 'row-main' },
      build('span', { class: 'bar' }, build('b', {}, fill(say.pick.title, { n: number })), state),
      picture.bar,
      more ? build('span', { class: 'row-more' }, more) : null),
    build('button', {
      type: 'button', class: 'button-quiet small', 'aria-label': fill(say.pick.removeLabel, { n: number }), onclick: () => remove(picture),
    }, say.pick.remove));
}

function drawShare(picture) {
  if (!picture.bar) return;
  picture.bar.value = picture.share;
  picture.word.textContent = fill(say.pick.reading, { share: Math.round(picture.share * 100) });
}

function refused(app) {
  app.state.pictures = [];
  return {
    heading: say.refused.heading,
    body: [
      paragraph(say.refused[app.state.problem]),
      paragraph(say.refused.nothing),
      card(build('h2', {}, say.refused.ways), list(say.refused.list.map((text) => fill(text, { name: app.site.helpline.name })))),
      buttons(plainButton(say.again, () => app.go('pick')), quietButton(say.stop.restart, app.restart)),
    ],
  };
}

function sites(app) {
  const { state } = app;
  const { partners } = app.site;
  const chosen = state.partners;
  const error = build('p', { class: 'error', role: 'alert' });
  if (state.siteChanged) error.textContent = say.trouble.siteGone;
  state.siteChanged = false;
  const items = partners.map((site) => check(site.name, aboutSite(site), chosen.has(site.id), (on) => {
    error.textContent = '';
    if (on) chosen.add(site.id);
    else chosen.delete(site.id);
  }));
  /** Ticks the boxes of the sites that `wanted` names, and no other. */
  const tick = (wanted) => {
    error.textContent = '';
    partners.forEach((site, at) => {
      const on = wanted(site);
      items[at].querySelector('input').checked = on;
      if (on) chosen.add(site.id);
      else chosen.delete(site.id);
    });
  };
  const quick = (text, wanted) => build('button', { type: 'button', class: 'button button-small', onclick: () => tick(wanted) }, text);
  const countries = [...new Set(partners.flatMap(({ country, forced_by: states }) => [country, ...states]))];
  const mine = build('select', { id: 'my-country' }, build('option', { value: '' }, say.help.choose),
    countries.map((country) => build('option', { value: country }, countryName(country))));
  mine.addEventListener('change', () => {
    if (mine.value) tick(({ country, forced_by: states }) => country !== mine.value && !states.includes(mine.value));
  });
  const later = (value, text) => build('li', {}, build('label', { class: 'row' },
    build('input', {
      type: 'radio', name: 'later', value, checked: state.later === value, onchange: () => { state.later = value; },
    }), build('span', { class: 'row-main' }, text)));
  const goOn = () => {
    const needed = state.circumstance !== 'no_file' || readyPictures(state).length > 0;
    error.textContent = chosen.size === 0 && needed ? say.sites.none : '';
    if (!error.textContent) app.go(isPosted(state) && chosen.size > 0 ? 'statement' : 'write');
  };
  return {
    heading: say.sites.heading,
    step: 5,
    body: [
      paragraph(say.sites.text),
      note(paragraph(say.sites.guess)),
      partners.length === 0 ? note(paragraph(say.start.noneJoined)) : null,
      partners.length === 0 ? null : build('p', { class: 'bar' },
        quick(say.sites.allProving, ({ proves_forgetting: proves }) => proves), quick(say.sites.all, () => true)),
      partners.length === 0 ? null : fold(say.sites.notIn, field(say.sites.myCountry, mine)),
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

export const codeScreens = { pick, refused, sites };
