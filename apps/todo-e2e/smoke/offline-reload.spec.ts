/** The production build, as Pages serves it. */
import { expect, test } from "@playwright/test";
import { ApiClient } from "../support/api-client.ts";
import { TodoPage } from "../support/todo-page.ts";
import { unique } from "../support/unique.ts";

test("the preview syncs, and a hard reload without a network shows the app with its data", async ({
  page,
}) => {
  const api = await ApiClient.as("ada");
  const list = await api.createList(unique("Preview"), ["From the server"]);
  const ada = new TodoPage(page, "ada");
  await ada.open(list);
  await expect(ada.todo("From the server")).toBeVisible();
  await ada.add("From this device");
  await expect.poll(() => api.titlesOf(list.id)).toEqual(["From the server", "From this device"]);

  await ada.expectControlledByServiceWorker();
  await ada.cutNetwork();
  const reloaded = await page.reload();
  expect(reloaded?.fromServiceWorker()).toBe(true);
  await expect(page.getByRole("heading", { name: list.name })).toBeVisible();
  await expect.poll(() => ada.titles()).toEqual(["From the server", "From this device"]);

  await ada.add("Written offline");
  await ada.restoreNetwork();
  await ada.expectSynced();
  await expect
    .poll(() => api.titlesOf(list.id))
    .toEqual(["From the server", "From this device", "Written offline"]);
});

test("an address that nobody knows says so, and leads back", async ({ page }) => {
  const response = await page.goto("/no-such-page");
  expect(response?.status()).toBe(404);
  await page
    .getByRole("link", { name: /start page/i })
    .first()
    .click();
  await expect(page).toHaveURL((url) => url.pathname === "/");
});
