/** What the browser is told about a page, and what it has found against that. */
import { expect } from "@playwright/test";
import type { Page } from "@playwright/test";

/** Opens an address, and checks the headers with which it comes. */
export async function expectSecurityHeaders(page: Page, path: string): Promise<void> {
  const response = await page.goto(path);
  const headers = response?.headers() ?? {};
  const policy = new Map(
    (headers["content-security-policy"] ?? "").split(";").map((directive) => {
      const [name = "", ...sources] = directive.trim().split(" ");
      return [name, sources];
    }),
  );
  expect(policy.get("script-src"), `scripts of ${path}`).toEqual(["'self'"]);
  expect(policy.get("default-src")).toEqual(["'self'"]);
  expect(policy.get("object-src")).toEqual(["'none'"]);
  expect(policy.get("base-uri")).toEqual(["'none'"]);
  expect(policy.get("frame-ancestors")).toEqual(["'none'"]);
  expect(headers).toMatchObject({
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
  });
}

/** Collects what the policy has stopped, from the first page on. */
export async function watchViolations(page: Page): Promise<string[]> {
  const violations: string[] = [];
  await page.exposeFunction("reportViolation", (what: string) => violations.push(what));
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI, sample }) => {
      const report = (window as unknown as { reportViolation: (what: string) => void })
        .reportViolation;
      report(`${effectiveDirective}: ${blockedURI} ${sample}`);
    });
  });
  return violations;
}

/** Puts a script into the page, as an attacker would who got text of theirs into it as HTML. */
export async function injectScript(page: Page): Promise<void> {
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "document.documentElement.dataset.injected = 'yes'";
    document.body.append(script);
    const image = document.createElement("div");
    image.innerHTML = `<img src="/nowhere.png" onerror="document.documentElement.dataset.injected = 'yes'">`;
    document.body.append(image);
  });
}
