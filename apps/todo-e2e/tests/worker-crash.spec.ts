/** The worker dies in the middle of a push. */
import { ApiClient } from "../support/api-client.ts";
import { storedOutcomes, storedTodos } from "../support/database.ts";
import { expect, test } from "../support/test.ts";
import { unique } from "../support/unique.ts";

const ATTEMPTS = 5;
const ADDS_PER_ATTEMPT = 4;
/** From before the worker has read the request until it has answered, on a slow machine too. */
const LATEST_KILL_MS = 150;

test(`nothing is lost or doubled when the worker is killed ${ATTEMPTS} times with a push in flight`, async ({
  openWindow,
  sync,
}) => {
  // Each round waits for a start of the worker, and for the client to try again.
  test.setTimeout(240_000);
  const api = await ApiClient.as("ada");
  const list = await api.createList(unique("Crash course"));
  const ada = await openWindow("ada", list);
  await ada.expectSynced();
  const ranBefore = storedOutcomes(sync.databaseDir).length;
  const expected: string[] = [];

  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    // Each attempt draws from its own part of the time, so that no run misses the one or the other.
    const delay = Math.round(((attempt - Math.random()) / ATTEMPTS) * LATEST_KILL_MS);
    const killed = ada.page
      .waitForRequest((request) => request.url().endsWith("/sync/push"))
      .then(() => new Promise((resolve) => setTimeout(resolve, delay)))
      .then(() => sync.kill());
    await test.step(`kill ${attempt}, ${delay} ms after a push began`, async () => {
      for (let add = 1; add <= ADDS_PER_ATTEMPT; add += 1) {
        const title = `Todo ${attempt}.${add}`;
        await ada.add(title);
        expected.push(title);
      }
      await killed;
      await sync.start();
      // Left alone the client comes back by itself; after a few deaths in a row it takes its time.
      if (attempt > 1) await ada.sayNetworkIsBack();
      await ada.expectSynced();
      const stored = storedTodos(sync.databaseDir, list.id).map(({ title }) => title);
      expect(stored.sort()).toEqual([...expected].sort());
    });
  }

  await expect.poll(() => ada.titles()).toEqual(expected);
  expect((await api.titlesOf(list.id)).sort()).toEqual([...expected].sort());
  expect(storedOutcomes(sync.databaseDir)).toHaveLength(ranBefore + expected.length);
});
