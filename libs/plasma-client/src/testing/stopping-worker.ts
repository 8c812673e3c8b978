/** A worker that stands still for good as soon as the first request of a kind is answered, as a tab that is frozen. */

import { createIdbEngine } from "../storage/idb-engine.ts";
import { entry, pull } from "./engine-records.ts";
import { testSchema } from "./test-app.ts";

export interface Stop {
  readonly dbName: string;
  readonly during: "load" | "append" | "keepLocal" | "applyPull";
  /** The method of a store whose request is answered when it stops. */
  readonly at: "get" | "add" | "put";
}

const row = { id: "d", todoId: null, text: "mine", opened: 1 };

addEventListener("message", async ({ data }: MessageEvent<Stop>) => {
  const { dbName, during, at } = data;
  const engine = createIdbEngine({ schema: testSchema, dbName });
  await engine.open();
  await engine.addClient("c1");
  stopAfter(at);
  if (during === "load") await engine.load();
  else if (during === "append") await engine.append([entry(1)]);
  else if (during === "applyPull") await engine.applyPull(pull({}));
  else await engine.keepLocal([{ table: "drafts", id: "d", row, local: true }]);
  throw new Error(`${during} has made no "${at}".`);
});

function stopAfter(method: Stop["at"]): void {
  const store = IDBObjectStore.prototype as unknown as Record<
    string,
    (...args: unknown[]) => IDBRequest
  >;
  const original = store[method];
  store[method] = function (this: IDBObjectStore, ...args) {
    const request = original?.apply(this, args) as IDBRequest;
    request.addEventListener("success", () => {
      postMessage("stands still");
      for (;;);
    });
    return request;
  };
}
