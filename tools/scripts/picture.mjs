/**
 * Draws the picture of the README, in light and in dark: the app in two windows, of two people.
 *
 *   node tools/scripts/picture.mjs    writes docs/two-windows-light.png and docs/two-windows-dark.png
 *
 * It is the build for Cloudflare Pages with the real worker, on fresh data: what one sees is what one gets.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright";
import { buildPages } from "../pages/build.mjs";
import { servePages } from "../pages/serve.mjs";
import { chromiumArgs, ensureChromium } from "./chromium.mjs";
import { Complaint, runMain } from "./complaint.mjs";
import { startSeededSyncServer } from "./local-servers.mjs";
import { anyFreePort } from "./ports.mjs";
import { endGroupsOnSignal, stopAllGroups } from "./process-group.mjs";
import { ensureInstalled, repoRoot } from "./setup.mjs";

const WINDOW = { width: 600, height: 720 };
const TITLES = ["Ada", "Grace, on a train without a network"];
const MARGIN = 20;
const TITLE_BAR = 34;
const MAX_BYTES = 200_000;
/** The demo's, of Ada and Grace. */
const SHARED_LIST = "demo-trip";

await runMain(async () => {
  ensureInstalled();
  endGroupsOnSignal();
  const persistDir = mkdtempSync(join(tmpdir(), "plasma-picture-"));
  try {
    await draw(persistDir);
  } finally {
    await stopAllGroups();
    rmSync(persistDir, { recursive: true, force: true });
  }
});

async function draw(persistDir) {
  const [appPort, port] = [await anyFreePort(), await anyFreePort()];
  await buildPages({ syncUrl: `http://localhost:${port}` });
  await startSeededSyncServer({ port, appPort, persistDir });
  const { url } = await servePages({ port: appPort });
  const browser = await chromium.launch({ executablePath: ensureChromium(), args: chromiumArgs });
  const ada = await openWindow(browser, url, "ada");
  const grace = await openWindow(browser, url, "grace");
  await act(ada, grace);
  for (const theme of ["light", "dark"]) {
    const shots = [];
    for (const page of [ada, grace]) {
      await page.emulateMedia({ colorScheme: theme });
      shots.push(await page.screenshot({ animations: "disabled" }));
    }
    const path = join(repoRoot, "docs", `two-windows-${theme}.png`);
    await compose(browser, shots, { theme, path });
    const { length } = readFileSync(path);
    if (length > MAX_BYTES)
      throw new Complaint(`${path} has ${length} bytes: too many for a README.`);
    console.log(`${path} (${Math.round(length / 1000)} kB)`);
  }
  await browser.close();
}

async function openWindow(browser, url, person) {
  const context = await browser.newContext({ viewport: WINDOW });
  const page = await context.newPage();
  await page.goto(`${url}/?${new URLSearchParams({ as: person, list: SHARED_LIST })}`);
  await page.getByRole("status", { name: "Sync status" }).getByText("Online").waitFor();
  return page;
}

/** Both write; Grace does so without a network. */
async function act(ada, grace) {
  await add(ada, "Check the tide times");
  await grace.getByText("Check the tide times").waitFor();
  await grace.getByRole("switch", { name: "Take this window offline" }).click();
  await add(grace, "Bring the binoculars");
  await grace.getByRole("checkbox", { name: "Ask about the ferry" }).click();
  await ada.getByRole("checkbox", { name: "Find a place near the lighthouse" }).click();
  await grace.getByText("2 unsent").waitFor();
  await ada.getByText("synced just now").and(ada.locator(":not(:has-text('unsent'))")).waitFor();
  for (const page of [ada, grace]) {
    await page.mouse.move(0, 0);
    await page.evaluate(() => {
      document.activeElement?.blur();
      scrollTo(0, 0);
    });
  }
}

async function add(page, title) {
  const field = page.getByRole("textbox", { name: "Add a todo" });
  await field.fill(title);
  await field.press("Enter");
  await field.blur();
}

/** Both windows beside each other, on nothing: the README's own background shows between them. */
async function compose(browser, shots, { theme, path }) {
  const context = await browser.newContext({
    viewport: {
      width: 2 * WINDOW.width + 3 * MARGIN,
      height: WINDOW.height + TITLE_BAR + 2 * MARGIN,
    },
  });
  const page = await context.newPage();
  const isDark = theme === "dark";
  const line = isDark ? "#3a3844" : "#d5d2c8";
  await page.setContent(`<!doctype html><style>
    body { margin: 0; display: flex; gap: ${MARGIN}px; padding: ${MARGIN}px; }
    figure { margin: 0; overflow: hidden; border-radius: 12px; outline: 1px solid ${line};
      box-shadow: 0 6px 18px rgb(0 0 0 / ${isDark ? 0.5 : 0.14}); }
    figcaption { box-sizing: border-box; height: ${TITLE_BAR}px; padding: 0 14px; display: flex; gap: 7px;
      align-items: center; font: 13px system-ui, sans-serif; border-bottom: 1px solid ${line};
      background: ${isDark ? "#23222b" : "#eceae4"}; color: ${isDark ? "#b9b7c2" : "#5d5b54"}; }
    i { width: 11px; height: 11px; border-radius: 50%; background: ${line}; }
    b { flex: 1; font-weight: 500; text-align: center; margin-right: 47px; }
    img { display: block; }
  </style>${shots.map((shot, at) => figure(shot, TITLES[at])).join("")}`);
  await page.screenshot({ path, omitBackground: true });
  await context.close();
}

function figure(shot, title) {
  const source = `data:image/png;base64,${shot.toString("base64")}`;
  return `<figure><figcaption><i></i><i></i><i></i><b>${title}</b></figcaption><img src="${source}"></figure>`;
}
