/** The real sync worker, on data of its own, to be stopped, killed and started again by tests. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "@playwright/test";
import { startSyncServer } from "@plasma-starter/sync/dev-server";
import { isPortFree } from "../../../tools/scripts/ports.mjs";
import { addresses, portOf } from "./addresses.ts";

type Running = Awaited<ReturnType<typeof startSyncServer>>;

export class SyncWorker {
  readonly url = addresses().syncUrl;
  private readonly persistDir: string;
  private running: Running | undefined;
  private readonly log: string[] = [];

  private constructor(persistDir: string) {
    this.persistDir = persistDir;
  }

  static async start(): Promise<SyncWorker> {
    const worker = new SyncWorker(await mkdtemp(join(tmpdir(), "plasma-e2e-")));
    await worker.start();
    const seeded = await fetch(`${worker.url}/demo/seed`, { method: "POST" });
    if (!seeded.ok) throw new Error(`No demo people: ${seeded.status} ${await seeded.text()}`);
    return worker;
  }

  /** Starts it again on the same data. */
  async start(): Promise<void> {
    const { appUrl } = addresses();
    // What was killed a moment ago may still be going, and have the port until then.
    await expect.poll(() => isPortFree(portOf(this.url))).toBe(true);
    this.running = await startSyncServer({
      port: portOf(this.url),
      persistDir: this.persistDir,
      appOrigins: [appUrl],
      onLine: (line) => this.log.push(line),
    });
  }

  /** SIGKILL for it and for everything it has started, in the middle of whatever it does. */
  async kill(): Promise<void> {
    await this.running?.kill();
    this.running = undefined;
  }

  /** Ends it, and forgets its data. */
  async dispose(): Promise<void> {
    await this.running?.stop();
    await rm(this.persistDir, { recursive: true, force: true });
  }

  /** Where D1 keeps its databases. */
  get databaseDir(): string {
    return join(this.persistDir, "d1");
  }

  /** What the worker has printed, for the report of a test that failed. */
  get output(): string {
    return this.log.join("\n");
  }
}
