/** The browser dies right after a change was made. */
import type { Page } from "@playwright/test";
import { ApiClient } from "../support/api-client.ts";
import { storedTodos } from "../support/database.ts";
import { DurableBrowser } from "../support/durable-browser.ts";
import { waitUntilStored } from "../support/local-data.ts";
import { expect, test } from "../support/test.ts";
import { TodoPage } from "../support/todo-page.ts";
import { unique } from "../support/unique.ts";

const deaths = [
  { name: "its page crashes", die: (_: DurableBrowser, page: Page) => crash(page) },
  { name: "the browser is killed", die: (browser: DurableBrowser) => browser.kill() },
];

for (const { name, die } of deaths) {
  test(`a change that is durable on the device is there after ${name} at that moment, and reaches the server`, async ({
    sync,
  }) => {
    const api = await ApiClient.as("ada");
    const list = await api.createList(unique("Crash test"), ["Kept"]);
    const browser = await DurableBrowser.create();
    try {
      const page = await browser.openPage();
      const ada = new TodoPage(page, "ada");
      await ada.open(list);
      await expect(ada.todo("Kept")).toBeVisible();
      await ada.expectSynced();
      // The worker is not to learn of it before the crash.
      await ada.goOffline();
      const title = unique("Written at the last moment");
      await ada.newTodo.fill(title);
      await ada.newTodo.press("Enter");
      await waitUntilStored(page, title);
      await die(browser, page);
      expect(storedTodos(sync.databaseDir, list.id).map((todo) => todo.title)).toEqual(["Kept"]);

      // The offline switch belongs to the window that is gone: the new one is online.
      const again = new TodoPage(await browser.openPage(), "ada");
      await again.open(list);
      await expect(again.todo(title)).toBeVisible();
      await again.expectSynced();
      await expect
        .poll(() => storedTodos(sync.databaseDir, list.id).map((todo) => todo.title))
        .toEqual(["Kept", title]);
    } finally {
      await browser.dispose();
    }
  });
}

/** Ends the page's process, as the browser does when it runs out of memory. */
async function crash(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const crashed = new Promise((resolve) => page.once("crash", resolve));
  // It answers to nobody any more.
  void session.send("Page.crash").catch(() => undefined);
  await crashed;
}
