/** One of several tabs of the same person in one browser: it can be frozen, thawed and closed. */
import type { BrowserContext, CDPSession, Page } from "@playwright/test";
import type { TodoPage } from "./todo-page.ts";

export class Tab {
  readonly window: TodoPage;
  #freezer: CDPSession | undefined;

  constructor(window: TodoPage) {
    this.window = window;
  }

  /** A page of which one can make a tab. */
  static async openPage(context: BrowserContext): Promise<Page> {
    const page = await context.newPage();
    await page.addInitScript(countTransactions);
    return page;
  }

  get isFrozen(): boolean {
    return this.#freezer !== undefined;
  }

  /**
   * Its timers, answers and messages stand still and its locks stay, as in a tab that the browser froze in the
   * background. A headless browser has no background, so it is the debugger that stops it. As browsers do, it spares
   * a tab that is in a transaction of IndexedDB: all others would wait for that one.
   */
  async freeze(): Promise<void> {
    const { page } = this.window;
    this.#freezer = await page.context().newCDPSession(page);
    await this.#freezer.send("Debugger.enable");
    const paused = new Promise((resolve) => this.#freezer?.once("Debugger.paused", resolve));
    // Not answered before the tab thaws.
    void this.#freezer
      .send("Runtime.evaluate", { expression: `(${stopOutsideTransactions.toString()})()` })
      .catch(() => undefined);
    await paused;
  }

  async thaw(): Promise<void> {
    await this.#freezer?.send("Debugger.disable");
    await this.#freezer?.detach();
    this.#freezer = undefined;
  }

  async close(): Promise<void> {
    await this.window.page.close();
  }
}

interface Counted {
  openTransactions: number;
}

/** Runs in the page, before the app. */
function countTransactions(): void {
  const counted = globalThis as unknown as Counted;
  counted.openTransactions = 0;
  const { transaction } = IDBDatabase.prototype;
  IDBDatabase.prototype.transaction = function (...args) {
    const opened = transaction.apply(this, args);
    counted.openTransactions += 1;
    for (const end of ["complete", "abort"]) {
      opened.addEventListener(end, () => (counted.openTransactions -= 1));
    }
    return opened;
  };
}

/** Runs in the page. */
function stopOutsideTransactions(): void {
  if ((globalThis as unknown as Counted).openTransactions > 0) {
    setTimeout(stopOutsideTransactions, 0);
  } else {
    // eslint-disable-next-line no-debugger
    debugger;
  }
}
