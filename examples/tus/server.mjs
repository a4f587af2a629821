// A tus server (resumable uploads) that asks a guard when an upload is complete, before anybody can see it.
// npm install @tus/server@2 @tus/file-store@2
// GUARD=http://127.0.0.1:8100 TOKEN=ncg_… FOLDER=uploads PORT=1080 node server.mjs

import { openAsBlob } from "node:fs";
import { join } from "node:path";
import { FileStore } from "@tus/file-store";
import { Server } from "@tus/server";

const { GUARD, TOKEN, FOLDER, PORT } = process.env;
// Say what becomes of an upload that is held, that nobody could look at, and that is neither picture nor video.
const STOPPED = { held: true, unchecked: true, noPicture: true };
const store = new FileStore({ directory: FOLDER });

/** What the guard says of a file: null to let it pass, or the status and words for whoever uploads, in their language. */
async function stopped(path, language) {
  const later = { status_code: 503, body: "This upload could not be checked just now. Please try again in a moment." };
  try {
    const answer = await fetch(`${GUARD}/v1/check?hold=202`, {
      method: "POST",
      headers: { Authorization: `Bearer ${TOKEN}`, "Accept-Language": language },
      body: await openAsBlob(path), // read from the disk as it is sent
      signal: AbortSignal.timeout(60_000),
    });
    const said = await answer.json();
    if (answer.status === 200) return null;
    if (answer.status === 451 || answer.status === 202) {
      return said.verdict === "hold" && !STOPPED.held ? null : { status_code: 451, body: said.uploader_text };
    }
    if (answer.status === 415 && said.error.code === "not_a_picture") {
      return STOPPED.noPicture ? { status_code: 415, body: said.uploader_text } : null;
    }
    return STOPPED.unchecked ? { ...later, body: said.uploader_text ?? later.body } : null;
  } catch {
    return STOPPED.unchecked ? later : null;
  }
}

const server = new Server({
  path: "/files",
  datastore: store,
  async onUploadFinish(request, upload) {
    const refusal = await stopped(join(FOLDER, upload.id), request.headers.get("accept-language") ?? "");
    if (refusal) {
      await store.remove(upload.id);
      throw refusal;
    }
    return {};
  },
});
const listening = server.listen({ host: "127.0.0.1", port: Number(PORT) }, () => {
  console.log(`tus listens on http://127.0.0.1:${listening.address().port}/files`);
});
