// Choosing pictures, turning them into codes, and choosing which sites get them.
import {
  build, buttons, card, fold, list, mainButton, note, paragraph, plainButton, quietButton, rows, stateWord,
} from './dom.js';
import { countryName, say } from './en.js';

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
    type: 'file', accept: 'image/*,.heic,.heif,.avif', multiple: true, class: 'hidden-text', id: 'files', disabled: true, tabindex: '-1',
    'aria-hidden': 'true',
  });
  const choose = mainButton(say.pick.choose, () => input.click());
  choose.disabled = true;

  const draw = () => {
    rowsHere.replaceChildren(...state.pictures.map((picture) => pictureRow(picture, remove)));
    rowsHere.hidden = state.pictures.length === 0;
    choose.textContent = state.pictures.length === 0 ? say.pick.choose : say.pick.more;
    choose.className = state.pictures.length === 0 ? 'button-main' : 'button';
    next.hidden = state.pictures.length === 0;
    summary.textContent = state.pictures.length === 0 ? '' : say.pick.summary(readyPictures(state).length, state.pictures.length);
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
    if (input.files.length > room) error.textContent = say.pick.tooMany(app.site.max_entries);
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
    step: 3,
    body: [
      paragraph(say.pick.text),
      build('div', { class: 'buttons' }, choose, input),
      summary,
      rowsHere,
      error,
      buttons(next, quietButton(say.back, () => app.go('age'))),
      fold(say.pick.flight, paragraph(say.pick.flightText)),
      fold(say.pick.noFile, paragraph(say.pick.noFileText(app.site.helpline.name))),
    ],
  };
}

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
  if (answer.reason) {
    picture.kind = 'failed';
    picture.reason = answer.reason;
  } else {
    picture.kind = answer.result.quality < PLAIN_BELOW ? 'plain' : 'ready';
    picture.result = picture.kind === 'plain' ? null : answer.result;
  }
  sortSame(state.pictures);
  draw();
}

/** Marks pictures whose code is already there; one of them is enough. */
function sortSame(pictures) {
  const first = new Map();
  for (const picture of pictures) {
    if (picture.kind !== 'ready' && picture.kind !== 'same') continue;
    const upright = picture.result.orientations[0];
    picture.kind = first.has(upright) ? 'same' : 'ready';
    picture.sameAs = first.get(upright)?.number ?? null;
    if (!first.has(upright)) first.set(upright, picture);
  }
}

function pictureRow(picture, remove) {
  const { number, kind, share } = picture;
  const words = {
    waiting: () => [stateWord('none', say.pick.waiting), null],
    reading: () => [stateWord('none', say.pick.reading(share)), null],
    ready: () => [stateWord('good', say.pick.ready), null],
    plain: () => [stateWord('wait', say.pick.plain), say.pick.plainMore],
    same: () => [stateWord('none', say.pick.same(picture.sameAs)), say.pick.sameMore],
    failed: () => [stateWord('stop', say.pick.failed), say.pick.reasons[picture.reason]],
  };
  const [state, more] = words[kind]();
  const unread = kind === 'waiting' || kind === 'reading';
  picture.bar = unread ? build('progress', { max: 1, value: share, 'aria-label': say.pick.title(number) }) : null;
  picture.word = state;
  return build('li', { class: 'row' },
    build('div', { class: 'row-main' },
      build('span', { class: 'bar' }, build('b', {}, say.pick.title(number)), state),
      picture.bar,
      more ? build('span', { class: 'row-more' }, more) : null),
    build('button', {
      type: 'button', class: 'button-quiet small', 'aria-label': say.pick.removeLabel(number), onclick: () => remove(picture),
    }, say.pick.remove));
}

function drawShare(picture) {
  if (!picture.bar) return;
  picture.bar.value = picture.share;
  picture.word.textContent = say.pick.reading(picture.share);
}

function refused(app) {
  app.state.pictures = [];
  return {
    heading: say.refused.heading,
    body: [
      paragraph(say.refused.text[app.state.problem]),
      paragraph(say.refused.nothing),
      card(build('h2', {}, say.refused.ways), list(say.refused.list(app.site.helpline.name))),
      buttons(plainButton(say.again, () => app.go('pick')), quietButton(say.stop.restart, app.restart)),
    ],
  };
}

function sites(app) {
  const { partners: chosen } = app.state;
  const error = build('p', { class: 'error', role: 'alert' });
  if (app.state.siteChanged) error.textContent = say.trouble.siteGone;
  app.state.siteChanged = false;
  const boxes = app.site.partners.map(({ id }) => build('input', {
    type: 'checkbox', value: id, checked: chosen.has(id),
    onchange: ({ target }) => {
      error.textContent = '';
      if (target.checked) chosen.add(id);
      else chosen.delete(id);
    },
  }));
  const items = app.site.partners.map(({ name, country, proves_forgetting: proves }, at) =>
    build('li', {}, build('label', { class: 'row' }, boxes[at],
      build('span', { class: 'row-main' }, build('bdi', {}, name),
        build('span', { class: 'row-more' }, `${countryName(country)} · ${proves ? say.sites.proves : say.sites.provesNot}`)))));
  const chooseAll = () => {
    error.textContent = '';
    for (const box of boxes) {
      box.checked = true;
      chosen.add(box.value);
    }
  };
  const goOn = () => {
    error.textContent = chosen.size === 0 ? say.sites.none : '';
    if (chosen.size > 0) app.go('check');
  };
  return {
    heading: say.sites.heading,
    step: 4,
    body: [
      paragraph(say.sites.text),
      items.length === 0 ? note(paragraph(say.start.noneJoined)) : null,
      build('div', { role: 'group', 'aria-label': say.sites.heading },
        items.length > 0 ? build('p', {}, build('button', { type: 'button', class: 'button button-small', onclick: chooseAll }, say.sites.all)) : null,
        rows(...items)),
      error,
      buttons(mainButton(say.goOn, goOn), quietButton(say.back, () => app.go('pick'))),
      fold(say.sites.why, paragraph(say.sites.whyText)),
    ],
  };
}

export const codeScreens = { pick, refused, sites };
