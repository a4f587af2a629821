// Send one file with tus-js-client, in pieces; print the status and what the server said.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { Upload } = createRequire(`${process.env.MODULES}/x.js`)("tus-js-client");
const [, , endpoint, path] = process.argv;
const upload = new Upload(readFileSync(path), {
  endpoint,
  chunkSize: 16 * 1024,
  retryDelays: null,
  headers: { "Accept-Language": "de-AT, en;q=0.5" },
  onError: (error) => console.log(JSON.stringify({ status: error.originalResponse?.getStatus() ?? 0, body: error.originalResponse?.getBody() ?? String(error) })),
  onSuccess: () => console.log(JSON.stringify({ status: 200, body: "" })),
});
upload.start();
