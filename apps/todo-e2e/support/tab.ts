/** One of several tabs of the same person in one browser: it can be frozen, thawed and closed. */
import type { CDPSession } from "@playwright/test";
import type { TodoPage } from "./todo-page.ts";

export class Tab {
  readonly window: TodoPage;
  #freezer: CDPSession | undefined;

  constructor(window: TodoPage) {
    this.window = window;
  }

  get isFrozen(): boolean {
    return this.#freezer !== undefined;
  }

  /**
   * Its timers, answers and messages stand still and its locks stay, as in a tab that the browser froze in the
   * background. A headless browser has no background, so it is the debugger that stops it.
   */
  async freeze(): Promise<void> {
    const { page } = this.window;
    this.#freezer = await page.context().newCDPSession(page);
    await this.#freezer.send("Debugger.enable");
    const paused = new Promise((resolve) => this.#freezer?.once("Debugger.paused", resolve));
    await this.#freezer.send("Debugger.pause");
    // It stops at the next statement that it comes to: this one, which is not answered before the tab thaws.
    void this.#freezer.send("Runtime.evaluate", { expression: "0" }).catch(() => undefined);
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
