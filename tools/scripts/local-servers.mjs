/** What `npm start` and `npm run preview` share: the worker with its demo people, and the logs. */
import { startSyncServer } from "../../apps/sync/dev-server.mjs";
import { Complaint } from "./complaint.mjs";
import { isStopping } from "./process-group.mjs";

/**
 * Starts the sync worker for an app on `appPort`, and makes the demo people and lists.
 *
 * @param {{
 *   port: number, appPort: number, persistDir: string, watch?: boolean,
 *   onLine?: (line: string) => void,
 * }} options
 */
export async function startSeededSyncServer({ port, appPort, persistDir, watch, onLine }) {
  const server = await startSyncServer({
    port,
    persistDir,
    appOrigins: [`http://localhost:${appPort}`, `http://127.0.0.1:${appPort}`],
    watch,
    onLine,
  });
  const seeded = await fetch(`${server.url}/demo/seed`, { method: "POST" });
  if (!seeded.ok) {
    throw new Complaint(
      `The sync worker did not make the demo people (status ${seeded.status}): ` +
        `${await seeded.text()}\n${server.group.tail()}`,
    );
  }
  return server;
}

/** Throws with the end of its log when a server ends that nobody has stopped. */
export async function complainWhenItEnds(group) {
  const { code, signal } = await group.exited;
  if (isStopping()) return;
  const how = signal ? `was ended by ${signal}` : `ended with code ${code}`;
  throw new Complaint(`Unexpectedly, ${group.name} ${how}. Its log ends with:\n${group.tail()}`);
}

/** The servers' output, hidden until the address is printed: it would bury it. */
export function createOutput() {
  let shown = false;
  return {
    from: (name) => (line) => {
      if (shown && !isStopping()) console.log(`[${name}] ${line}`);
    },
    show: () => {
      shown = true;
    },
  };
}
