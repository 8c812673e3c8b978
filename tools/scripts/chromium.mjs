/**
 * Finds a Chromium to test with, and says with which flags it starts.
 *
 * The tests drive whichever Chromium the machine has. Playwright's own build is only one of the
 * places looked at, because it cannot be downloaded everywhere.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { Complaint } from "./complaint.mjs";

const NAMES_ON_PATH = [
  "chromium",
  "chromium-browser",
  "google-chrome-stable",
  "google-chrome",
  "chrome",
  "microsoft-edge-stable",
  "microsoft-edge",
];

/** Flags that keep Chromium off the network and working as root, in containers and without a GPU. */
export const chromiumArgs = [
  "--no-sandbox",
  "--disable-background-networking",
  "--disable-quic",
  "--no-first-run",
  "--disable-component-update",
  "--disable-sync",
  "--disable-gpu",
  "--disable-dev-shm-usage",
];

/** @returns {string | undefined} the path of a Chromium-like browser, or nothing. */
export function findChromium(env = process.env) {
  const chosen = env.PLASMA_CHROMIUM;
  if (chosen) {
    if (isExecutable(chosen)) return chosen;
    throw new Complaint(`PLASMA_CHROMIUM names ${chosen}, which is not a program that can be run.`);
  }
  return candidates(env).find(isExecutable);
}

/** Finds a Chromium or installs one; throws a sentence saying what to do when neither works. */
export function ensureChromium(log = console.log) {
  const found = findChromium();
  if (found) return found;
  if (isDebianRoot()) {
    log("No Chromium found: installing Debian's package.");
    run("apt-get", ["update", "-qq"]);
    run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium"]);
  } else {
    log("No Chromium found: asking Playwright to download one.");
    run("npx", ["--no-install", "playwright", "install", "chromium"]);
  }
  const installed = findChromium();
  if (installed) return installed;
  throw new Complaint(
    "The browser tests need Chromium, and it could not be installed. " +
      "Install Chromium or Chrome, or set PLASMA_CHROMIUM to the path of one.",
  );
}

function candidates(env) {
  const onPath = (env.PATH ?? "")
    .split(delimiter)
    .filter(Boolean)
    .flatMap((dir) => NAMES_ON_PATH.map((name) => join(dir, name)));
  return [...onPath, ...wellKnownPlaces(env), ...playwrightBuilds(env)];
}

function wellKnownPlaces(env) {
  if (process.platform === "darwin") {
    return [
      "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
      "/Applications/Chromium.app/Contents/MacOS/Chromium",
      "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    ];
  }
  if (process.platform === "win32") {
    const roots = [env.PROGRAMFILES, env["PROGRAMFILES(X86)"], env.LOCALAPPDATA].filter(Boolean);
    return roots.flatMap((root) => [
      join(root, "Google", "Chrome", "Application", "chrome.exe"),
      join(root, "Chromium", "Application", "chrome.exe"),
      join(root, "Microsoft", "Edge", "Application", "msedge.exe"),
    ]);
  }
  return ["/snap/bin/chromium"];
}

/** Playwright's own cache, the newest build first. */
function playwrightBuilds(env) {
  const cache = env.PLAYWRIGHT_BROWSERS_PATH || defaultPlaywrightCache(env);
  if (!existsSync(cache)) return [];
  const inside = {
    darwin: [
      "chrome-mac/Chromium.app/Contents/MacOS/Chromium",
      "chrome-mac-arm64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing",
      "chrome-mac-x64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing",
    ],
    win32: ["chrome-win/chrome.exe", "chrome-win64/chrome.exe"],
  }[process.platform] ?? ["chrome-linux/chrome", "chrome-linux64/chrome"];
  return readdirSync(cache)
    .filter((name) => /^chromium-\d+$/.test(name))
    .sort((a, b) => Number(b.slice(9)) - Number(a.slice(9)))
    .flatMap((name) => inside.map((path) => join(cache, name, path)));
}

function defaultPlaywrightCache(env) {
  if (process.platform === "darwin") return join(homedir(), "Library", "Caches", "ms-playwright");
  if (process.platform === "win32") return join(env.LOCALAPPDATA ?? homedir(), "ms-playwright");
  return join(homedir(), ".cache", "ms-playwright");
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function isDebianRoot() {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  try {
    execFileSync("apt-get", ["--version"], { stdio: "ignore" });
    return existsSync("/etc/debian_version");
  } catch {
    return false;
  }
}

/** Runs an installer with its output shown; its failure shows when no browser is found after it. */
function run(command, args) {
  spawnSync(command, args, {
    stdio: "inherit",
    shell: process.platform === "win32",
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
}
