/** A worker that appends mutations without end and reports each that is durable, until somebody kills it. */

import { createIdbEngine } from "../storage/idb-engine.ts";
import { entry } from "./engine-records.ts";
import { testSchema } from "./test-app.ts";

addEventListener("message", async ({ data: dbName }: MessageEvent<string>) => {
  const engine = createIdbEngine({ schema: testSchema, dbName });
  await engine.open();
  await engine.addClient("c1");
  for (let id = 1; ; id++) {
    await engine.append([entry(id)]);
    postMessage(id);
  }
});
