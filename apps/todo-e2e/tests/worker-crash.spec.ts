/** The worker dies in the middle of a push. */
import { ApiClient } from "../support/api-client.ts";
import { changesOfTodos, storedTodos } from "../support/database.ts";
import { expect, test } from "../support/test.ts";
import { unique } from "../support/unique.ts";

const ATTEMPTS = 5;
const ADDS_PER_ATTEMPT = 4;
/** From before the worker has read the request until after it has answered. */
const LATEST_KILL_MS = 60;

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
  const expected: string[] = [];

  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const delay = Math.round(Math.random() * LATEST_KILL_MS);
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
      await ada.expectSynced();
      const stored = storedTodos(sync.databaseDir, list.id).map(({ title }) => title);
      expect(stored.sort()).toEqual([...expected].sort());
    });
  }

  await expect.poll(() => ada.titles()).toEqual(expected);
  expect((await api.titlesOf(list.id)).sort()).toEqual([...expected].sort());
  expect(changesOfTodos(sync.databaseDir, list.id)).toHaveLength(expected.length);
});
