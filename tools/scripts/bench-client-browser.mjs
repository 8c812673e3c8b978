/**
 * One library's turn in one round of the client benchmark: a new browser profile on disk, and a new page for each step. For
 * the cold start the browser is a new one as well, on the same profile: whoever opens an app in the morning has one.
 */
import { createServer } from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { chromiumArgs, ensureChromium } from "./chromium.mjs";

const DATABASE = "bench";

/** How often a cold start is measured a round: it takes a new browser, whose first moments differ. */
const COLD_STARTS = 3;

/** No step may hold up the run for longer. What a page can tell of itself, it gives up sooner. */
const STEP_LIMIT_MS = 300_000;

/**
 * @returns the figures by work, how many results were found right, and by work the reasons of what has no figure: `without`
 * where the library has nothing of the kind, `failures` where it was wrong or too slow.
 */
export async function measureRound(adapter, what) {
  try {
    return await measureOnce(adapter, what);
  } catch (error) {
    // A browser that something else has ended says nothing about the library.
    if (!/has been closed|crashed/.test(error.message)) throw error;
    return await measureOnce(adapter, what);
  }
}

async function measureOnce(adapter, { size, work: wanted }) {
  const server = await serve(adapter.script);
  try {
    return await withBrowser(server.url, async (browser) => {
      const plan = await inNewPage(browser, (page) => page.evaluate("plan"));
      const without = Object.fromEntries(
        Object.entries(plan.without ?? {}).filter(([name]) => wanted.includes(name)),
      );
      const work = wanted.filter((name) => !(name in without));
      return await runSteps(browser, { plan, url: server.url, size, work, without });
    });
  } finally {
    await server.close();
  }
}

async function runSteps(browser, { plan, url, size, work, without }) {
  const round = { figures: {}, checked: 0, without, failures: {} };
  const run = async (step, { on = browser, ...more } = {}) => {
    const input = { step, name: DATABASE, size, work, ...more };
    const result = await inNewPage(on, (page) => evaluate(page, input));
    for (const [name, values] of Object.entries(result.figures)) {
      if (!work.some((wanted) => name.startsWith(wanted))) continue;
      round.figures[name] = [...(round.figures[name] ?? []), ...values];
    }
    Object.assign(round.failures, result.failures);
    round.checked += result.checked;
    return result;
  };
  const attempt = async (name, measure) => {
    if (!work.includes(name)) return;
    try {
      await measure();
    } catch (error) {
      round.failures[name] = error.message.split("\n")[0];
    }
  };
  const startCold = async (on) => {
    for (let times = 0; times < COLD_STARTS; times++) {
      await on.restart();
      await run("cold-query", { on });
    }
  };
  await run("load");
  await run("verify");
  await attempt("W2", async () => {
    if (!plan.ownColdLayout) return startCold(browser);
    await withBrowser(url, async (on) => {
      await run("load-for-cold-query", { on });
      await startCold(on);
    });
  });
  await attempt("W6", async () => {
    round.figures.W6 = [await inNewPage(browser, (page) => heapOf(page, { size, work }))];
  });
  await runChanges(run, { work, round });
  return round;
}

/** Hands a browser with a new profile on, which can be started anew on the same profile. */
async function withBrowser(url, work) {
  const profile = mkdtempSync(join(tmpdir(), "plasma-bench-"));
  const launch = () =>
    chromium.launchPersistentContext(profile, {
      executablePath: ensureChromium(console.error),
      headless: true,
      args: chromiumArgs,
    });
  let context = await launch();
  const browser = {
    async newPage() {
      const page = await context.newPage();
      // What a library complains of is worth seeing.
      page.on("pageerror", (error) => console.error(error.message));
      await page.goto(url);
      await page.waitForFunction("globalThis.runStep !== undefined");
      return page;
    },
    async restart() {
      await context.close();
      context = await launch();
    },
  };
  try {
    return await work(browser);
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * A page for what becomes durable, and another one after each failure. The pull comes last, in a page of its own: what it
 * leaves pending, or has done by half when it is given up, is not in the way of the check of the others.
 */
async function runChanges(run, { work, round }) {
  let changes = [];
  for (const part of [/^W[34]/, /^W5/]) {
    let left = work.filter((name) => part.test(name));
    if (left.length === 0) continue;
    while (left.length > 0) {
      const result = await run("changes", { work: left, changes });
      left = left.filter((name) => !result.done.includes(name));
      changes = result.changes;
    }
    if ("W5" in round.failures) return;
    await run("verify", { changes }).catch((error) => {
      if (!part.test("W5")) throw error;
      round.failures.W5 = `after a reload, ${error.message.split("\n")[0]}`;
      for (const name of Object.keys(round.figures)) {
        if (part.test(name)) delete round.figures[name];
      }
    });
  }
}

async function heapOf(page, { size, work }) {
  await evaluate(page, { step: "heap", name: DATABASE, size, work });
  const session = await page.context().newCDPSession(page);
  for (let times = 0; times < 3; times++) await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  return usedSize / 1_000_000;
}

async function inNewPage(browser, work) {
  const page = await browser.newPage();
  try {
    return await work(page);
  } finally {
    await page.close();
  }
}

async function evaluate(page, step) {
  let timer;
  const late = new Promise((_, reject) => {
    const message = `No answer in ${STEP_LIMIT_MS / 1000} s (${step.step} ${step.work.join(", ")})`;
    timer = setTimeout(() => reject(new Error(message)), STEP_LIMIT_MS);
  });
  try {
    return await Promise.race([page.evaluate((input) => globalThis.runStep(input), step), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Isolated from other origins, because only then a page's clock is precise to 5 microseconds. */
async function serve(script) {
  const headers = {
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "cache-control": "no-store",
  };
  const server = createServer((request, response) => {
    const isScript = request.url === "/page.js";
    const type = isScript ? "text/javascript" : "text/html";
    response.writeHead(200, { ...headers, "content-type": `${type}; charset=utf-8` });
    response.end(
      isScript ? script : '<!doctype html><script type="module" src="/page.js"></script>',
    );
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
