/** The pages come with a policy that lets no foreign script run, and the app keeps to it. */
import { injectScript, expectSecurityHeaders, watchViolations } from "../support/security.ts";
import { expect, test } from "../support/test.ts";

test("every page forbids inline scripts, the app opens and syncs without breaking that, and an injected script does not run", async ({
  openWindow,
}) => {
  let violations: string[] = [];
  const ada = await openWindow("ada");
  const { page } = ada;
  violations = await watchViolations(page);
  for (const path of ["/no-such-page", "/"]) await expectSecurityHeaders(page, path);
  const script = await page.locator("script[src*='/_next/static/']").first().getAttribute("src");
  const asset = await page.request.get(script ?? "");
  expect(asset.headers()).toMatchObject({ "x-content-type-options": "nosniff" });
  await ada.expectOnline();
  await ada.expectSynced();
  await ada.expectControlledByServiceWorker();
  expect(violations).toEqual([]);

  await injectScript(page);
  await expect
    .poll(() => violations.map((what) => what.split(":")[0]).sort())
    .toEqual(["script-src-attr", "script-src-elem"]);
  await expect(page.locator("html")).not.toHaveAttribute("data-injected");
});
