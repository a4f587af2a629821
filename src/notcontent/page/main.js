// The page's one thread through all screens: what is known so far (in memory only), which screen is shown, and leaving.
import { startWorker } from './beside.js';
import { build, buttons, mainButton, paragraph } from './dom.js';
import { say } from './en.js';
import { armLeaving } from './leave.js';
import { askScreens } from './screensAsk.js';
import { caseScreens } from './screensCase.js';
import { codeScreens } from './screensCode.js';
import { keepScreens } from './screensKeep.js';
import { readSite, SendError } from './send.js';
import { armSentList } from './sentList.js';

const screens = { ...askScreens, ...codeScreens, ...keepScreens, ...caseScreens };
const main = document.getElementById('main');

const app = {
  /** What is known so far. Nothing of it outlives the page. */
  state: {},
  site: null,
  /** The screen's own number: something that took a while asks `isStill(turn)` before it touches the page. */
  turn: 0,
  isStill: (turn) => turn === app.turn,

  /** Shows a screen and moves the focus to its heading. */
  go(name) {
    app.turn += 1;
    const { heading, step, body } = screens[name](app);
    const title = build('h1', { tabindex: '-1' }, heading);
    const parts = [step ? build('p', { class: 'step' }, say.step(step, 7)) : null, title, ...body].filter(Boolean);
    main.replaceChildren(build('div', { class: 'fade', 'data-screen': name }, ...parts));
    globalThis.scrollTo(0, 0);
    title.focus({ preventScroll: true });
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
    app.state = { circumstance: null, pictures: [], partners: new Set(), words: null, keys: null, message: null, status: null };
  },

  restart() {
    app.forget();
    app.go('start');
  },

  /** A sentence for something that went wrong with sending. */
  trouble(error) {
    if (!(error instanceof SendError)) return say.trouble.other;
    if (error.code === 'busy') return say.trouble.busy(error.retryAfterS);
    if (error.code === 'unreachable') return say.trouble.unreachable;
    if (error.code === 'too_large') return say.trouble.tooLarge;
    return say.trouble.other;
  },
};

async function begin() {
  main.replaceChildren(paragraph(say.oneMoment, 'quiet'));
  // without an encrypted connection a browser makes no keys, and a page could have been changed on its way
  if (!globalThis.crypto?.subtle) {
    main.replaceChildren(build('p', { class: 'error', role: 'alert' }, say.trouble.unsafe));
    return;
  }
  try {
    app.site = await readSite();
  } catch (error) {
    main.replaceChildren(
      build('p', { class: 'error', role: 'alert' }, app.trouble(error)),
      buttons(mainButton(say.again, begin)),
    );
    return;
  }
  document.getElementById('practice').hidden = app.site.practice !== true;
  document.getElementById('mark').textContent = app.site.helpline.name;
  app.go('start');
}

app.forget();
app.leave = armLeaving(document.getElementById('leave'), app.forget);
armSentList(document.getElementById('bottom'));
begin();
