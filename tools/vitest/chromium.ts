/** Tells Node tests which Chromium to start by themselves, and how: `inject("chromium")`. */
import type { TestProject } from "vitest/node";
import { chromiumArgs, findChromium } from "../scripts/chromium.mjs";

declare module "vitest" {
  export interface ProvidedContext {
    /** As Playwright takes it. */
    chromium: { readonly args: string[]; readonly executablePath?: string };
  }
}

export default function setup(project: TestProject) {
  const executablePath = findChromium();
  project.provide("chromium", { args: chromiumArgs, ...(executablePath && { executablePath }) });
}
