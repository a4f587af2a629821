// The only file that sends anything: same site only, no cookies, no referrer, no redirects, nothing cached.

/** Every request so far: {method, path, bytesOut: of its body}. */
export const sent = [];

const listeners = new Set();

/** Calls `listener` after each request is written down. */
export const onSent = (listener) => listeners.add(listener);

/** `code` is the exchange's word (docs/spec/person.md section 5) or 'unreachable'. */
export class SendError extends Error {
  constructor(code, detail = {}) {
    super(code);
    Object.assign(this, { code, ...detail });
  }
}

/** The helpline, and the sites that have joined. */
export const readSite = () => requestJson('GET', '/v1/site');

/** Work to do before a case is taken in. */
export const readWork = () => requestJson('GET', '/v1/work');

/** What words are chosen from; null where a language has no list. */
export async function readWords(language) {
  const answer = await request('GET', `/words/${language}`);
  if (answer.status === 404) return null;
  if (!answer.ok) throw new SendError('unreachable');
  return (await answer.text()).split('\n').map((line) => line.trim()).filter(Boolean);
}

/** The texts of what few ways lead to. */
export const readTexts = (language) => requestJson('GET', `/texts/${language}`);

/** Every help line of every country. */
export const readHelp = () => requestJson('GET', '/page/help.json');

/** Opens a case. `body` is the text that was shown, with the work filled in. */
export const openCase = (body) => requestJson('POST', '/v1/cases', body);

/** Looks at a case, withdraws or keeps it, or answers a question. */
export const atCase = (what, body) => requestJson('POST', `/v1/cases/${what}`, JSON.stringify({ v: 1, ...body }));

async function requestJson(method, path, body) {
  const answer = await request(method, path, body);
  const value = await answer.json().catch(() => { throw new SendError('unreachable'); });
  if (answer.ok) return value;
  const { code = 'unreachable', entry } = value?.error ?? {};
  throw new SendError(String(code), { entry, retryAfterS: Number.parseInt(answer.headers.get('retry-after'), 10) || null });
}

async function request(method, path, body) {
  sent.push({ method, path, bytesOut: new TextEncoder().encode(body).length });
  for (const listener of listeners) listener();
  return fetch(path, {
    method,
    headers: body ? { 'content-type': 'application/json' } : {},
    body,
    mode: 'same-origin',
    credentials: 'omit',
    cache: 'no-store',
    redirect: 'error',
    referrerPolicy: 'no-referrer',
  }).catch(() => { throw new SendError('unreachable'); });
}
