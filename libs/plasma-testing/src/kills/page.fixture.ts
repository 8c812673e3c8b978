/** A page that never stops writing, and tells each mutation that is durable to whoever opened it. */

import { createPlasmaClient } from "@sh1n4ps/plasma-client";
import { mutators, schema } from "./app.fixture.ts";

declare global {
  interface Window {
    /** Of the test: the token of a mutation that was acknowledged as durable. */
    readonly acknowledged: (token: string) => void;
    readonly tab: {
      /** Whether there was nothing of this origin in the browser when the page was opened. */
      readonly isFirst: boolean;
      /** Writes until the page ends or is told to settle. Each token begins with the prefix. */
      write(prefix: string): void;
      /** Stops writing; resolves with the tokens that it shows once everything is sent and confirmed. */
      settle(): Promise<readonly string[]>;
    };
  }
}

const client = createPlasmaClient({
  schema,
  mutators,
  dbName: "kills",
  endpoint: "/sync",
  schemaVersion: "1",
  clientGroupID: "ada",
  getContext: () => ({ userId: "ada" }),
  authHeaders: () => ({ "x-user": "ada" }),
  logLevel: "silent",
});
// First, so that it meets whatever state the last kill has left the browser's files in.
await client.start();
const isFirst = await isControlMissing();

/** Makes it, too. Plasma knows nothing of this database: only the browser can take it away. */
function isControlMissing(): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("control");
    let isMissing = false;
    request.onupgradeneeded = () => {
      isMissing = true;
    };
    request.onerror = () => reject(request.error ?? new Error("No control database."));
    request.onsuccess = () => {
      request.result.close();
      resolve(isMissing);
    };
  });
}

let isOver = false;
let writing: Promise<void> = Promise.resolve();

async function write(prefix: string): Promise<void> {
  for (let count = 0; !isOver; count++) {
    // Alternately one that is awaited, and a burst that shares its commit.
    const tokens =
      count % 4 === 0 ? Array.from({ length: 10 }, (_, at) => `${count}.${at}`) : [count];
    await Promise.all(
      tokens.map(async (number) => {
        const token = `${prefix}-${number}`;
        await client.mutate("append", { token });
        window.acknowledged(token);
      }),
    );
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 10));
  }
}

Object.assign(window, {
  tab: {
    isFirst,
    write(prefix: string) {
      writing = write(prefix);
    },
    async settle() {
      isOver = true;
      await writing;
      while (client.status.pending > 0) {
        await client.flush().catch(() => new Promise((resolve) => setTimeout(resolve, 50)));
      }
      await client.pullOnce();
      return (await client.db.query.tokens.findMany()).map(({ id }) => id);
    },
  } satisfies Window["tab"],
});
