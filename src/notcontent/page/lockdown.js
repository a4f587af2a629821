// Runs before every other script, in the page and in the worker: takes away each way out that the page does not use, so that
// send.js is the only door left. A content policy does not stop WebRTC; this does. By pattern, so that newer relatives go too.
for (const name of Object.getOwnPropertyNames(globalThis)) {
  if (!/RTC|Socket|EventSource|HttpRequest|WebTransport|BroadcastChannel|SharedWorker|PresentationRequest/.test(name)) continue;
  delete globalThis[name];
  if (name in globalThis) Object.defineProperty(globalThis, name, { value: undefined, writable: false, configurable: false });
}
for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(navigator))) {
  if (/beacon/i.test(name)) delete Object.getPrototypeOf(navigator)[name];
}

// One script may be started besides the modules named in the source. No markup and no code is ever made from text.
if (globalThis.trustedTypes && globalThis.document) {
  trustedTypes.createPolicy('default', {
    createScriptURL(url) {
      if (url !== '/page/worker.js') throw new TypeError('this page starts no other script');
      return url;
    },
  });
}
