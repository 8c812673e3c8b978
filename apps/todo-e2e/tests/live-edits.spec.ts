/** Two people edit one list, both online. */
import { ApiClient } from "../support/api-client.ts";
import { expect, test } from "../support/test.ts";
import { Traffic } from "../support/traffic.ts";
import { unique } from "../support/unique.ts";

test("what Ada adds shows in Grace's window through the socket, while no timer of hers can fire", async ({
  openWindow,
}) => {
  const api = await ApiClient.as("ada");
  const list = await api.createList(unique("Groceries"));
  await api.share(list, "grace");
  const ada = await openWindow("ada", list);
  let traffic: Traffic | undefined;
  const grace = await openWindow("grace", list, {
    prepare: async (page) => {
      traffic = Traffic.of(page);
      await page.clock.install();
    },
  });
  await ada.expectOnline();
  await grace.expectOnline();
  await expect.poll(() => traffic?.sockets).toBe(1);

  // From here on Grace's window polls no more, because its clock stands still.
  await grace.page.clock.pauseAt(Date.now() + 60_000);
  const before = Date.now();
  const title = unique("Milk");
  await ada.add(title);

  await expect(grace.todo(title)).toBeVisible();
  expect(traffic?.pokesSince(before).length).toBeGreaterThan(0);
});

test("each sees what the other adds, ticks off, renames and deletes, without a reload", async ({
  openWindow,
}) => {
  const api = await ApiClient.as("ada");
  const list = await api.createList(unique("Garden"), ["Water the tomatoes", "Mow", "Rake"]);
  await api.share(list, "grace");
  const ada = await openWindow("ada", list);
  const grace = await openWindow("grace", list);

  await grace.add("Plant the beans");
  await expect(ada.todo("Plant the beans")).toBeVisible();
  await ada.tickOff("Mow");
  await expect(grace.checkbox("Mow")).toBeChecked();
  await grace.rename("Rake", "Rake the leaves");
  await expect(ada.todo("Rake the leaves")).toBeVisible();
  await ada.delete("Water the tomatoes");
  await expect(grace.todo("Water the tomatoes")).toHaveCount(0);

  const expected = ["Mow", "Rake the leaves", "Plant the beans"];
  await expect.poll(() => ada.titles()).toEqual(expected);
  await expect.poll(() => grace.titles()).toEqual(expected);
});
