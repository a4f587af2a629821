// The page's one thread through all screens: what is known so far (in memory only), which screen is shown, and leaving.
import { build } from './dom.js';
import { armFrame, isInsideAnotherApp } from './frame.js';
import { fill, say, site } from './say.js';
import { askScreens } from './screensAsk.js';
import { codeScreens, readyPictures } from './screensCode.js';
import { keepScreens } from './screensKeep.js';
import { tellScreens } from './screensTell.js';
import { SendError } from './send.js';

const STEPS = 7;
const screens = { ...askScreens, ...tellScreens, ...codeScreens, ...keepScreens };
const main = document.getElementById('main');

/** Starts the worker. `ask(kind, data, onShare)` resolves to its answer; `stop()` ends it with all it holds. */
function startWorker() {
  const worker = new Worker('/page/worker.js', { type: 'module' });
  const waiting = new Map();
  let next = 1;
  worker.addEventListener('message', ({ data }) => {
    const task = waiting.get(data.id);
    if (!task) return;
    if ('share' in data) {
      task.onShare(data.share);
      return;
    }
    waiting.delete(data.id);
    if (data.failed) task.reject(new Error('the task stopped'));
    else task.resolve(data.answer);
  });
  worker.addEventListener('error', () => {
    for (const task of waiting.values()) task.reject(new Error('the worker stopped'));
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
  /** What is known so far. Nothing of it outlives the page. */
  state: {},
  site,
  isKit: document.documentElement.dataset.kit === 'yes',
  /** A file dialog is open: coming back from it needs no asking. */
  isPicking: false,
  /** The screen's own number: something that took a while asks `isStill(turn)` before it touches the page. */
  turn: 0,
  isStill: (turn) => turn === app.turn,

  /** Shows a screen and moves the focus to its heading. */
  go(name) {
    app.turn += 1;
    if (!(name in screens)) {
      app.fetchCaseScreens(name);
      return;
    }
    const { heading, step, body } = screens[name](app);
    const title = build('h1', { tabindex: '-1' }, heading);
    const parts = [step ? build('p', { class: 'step' }, fill(say.step, { now: step, all: STEPS })) : null, title, ...body].filter(Boolean);
    main.replaceChildren(build('div', { class: 'fade', 'data-screen': name }, ...parts));
    globalThis.scrollTo(0, 0);
    title.focus({ preventScroll: true });
  },

  /** The screens of a case that is open already come when one of them is asked for. */
  async fetchCaseScreens(name) {
    const { turn } = app;
    try {
      Object.assign(screens, (await import('./screensCase.js')).caseScreens);
    } catch {
      main.replaceChildren(build('p', { class: 'error', role: 'alert' }, say.trouble.unreachable),
        build('button', { type: 'button', class: 'button', onclick: () => app.fetchCaseScreens(name) }, say.again));
      return;
    }
    if (app.isStill(turn)) app.go(name);
  },

  /** The worker, started when it is first needed. */
  worker() {
    app.beside ??= startWorker();
    return app.beside;
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
  trouble(error) {
    if (!(error instanceof SendError)) return say.trouble.other;
    if (error.code === 'busy') return fill(say.trouble.busy, { n: error.retryAfterS ?? 5 });
    if (error.code === 'unreachable') return say.trouble.unreachable;
    if (error.code === 'too_large') return say.trouble.tooLarge;
    return say.trouble.other;
  },
};

app.forget();
app.leave = armFrame(app);
// without an encrypted connection a browser makes no keys, and a page could have been changed on its way
if (globalThis.crypto?.subtle) app.go(isInsideAnotherApp() ? 'inApp' : 'start');
else main.replaceChildren(build('p', { class: 'error', role: 'alert' }, say.trouble.unsafe));
