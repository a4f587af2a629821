// What the desk's scripts share: the words of a page, and asking the desk itself. This is the only file here that sends anything.
const words = JSON.parse(document.getElementById('words').textContent);

/** A text of the page, with {0}, {1} … filled in. */
export const say = (name, ...values) => values.reduce((text, value, at) => text.replaceAll(`{${at}}`, value), words[name]);

/** Puts a text into the page's one place for news. */
export function show(name, ...values) {
  document.getElementById('news').textContent = say(name, ...values);
}

/** A tag with a text and what stands inside of it. */
export function element(name, text, ...children) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  made.append(...children);
  return made;
}

const formWord = () => document.querySelector('input[name=csrfmiddlewaretoken]').value;

/** The desk's JSON answer. Throws whatever fetch throws, and Error for anything but 2xx. */
export async function ask(method, address, body) {
  const answer = await fetch(address, {
    method,
    headers: { 'X-CSRFToken': formWord(), ...(body ? { 'Content-Type': 'application/json' } : {}) },
    body: body && JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

/** What a form would do, as bytes. Throws as `ask`. */
export async function submit(form, fill = () => {}) {
  const data = new FormData(form);
  fill(data);
  const answer = await fetch(form.action, { method: 'POST', body: data });
  if (!answer.ok) throw new Error(String(answer.status));
  return new Uint8Array(await answer.arrayBuffer());
}

for (const part of document.querySelectorAll('[data-with-script]')) part.hidden = false;
for (const part of document.querySelectorAll('[data-without-script]')) part.hidden = true;
