/** A reload without a network, and an address without a page. */
import { ApiClient } from "../support/api-client.ts";
import { expect, test } from "../support/test.ts";
import { unique } from "../support/unique.ts";

test("a hard reload without a network shows the app with its data, and what is written then arrives later", async ({
  openWindow,
}) => {
  const api = await ApiClient.as("ada");
  const list = await api.createList(unique("Reload"), ["From the server"]);
  const ada = await openWindow("ada", list);
  await expect(ada.todo("From the server")).toBeVisible();
  await ada.add("From this device");
  await expect.poll(() => api.titlesOf(list.id)).toEqual(["From the server", "From this device"]);

  await ada.expectControlledByServiceWorker();
  await ada.cutNetwork();
  const reloaded = await ada.page.reload();
  expect(reloaded?.fromServiceWorker()).toBe(true);
  await expect(ada.page.getByRole("heading", { name: list.name })).toBeVisible();
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
