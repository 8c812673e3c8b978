/** The tests' own `test`: with the worker, and with windows for people. */
import { expect, test as base } from "@playwright/test";
import type { BrowserContextOptions, Page } from "@playwright/test";
import type { TestList } from "./api-client.ts";
import type { Person } from "./person.ts";
import { SyncWorker } from "./sync-worker.ts";
import { TodoPage } from "./todo-page.ts";

export interface WindowOptions extends BrowserContextOptions {
  /** Runs before the page opens the app. */
  readonly prepare?: (page: Page) => Promise<void> | void;
}

type OpenWindow = (
  person: Person,
  list?: TestList | null,
  options?: WindowOptions,
) => Promise<TodoPage>;

export const test = base.extend<{ openWindow: OpenWindow }, { sync: SyncWorker }>({
  sync: [
    async ({}, use) => {
      const worker = await SyncWorker.start();
      await use(worker);
      await worker.dispose();
    },
    { scope: "worker", timeout: 90_000 },
  ],

  /** A window in a browser of its own, so that it shares nothing with the other windows. */
  openWindow: async ({ browser, sync }, use, testInfo) => {
    const pageErrors: string[] = [];
    const contexts: { close(): Promise<void> }[] = [];
    await use(async (person, list, { prepare, ...contextOptions } = {}) => {
      const context = await browser.newContext(contextOptions);
      contexts.push(context);
      const page = await context.newPage();
      page.on("pageerror", (error) =>
        pageErrors.push(`${person}: ${error.stack ?? error.message}`),
      );
      await prepare?.(page);
      const window = new TodoPage(page, person);
      await window.open(list);
      return window;
    });
    await Promise.all(contexts.map((context) => context.close()));
    if (testInfo.status !== testInfo.expectedStatus) {
      await testInfo.attach("worker log", { body: sync.output, contentType: "text/plain" });
    }
    expect(pageErrors, "no error went uncaught in any window").toEqual([]);
  },
});

export { expect } from "@playwright/test";
