// The page's side of worker.js: ask for one task, be told how far it is, get the answer.

/** Starts the worker. `ask(kind, data, onShare)` resolves to its answer; `stop()` ends it with all it holds. */
export function startWorker() {
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
