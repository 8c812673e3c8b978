/** One of two people edits offline. */
import { ApiClient } from "../support/api-client.ts";
import { storedOutcomes, storedTodos } from "../support/database.ts";
import { expect, test } from "../support/test.ts";
import { unique } from "../support/unique.ts";

const ADDED = Array.from({ length: 12 }, (_, index) => `Ada offline ${index + 1}`);

test("20 offline edits survive a hard reload without a network, meet the other's edits, and each takes effect once", async ({
  openWindow,
  sync,
}) => {
  const api = await ApiClient.as("ada");
  const before = ["Tents", "Stove", "Lamp", "Map", "Rope"];
  const list = await api.createList(unique("Camping"), before);
  await api.share(list, "grace");
  const ada = await openWindow("ada", list);
  const grace = await openWindow("grace", list);
  await expect(ada.todos).toHaveCount(before.length);
  await expect(grace.todos).toHaveCount(before.length);
  await ada.expectControlledByServiceWorker();

  const ranBefore = new Set(storedOutcomes(sync.databaseDir).map(({ uid }) => uid));
  await ada.goOffline();
  await ada.cutNetwork();
  for (const title of ADDED) await ada.add(title);
  await ada.tickOff("Tents");
  await ada.tickOff("Ada offline 1");
  await ada.rename("Stove", "Gas stove");
  await ada.rename("Lamp", "Head lamp");
  await ada.rename("Ada offline 2", "Ada offline two");
  await ada.delete("Rope");
  await ada.delete("Ada offline 3");
  await ada.delete("Ada offline 4");
  await expect(ada.syncStatus).toContainText("20 unsent");

  const reloaded = await ada.page.reload();
  expect(reloaded?.fromServiceWorker()).toBe(true);

  await expect(ada.syncStatus).toContainText("20 unsent");
  const adasOwn = ADDED.filter((title) => !/ [34]$/.test(title)).map((title) =>
    title.replace(/ 2$/, " two"),
  );
  const adasView = ["Tents", "Gas stove", "Head lamp", "Map", ...adasOwn];
  await expect.poll(() => ada.titles()).toEqual(adasView);

  await grace.add("Grace meanwhile 1");
  await grace.add("Grace meanwhile 2");
  await grace.rename("Map", "Paper map");
  await grace.tickOff("Lamp");
  await grace.expectSynced();
  // Ada hears of none of it.
  await expect.poll(() => ada.titles()).toEqual(adasView);

  await ada.restoreNetwork();
  await ada.goOnline();
  await ada.expectSynced();

  const expected = [
    ...["Tents", "Gas stove", "Head lamp", "Paper map"],
    ...adasOwn,
    ...["Grace meanwhile 1", "Grace meanwhile 2"],
  ].sort();
  const done = ["Ada offline 1", "Head lamp", "Tents"];
  await expect.poll(async () => (await ada.titles()).sort()).toEqual(expected);
  await expect.poll(async () => (await grace.titles()).sort()).toEqual(expected);
  expect(await ada.titles()).toEqual(await grace.titles());
  await expect.poll(async () => (await ada.doneTitles()).sort()).toEqual(done);
  await expect.poll(async () => (await grace.doneTitles()).sort()).toEqual(done);

  const stored = storedTodos(sync.databaseDir, list.id);
  expect(stored.map(({ title }) => title).sort()).toEqual(expected);
  expect(
    stored
      .filter((todo) => todo.done)
      .map(({ title }) => title)
      .sort(),
  ).toEqual(done);
  expect((await (await ApiClient.as("grace")).titlesOf(list.id)).sort()).toEqual(expected);

  // Setting a title twice cannot be told from setting it once by looking at the rows; the outcomes can.
  const outcomes = storedOutcomes(sync.databaseDir).filter(({ uid }) => !ranBefore.has(uid));
  const madeByAda = 20;
  const madeByGrace = 4;
  expect(outcomes).toHaveLength(madeByAda + madeByGrace);
  expect(outcomes.every(({ status }) => status === "ok")).toBe(true);
  expect(new Set(outcomes.map(({ uid }) => uid)).size).toBe(outcomes.length);
});
