// What stands around every screen: leaving, the cover in the background, the languages, and the list of what was sent. The only
// file that moves the browser.
import { build, code, fold, paragraph, plainButton } from './dom.js';
import { fill, language, languages, readableSize, say } from './say.js';
import { onSent, sent } from './send.js';

const WINDOW_MS = 5000;
const button = document.getElementById('leave');
const elsewhere = button.getAttribute('href');

/** Browsers inside other apps, by what they say of themselves: their app could look on. */
const OTHER_APPS = /MicroMessenger|WeChat|QQ\/|KAKAOTALK|\bLine\/|Telegram|Instagram|FBAN|FBAV/i;
export const isInsideAnotherApp = () => OTHER_APPS.test(navigator.userAgent) || 'TelegramWebviewProxy' in globalThis;

/** Fills the frame; gives the way to leave at once, which forgets everything and takes this page's place in the history. */
export function armFrame(app) {
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

/** Another app is in front: nothing is left to see, also in the picture that a phone makes of open apps. */
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
