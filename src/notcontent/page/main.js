// What is known so far (in memory only), and which screen is shown.
import { alert, build, paragraph, plainButton } from './dom.js';
import { armFrame, isInsideAnotherApp } from './frame.js';
import { fill, language, say, site } from './say.js';
import { askScreens } from './screensAsk.js';
import { codeScreens, readyPictures } from './screensCode.js';
import { keepScreens } from './screensKeep.js';
import { readTexts } from './send.js';

const STEPS = 7;
const screens = { ...askScreens, ...codeScreens, ...keepScreens };
const main = document.getElementById('main');

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
      text: '', contact: null, waits: false, letter: null, words: null, keys: null, work: null, status: null, adding: false,
    };
  },

  /** After sending only the keys stay, for the status. */
  forgetWhatWasSent() {
    const { keys, circumstance, letter } = app.state;
    const sent = { codes: readyPictures(app.state).length > 0, letter: letter !== null };
    app.forget();
    Object.assign(app.state, { keys, circumstance, sent });
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
