// Runs before every other script, in the page and in the worker: takes away each way out of this page that the page does not
// use, so that `fetch` in send.js is the only door left. A content policy does not stop WebRTC; this does.
for (const name of [
  'RTCPeerConnection', 'webkitRTCPeerConnection', 'mozRTCPeerConnection', 'RTCDataChannel', 'RTCIceTransport',
  'WebTransport', 'WebSocket', 'WebSocketStream', 'EventSource', 'XMLHttpRequest', 'BroadcastChannel', 'SharedWorker',
]) {
  delete globalThis[name];
  if (name in globalThis) Object.defineProperty(globalThis, name, { value: undefined, writable: false, configurable: false });
}
if (globalThis.Navigator && 'sendBeacon' in Navigator.prototype) delete Navigator.prototype.sendBeacon;

// Exactly one script may be started besides the modules named in the source. No markup and no code is ever made from text.
if (globalThis.trustedTypes && globalThis.document) {
  trustedTypes.createPolicy('default', {
    createScriptURL(url) {
      if (url !== '/page/worker.js') throw new TypeError('this page starts no other script');
      return url;
    },
  });
}
