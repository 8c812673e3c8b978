/** On a phone. */
import type { Page } from "@playwright/test";
import { ApiClient } from "../support/api-client.ts";
import { expect, test } from "../support/test.ts";
import { unique } from "../support/unique.ts";

test("nothing is cut off or scrolls sideways at 390 pixels, with long words too, and a list can be opened and left", async ({
  openWindow,
}, testInfo) => {
  const api = await ApiClient.as("ada");
  const longWord = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen";
  const list = await api.createList(unique(longWord), [longWord.repeat(3), "Short"]);
  const ada = await openWindow("ada", null, {
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
  });
  const { page } = ada;
  await ada.expectOnline();
  const look = async (name: string) => {
    await expectNoSidewaysScroll(page, name);
    await testInfo.attach(name, { body: await page.screenshot(), contentType: "image/png" });
  };

  await look("the lists");
  await page.getByRole("link", { name: list.name }).tap();
  await expect(page.getByRole("heading", { name: list.name })).toBeVisible();
  await expect(ada.todos).toHaveCount(2);
  await look("a list");
  await ada.newTodo.fill("From the phone");
  await ada.newTodo.press("Enter");
  await expect(ada.todo("From the phone")).toBeVisible();
  await expect(ada.newTodo).toBeInViewport();

  await ada.shareButton.tap();
  await expect(page.getByRole("dialog")).toBeVisible();
  await look("the share dialog");
  await page.getByRole("button", { name: "Close" }).tap();

  await ada.goOffline();
  await look("a list while offline");
  await page.getByRole("button", { name: "All lists" }).tap();
  await expect(page.getByRole("link", { name: list.name })).toBeVisible();
});

async function expectNoSidewaysScroll(page: Page, screen: string): Promise<void> {
  const { content, viewport } = await page.evaluate(() => ({
    content: document.documentElement.scrollWidth,
    viewport: document.documentElement.clientWidth,
  }));
  expect(viewport, screen).toBe(390);
  expect(content, screen).toBeLessThanOrEqual(viewport);
}
