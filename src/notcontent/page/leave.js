// Leaving at once: hide everything, forget everything, then take this page's place in the history. The only file that moves the browser.

const ELSEWHERE = 'https://www.wikipedia.org/';
const WINDOW_MS = 5000;

/** Leaves on the button, on Esc twice and on Shift three times. `forget` drops what is in memory. */
export function armLeaving(button, forget) {
  const leave = (event) => {
    event?.preventDefault();
    document.documentElement.hidden = true;
    document.title = '';
    document.body.replaceChildren();
    forget();
    globalThis.location.replace(ELSEWHERE);
  };
  button.addEventListener('click', leave);
  onRepeat('Escape', 2, leave);
  onRepeat('Shift', 3, leave);
  // a page that the browser kept in memory must not come back with what was on it
  addEventListener('pageshow', (event) => {
    if (event.persisted) globalThis.location.reload();
  });
  return leave;
}

function onRepeat(key, times, then) {
  let pressed = [];
  addEventListener('keydown', (event) => {
    if (event.key !== key) {
      pressed = [];
      return;
    }
    if (event.repeat) return;
    pressed = [...pressed.filter((at) => event.timeStamp - at < WINDOW_MS), event.timeStamp];
    if (pressed.length >= times) then(event);
  }, { capture: true });
}
