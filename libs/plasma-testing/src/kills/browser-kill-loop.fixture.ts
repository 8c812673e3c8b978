/** A browser with its profile on disk, in which tabs write without end, and which is killed again and again. */

import { createSyncHandler } from "@sh1n4ps/plasma-server";
import type { SqlExecutor } from "@sh1n4ps/plasma-server";
import { createNodeServer } from "@sh1n4ps/plasma-server/node";
import { build } from "esbuild";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import type { BrowserContext, LaunchOptions, Page } from "playwright-core";
import { mutators, schema } from "./app.fixture.ts";

const TABS = 2;

export interface BrowserKillReport {
  /** The tokens of the mutations that the pages were told are durable. */
  readonly acknowledged: readonly string[];
  /**
   * Those that were not on the server when the browser had thrown all databases away, that of the page's own too. LevelDB
   * does so where one kill has torn the last record of its log, and another one followed before that log was replaced
   * (https://github.com/google/leveldb/issues/1287); nothing in a page can prevent it.
   */
  readonly thrownAway: readonly string[];
  /** The tokens that each tab shows in the end. */
  readonly shown: readonly (readonly string[])[];
}

export async function browserKillLoop(options: {
  readonly executor: SqlExecutor;
  readonly kills: number;
  readonly browser: LaunchOptions;
  /** The databases are removed after the kill of this number, as the browser may do itself. */
  readonly throwsAwayAfter?: number;
}): Promise<BrowserKillReport> {
  const open = () => chromium.launchPersistentContext(profile, options.browser);
  const server = await serve(options.executor);
  const profile = mkdtempSync(join(tmpdir(), "plasma-profile-"));
  const acknowledged: string[] = [];
  const thrownAway = new Set<string>();
  const begin = async (life: string, { page, tab }: { page: Page; tab: number }) => {
    if (tab === 0 && life !== "0" && (await page.evaluate(() => window.tab.isFirst))) {
      const sent = await tokensOn(options.executor);
      for (const token of acknowledged) if (!sent.has(token)) thrownAway.add(token);
    }
    await page.evaluate((prefix) => window.tab.write(prefix), `${life}-${tab}`);
  };
  const openLife = (life: string) =>
    openTabs(context, {
      ...{ server: server.url, acknowledged },
      begin: (opened) => begin(life, opened),
    });
  let context = await open();
  try {
    for (let kill = 0; kill < options.kills; kill++) {
      await openLife(`${kill}`);
      await pause(200 + Math.random() * 600);
      await killBrowser(context);
      if (kill === options.throwsAwayAfter) {
        rmSync(join(profile, "Default/IndexedDB"), { recursive: true });
      }
      context = await open();
    }
    const pages = await openLife("last");
    const shown: (readonly string[])[] = [];
    // The first one stops while the other still writes; what it shows counts once both are through.
    await Promise.all(pages.map((page) => page.evaluate(() => window.tab.settle())));
    for (const page of pages) shown.push(await page.evaluate(() => window.tab.settle()));
    return { acknowledged, thrownAway: [...thrownAway], shown };
  } finally {
    await context.close();
    await server.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function openTabs(
  context: BrowserContext,
  options: {
    readonly server: string;
    readonly acknowledged: string[];
    /** The next tab is opened while this one writes. */
    readonly begin: (opened: { page: Page; tab: number }) => Promise<void>;
  },
): Promise<readonly Page[]> {
  await context.exposeBinding("acknowledged", (_, token: string) => {
    options.acknowledged.push(token);
  });
  const pages: Page[] = [];
  for (let tab = 0; tab < TABS; tab++) {
    const page = await context.newPage();
    // A browser that was killed may not get at its databases at once ("Internal error opening backing store"). The client
    // tries again by itself; should that not do, its error tells people to reload, and that must help.
    await load(page, options.server).catch(() => load(page, options.server));
    await options.begin({ page, tab });
    pages.push(page);
  }
  return pages;
}

/** Resolves when the client of the page has started. */
async function load(page: Page, server: string): Promise<void> {
  const failed = new Promise<never>((_, reject) => page.once("pageerror", reject));
  failed.catch(() => undefined);
  await page.goto(server);
  // Polled, because a page that nobody looks at draws no frames.
  const ready = page.waitForFunction(() => "tab" in window, null, { polling: 100 });
  ready.catch(() => undefined);
  await Promise.race([ready, failed]);
}

async function tokensOn(executor: SqlExecutor): Promise<ReadonlySet<unknown>> {
  const rows = await executor.all({ text: "SELECT id FROM tokens", params: [] });
  return new Set(rows.map(({ id }) => id));
}

/** SIGKILL for the main process, which holds the databases; its children end with it. */
async function killBrowser(context: BrowserContext): Promise<void> {
  const browser = context.browser();
  if (!browser) throw new Error("The browser is not open.");
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const main = processInfo.find(({ type }) => type === "browser");
  if (!main) throw new Error("The browser does not tell its process.");
  const closed = new Promise((resolve) => context.once("close", resolve));
  process.kill(main.id, "SIGKILL");
  await closed;
}

/** Page and sync endpoint, from one address. */
async function serve(
  executor: SqlExecutor,
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const script = await bundledPage();
  const sync = createSyncHandler({
    schema,
    mutators,
    executor,
    schemaVersion: "1",
    auth: ({ headers }) => {
      const userId = headers.get("x-user") ?? "";
      const clientID = headers.get("x-plasma-client-id") ?? "";
      return { ok: true, clientGroupID: userId, clientID, ctx: { userId } };
    },
  });
  const handle = (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/sync/")) return sync(request);
    const type = pathname === "/page.js" ? "text/javascript" : "text/html";
    const body =
      pathname === "/page.js"
        ? script
        : `<!doctype html><title>Kills</title><script type="module" src="/page.js"></script>`;
    return Promise.resolve(new Response(body, { headers: { "content-type": type } }));
  };
  const server = createNodeServer({
    handle,
    onError: (error) => process.stderr.write(`${String(error)}\n`),
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

async function bundledPage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "page.fixture.ts")],
    write: false,
    bundle: true,
    platform: "browser",
    format: "esm",
    logLevel: "error",
  });
  return outputFiles[0]!.text;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
