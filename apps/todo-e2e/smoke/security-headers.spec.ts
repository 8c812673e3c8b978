/** The headers of Pages, which come from its worker for pages and from a file for what is static. */
import { expect, test } from "@playwright/test";
import { AppWindow } from "../support/app-window.ts";
import { expectSecurityHeaders, injectScript, watchViolations } from "../support/security.ts";

test("every page forbids inline scripts, the app keeps to that, and an injected script does not run", async ({
  page,
}) => {
  const violations = await watchViolations(page);
  const ada = new AppWindow(page, "ada");
  for (const path of ["/no-such-page", "/"]) await expectSecurityHeaders(page, path);
  const script = await page.locator("script[src*='/_next/static/']").first().getAttribute("src");
  const asset = await page.request.get(script ?? "");
  expect(asset.headers()).toMatchObject({ "x-content-type-options": "nosniff" });
  await ada.open();
  await ada.expectSynced();
  expect(violations).toEqual([]);
  await injectScript(page);
  await expect.poll(() => violations.length).toBe(2);
  await expect(page.locator("html")).not.toHaveAttribute("data-injected");
});
