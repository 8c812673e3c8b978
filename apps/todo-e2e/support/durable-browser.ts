/** A browser that keeps its profile on disk, so that it can be killed and opened again. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "@playwright/test";
import type { BrowserContext, Page } from "@playwright/test";
import { addresses } from "./addresses.ts";
import { chromiumOptions } from "./chromium-options.ts";

export class DurableBrowser {
  private readonly profileDir: string;
  private context: BrowserContext | undefined;

  private constructor(profileDir: string) {
    this.profileDir = profileDir;
  }

  static async create(): Promise<DurableBrowser> {
    return new DurableBrowser(await mkdtemp(join(tmpdir(), "plasma-profile-")));
  }

  async openPage(): Promise<Page> {
    this.context ??= await chromium.launchPersistentContext(this.profileDir, {
      ...chromiumOptions(),
      baseURL: addresses().appUrl,
    });
    return await this.context.newPage();
  }

  /** SIGKILL for the browser's main process, which holds its databases; its children end with it. */
  async kill(): Promise<void> {
    const { context } = this;
    const browser = context?.browser();
    if (!context || !browser) throw new Error("The browser is not open.");
    const session = await browser.newBrowserCDPSession();
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    const main = processInfo.find(({ type }) => type === "browser");
    if (!main) throw new Error("The browser does not tell its process.");
    const closed = new Promise((resolve) => context.once("close", resolve));
    process.kill(main.id, "SIGKILL");
    await closed;
    this.context = undefined;
  }

  async dispose(): Promise<void> {
    await this.context?.close();
    await rm(this.profileDir, { recursive: true, force: true, maxRetries: 5 });
  }
}
