// The only file that sends anything. What goes out, and where, can be read here from top to bottom.
//
// Same site only, no cookies, no referrer, no redirects, nothing cached. Every request is written down in `sent`.

/** Every request so far: {method, path, bytesOut}. bytesOut counts the body. */
export const sent = [];

const listeners = new Set();

/** Calls `listener` after each request is written down. */
export function onSent(listener) {
  listeners.add(listener);
}

/** A request that did not work. `code` is the exchange's word (docs/spec/person.md section 5) or 'unreachable'. */
export class SendError extends Error {
  constructor(code, status, detail = {}) {
    super(code);
    this.code = code;
    this.status = status;
    this.retryAfterS = detail.retryAfterS ?? null;
    this.entry = detail.entry ?? null;
  }
}

/** Who runs this exchange, which sites have joined, and whether it is for practice. */
export const readSite = () => requestJson('GET', '/v1/site');

/** A piece of work to do before a case is taken in. */
export const readWork = () => requestJson('GET', '/v1/work');

/** The list that words are chosen from; null where a language has none. */
export async function readWords(language) {
  const answer = await request('GET', `/words/${language}`);
  if (answer.status === 404) return null;
  if (!answer.ok) throw new SendError('unreachable', answer.status);
  return (await answer.text()).split('\n').map((line) => line.trim()).filter(Boolean);
}

/** Every help line of every country. */
export const readHelp = () => requestJson('GET', '/page/help.json');

/** Opens a case. `body` is the exact text that was shown, with the work filled in. */
export const openCase = (body) => requestJson('POST', '/v1/cases', body);

/** The status of a case. */
export const lookAtCase = (locator, lookKey) =>
  requestJson('POST', '/v1/cases/look', JSON.stringify({ v: 1, locator, look_key: lookKey }));

/** Withdraws a case for good. `forget`: matching or everything. */
export const withdrawCase = (locator, withdrawKey, forget) =>
  requestJson('POST', '/v1/cases/withdraw', JSON.stringify({ v: 1, locator, withdraw_key: withdrawKey, forget }));

/** Stops a withdrawal that waits. */
export const keepCase = (locator, withdrawKey) =>
  requestJson('POST', '/v1/cases/keep', JSON.stringify({ v: 1, locator, withdraw_key: withdrawKey }));

async function requestJson(method, path, body) {
  const answer = await request(method, path, body);
  let value = null;
  try {
    value = await answer.json();
  } catch {
    throw new SendError('unreachable', answer.status);
  }
  if (answer.ok) return value;
  const retryAfterS = Number.parseInt(answer.headers.get('retry-after') ?? '', 10);
  throw new SendError(String(value?.error?.code ?? 'unreachable'), answer.status, {
    retryAfterS: Number.isFinite(retryAfterS) ? retryAfterS : null,
    entry: value?.error?.entry ?? null,
  });
}

async function request(method, path, body) {
  sent.push({ method, path, bytesOut: body === undefined ? 0 : new TextEncoder().encode(body).length });
  for (const listener of listeners) listener();
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  try {
    return await fetch(path, {
      method,
      headers,
      body,
      mode: 'same-origin',
      credentials: 'omit',
      cache: 'no-store',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
    });
  } catch {
    throw new SendError('unreachable', 0);
  }
}
