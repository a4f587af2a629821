// The list at the foot of the page: everything that was asked for or sent, by the page's own count and by the browser's.
import { readableSize } from './body.js';
import { build } from './dom.js';
import { say } from './en.js';
import { onSent, sent } from './send.js';

/** Fills `place` with a line that always tells the truth, and the list folded below it. */
export function armSentList(place) {
  const line = document.createTextNode('');
  const rows = build('ul', {});
  const loaded = new Set();
  place.append(
    build('details', { class: 'fold' }, build('summary', { id: 'sent-so-far' }, line),
      build('p', {}, say.sentList), rows),
  );
  const draw = () => {
    const bytes = sent.reduce((total, request) => total + request.bytesOut, 0);
    line.data = say.sentSoFar(readableSize(bytes));
    rows.replaceChildren(
      ...[...loaded].map((path) => build('li', {}, build('bdi', { class: 'code' }, path), `: ${say.sentParts}`)),
      ...sent.map(({ method, path, bytesOut }) =>
        build('li', {}, build('bdi', { class: 'code' }, `${method} ${path}`), `: ${say.sentRow(bytesOut)}`)),
    );
  };
  // the browser's own account, so that a request this page did not write down would show up too
  new PerformanceObserver((entries) => {
    for (const { name } of entries.getEntries()) {
      const path = new URL(name).pathname;
      if (!sent.some((request) => request.path === path)) loaded.add(name.startsWith(document.baseURI) ? path : name);
    }
    draw();
  }).observe({ type: 'resource', buffered: true });
  onSent(draw);
  draw();
}
