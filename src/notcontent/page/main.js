// What stands around every screen, what is known so far (in memory only), and which screen is shown. The only file that moves the
// browser.
import { alert, build, code, fold, paragraph, plainButton } from './dom.js';
import { readyPictures } from './opening.js';
import { fill, language, languages, readableSize, say, site } from './say.js';
import { askScreens } from './screensAsk.js';
import { sendScreens } from './screensSend.js';
import { onSent, readTexts, sent } from './send.js';

const WINDOW_MS = 5000;
const button = document.getElementById('leave');
const elsewhere = button.getAttribute('href');
const STEPS = 7;
const screens = { ...askScreens, ...sendScreens };
const main = document.getElementById('main');

/** Browsers inside other apps, by what they say of themselves: their app could look on. */
const OTHER_APPS = /MicroMessenger|WeChat|QQ\/|KAKAOTALK|\bLine\/|Telegram|Instagram|FBAN|FBAV/i;
const isInsideAnotherApp = () => OTHER_APPS.test(navigator.userAgent) || 'TelegramWebviewProxy' in globalThis;

/** Fills the frame; gives the way to leave at once, which forgets everything and takes this page's place in the history. */
function armFrame(app) {
  const leave = (event) => {
    event?.preventDefault();
    document.documentElement.hidden = true;
    document.title = '';
    document.body.replaceChildren();
    app.forget();
    globalThis.location.replace(elsewhere);
  };
  button.addEventListener('click', leave);
  onRepeat('Escape', 2, leave);
  onRepeat('Shift', 3, leave);
  // a page that the browser kept in memory must not come back with what was on it
  addEventListener('pageshow', (event) => {
    if (event.persisted) globalThis.location.reload();
  });
  coverInBackground(app);
  if (!app.isKit) chooseLanguage();
  document.getElementById('mark').textContent = app.site.helpline.name;
  listWhatWasSent(document.getElementById('bottom'));
  return leave;
}

/** Another app is in front: nothing is left to see, also in a phone's list of open apps. */
function coverInBackground(app) {
  const shown = [...document.body.children].filter((part) => !part.hidden && part.tagName !== 'SCRIPT');
  const cover = build('div', { class: 'cover', hidden: true }, paragraph(say.cover.text),
    plainButton(say.cover.back, () => uncover()));
  document.body.append(cover);
  const uncover = () => {
    cover.hidden = true;
    for (const part of shown) part.hidden = false;
  };
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') {
      for (const part of shown) part.hidden = true;
      cover.hidden = false;
    } else if (app.isPicking) {
      uncover();
      app.isPicking = false;
    }
  });
}

function chooseLanguage() {
  const select = build('select', { 'aria-label': say.language, class: 'languages' },
    Object.entries(languages).map(([tag, name]) => build('option', { value: tag, lang: tag, selected: tag === language }, name)));
  select.addEventListener('change', () => globalThis.location.replace(`/${select.value}`));
  document.getElementById('languages').append(select);
}

function onRepeat(key, times, then) {
  let pressed = [];
  addEventListener('keydown', (event) => {
    const now = event.timeStamp;
    if (event.repeat) return;
    pressed = event.key === key ? [...pressed.filter((at) => now - at < WINDOW_MS), now] : [];
    if (pressed.length >= times) then(event);
  }, { capture: true });
}

/** How much was sent, and folded below it everything that was asked for or sent. */
function listWhatWasSent(place) {
  const line = document.createTextNode('');
  const rows = build('ul', {});
  const loaded = new Set();
  place.prepend(fold(build('span', { id: 'sent-so-far' }, line), paragraph(say.sent.list), rows, paragraph(say.sent.honest, 'small quiet')));
  const row = (path, text) => build('li', {}, code(path), `: ${text}`);
  const draw = () => {
    const bytes = sent.reduce((total, request) => total + request.bytesOut, 0);
    line.data = fill(say.sent.soFar, { size: readableSize(bytes) });
    rows.replaceChildren(
      ...[...loaded].map((path) => row(path, say.sent.parts)),
      ...sent.map(({ method, path, bytesOut }) =>
        row(`${method} ${path}`, bytesOut === 0 ? say.sent.nothing : fill(say.sent.row, { size: readableSize(bytesOut) }))),
    );
  };
  // the browser's own account: a request that was not written down would show up too
  new PerformanceObserver((entries) => {
    for (const { name } of entries.getEntries()) {
      const { origin, pathname } = new URL(name);
      if (!sent.some(({ path }) => path === pathname)) loaded.add(origin === new URL(document.baseURI).origin ? pathname : name);
    }
    draw();
  }).observe({ type: 'resource', buffered: true });
  onSent(draw);
  draw();
}

/** `ask(kind, data, onShare)` resolves to the worker's answer; `stop()` ends it with all it holds. */
function startWorker() {
  const worker = new Worker('/page/worker.js', { type: 'module' });
  const waiting = new Map();
  let next = 1;
  worker.addEventListener('message', ({ data }) => {
    const task = waiting.get(data.id);
    if ('share' in data) task?.onShare(data.share);
    else if (waiting.delete(data.id)) (data.failed ? task.reject : task.resolve)(data.answer);
  });
  worker.addEventListener('error', () => {
    for (const { reject } of waiting.values()) reject();
    waiting.clear();
  });
  return {
    ask(kind, data = {}, onShare = () => {}) {
      const id = next++;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject, onShare });
        worker.postMessage({ ...data, kind, id });
      });
    },
    stop() {
      worker.terminate();
      waiting.clear();
    },
  };
}

const app = {
  /** Nothing of it outlives the page. */
  state: {},
  site,
  isKit: document.documentElement.dataset.kit === 'yes',
  /** A file dialog is open: coming back from it needs no asking. */
  isPicking: false,
  /** The screen's own number: what took a while asks `isStill(turn)` before it touches the page. */
  turn: 0,
  isStill: (turn) => turn === app.turn,

  /** Shows a screen, {heading (else that of its texts), step, body}, and moves the focus to its heading. */
  go(name) {
    app.turn += 1;
    if (!(name in screens)) {
      app.fetchScreens(name);
      return;
    }
    const { heading = say[name].heading, step, body } = screens[name](app);
    const title = build('h1', { tabindex: '-1' }, heading);
    main.replaceChildren(build('div', { class: 'fade', 'data-screen': name },
      step ? paragraph(fill(say.step, { now: step, all: STEPS }), 'step') : null, title, ...body));
    globalThis.scrollTo(0, 0);
    title.focus({ preventScroll: true });
  },

  /** What few ways lead to comes with its texts once it is asked for. */
  async fetchAside() {
    const aside = await import('./screensAside.js');
    if (!say.help) Object.assign(say, await readTexts(language));
    return aside;
  },

  async fetchScreens(name) {
    const { turn } = app;
    try {
      Object.assign(screens, (await app.fetchAside()).asideScreens);
      if (!(name in screens)) Object.assign(screens, (await import('./screensCase.js')).caseScreens);
    } catch {
      main.replaceChildren(alert(say.trouble.unreachable), plainButton(say.again, () => app.fetchScreens(name)));
      return;
    }
    if (app.isStill(turn)) app.go(name);
  },

  /** The worker, started when it is first needed. */
  worker() {
    return app.beside ??= startWorker();
  },

  /** Forgets every picture code, word and key. */
  forget() {
    app.beside?.stop();
    app.beside = null;
    app.turn += 1;
    app.state = {
      circumstance: null, answers: {}, links: [], linkTitle: '', pictures: [], partners: new Set(), later: 'ask', statements: new Map(),
      text: '', contact: null, waits: false, letter: null, reach: null, words: null, keys: null, work: null, status: null, adding: false,
    };
  },

  /** After sending only the keys stay, for the status. */
  forgetWhatWasSent() {
    const { keys, circumstance, letter, reach } = app.state;
    const what = { codes: readyPictures(app.state).length > 0, letter: letter ?? reach };
    app.forget();
    Object.assign(app.state, { keys, circumstance, sent: what });
  },

  restart() {
    app.forget();
    app.go('start');
  },

  /** A sentence for something that went wrong with sending. */
  trouble({ code, retryAfterS }) {
    const text = say.trouble[['busy', 'unreachable', 'too_large'].includes(code) ? code : 'other'];
    return fill(text, { n: retryAfterS ?? 5 });
  },
};

app.forget();
app.leave = armFrame(app);
// without an encrypted connection a browser makes no keys, and the page could have been changed on its way
if (globalThis.crypto?.subtle) app.go(isInsideAnotherApp() ? 'inApp' : 'start');
else main.replaceChildren(alert(say.trouble.unsafe));
