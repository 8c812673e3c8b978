/** Which browser the tests drive, and how it starts. */
import { chromiumArgs, findChromium } from "../../../tools/scripts/chromium.mjs";
import type { LaunchOptions } from "@playwright/test";

/** Chromium refuses to run its sandbox as root, which is who one is in most containers. */
const NEEDS_ROOT = new Set(["--no-sandbox"]);

export function chromiumOptions(): LaunchOptions {
  const isRoot = process.getuid?.() === 0;
  const executablePath = findChromium();
  return {
    args: chromiumArgs.filter((arg) => isRoot || !NEEDS_ROOT.has(arg)),
    // Without a Chromium on this machine Playwright tries its own, and says how to get it.
    ...(executablePath ? { executablePath } : {}),
  };
}
