/** One library's turn in one round of the client benchmark: a new browser profile on disk, and a new page for each step. */
import { createServer } from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { chromiumArgs, ensureChromium } from "./chromium.mjs";

const DATABASE = "bench";
const COLD_DATABASE = "bench-cold";

/** @returns the figures by work, and how many results were found right. */
export async function measureRound(adapter, { size, work }) {
  const profile = mkdtempSync(join(tmpdir(), "plasma-bench-"));
  const server = await serve(adapter.script);
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: ensureChromium(console.error),
    headless: true,
    args: chromiumArgs,
  });
  try {
    return await runSteps({ context, url: server.url }, { size, work });
  } finally {
    await context.close();
    await server.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function runSteps(browser, { size, work }) {
  const figures = {};
  let checked = 0;
  const run = async (step, more = {}) => {
    const input = { step, name: DATABASE, size, work, ...more };
    const result = await inNewPage(browser, (page) => evaluate(page, input));
    for (const [name, values] of Object.entries(result.figures)) {
      if (work.some((wanted) => name.startsWith(wanted))) figures[name] = values;
    }
    checked += result.checked;
    return result;
  };
  await run("load");
  await run("verify");
  if (work.includes("W2")) {
    const hasOwn = await inNewPage(browser, (page) => page.evaluate("ownColdLayout"));
    const name = hasOwn ? COLD_DATABASE : DATABASE;
    if (hasOwn) await run("load-for-cold-query", { name });
    await run("cold-query", { name });
  }
  if (work.includes("W6")) {
    figures.W6 = [await inNewPage(browser, (page) => heapOf(page, { size, work }))];
  }
  if (work.some((name) => /^W[345]/.test(name))) {
    const { changes } = await run("changes");
    await run("verify", { changes });
  }
  return { figures, checked };
}

async function heapOf(page, { size, work }) {
  await evaluate(page, { step: "heap", name: DATABASE, size, work });
  const session = await page.context().newCDPSession(page);
  for (let times = 0; times < 3; times++) await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  return usedSize / 1_000_000;
}

async function inNewPage({ context, url }, work) {
  const page = await context.newPage();
  // What a library complains of is worth seeing.
  page.on("pageerror", (error) => console.error(error.message));
  try {
    await page.goto(url);
    await page.waitForFunction("globalThis.runStep !== undefined");
    return await work(page);
  } finally {
    await page.close();
  }
}

function evaluate(page, step) {
  return page.evaluate((input) => globalThis.runStep(input), step);
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
