/** A stranger to a list learns nothing of it. */
import { ApiClient } from "../support/api-client.ts";
import { everythingStored } from "../support/local-data.ts";
import { expect, test } from "../support/test.ts";
import { Traffic } from "../support/traffic.ts";
import { unique } from "../support/unique.ts";

test("no byte of a list that Ada and Grace share reaches Linus: not its rows, their ids, or that it changes", async ({
  openWindow,
}) => {
  const api = await ApiClient.as("ada");
  const canaries = {
    list: unique("canary-list"),
    before: unique("canary-before"),
    whileOpen: unique("canary-while-open"),
    renamed: unique("canary-renamed"),
  };
  const list = await api.createList(canaries.list, [canaries.before]);
  await api.share(list, "grace");
  const own = await (await ApiClient.as("linus")).createList(unique("Linus's own"), ["Mine"]);

  let traffic: Traffic | undefined;
  const linus = await openWindow("linus", own, {
    prepare: (page) => {
      traffic = Traffic.of(page);
    },
  });
  if (!traffic) throw new Error("Nothing records Linus's traffic.");
  await linus.expectOnline();
  await expect(linus.todo("Mine")).toBeVisible();
  await expect.poll(() => traffic?.sockets).toBe(1);
  const framesBefore = traffic.framesReceived().length;

  const ada = await openWindow("ada", list);
  const grace = await openWindow("grace", list);
  await ada.add(canaries.whileOpen);
  await expect(grace.todo(canaries.whileOpen)).toBeVisible();
  await grace.rename(canaries.before, canaries.renamed);
  await expect(ada.todo(canaries.renamed)).toBeVisible();
  await ada.delete(canaries.whileOpen);
  await expect(grace.todo(canaries.whileOpen)).toHaveCount(0);
  const framesOfOthers = traffic.framesReceived().length - framesBefore;
  const secrets = [...Object.values(canaries), ...idsOf(await api.snapshot(), list.id)];

  // A write of his own makes him pull once more, after all of the above.
  await linus.add("Mine too");
  await linus.expectSynced();
  await linus.page.reload();
  await expect(linus.todo("Mine too")).toBeVisible();
  await linus.expectSynced();

  const received = await traffic.everythingReceived();
  const stored = await everythingStored(linus.page);
  expect(received, "the recording has what he may see").toContain("Mine too");
  expect(stored, "so does the dump").toContain("Mine too");
  expect(secrets.length).toBeGreaterThan(8);
  for (const secret of secrets) {
    expect(received.includes(secret), `received "${secret}"`).toBe(false);
    expect(stored.includes(secret), `stored "${secret}"`).toBe(false);
  }
  expect(framesOfOthers, "frames while others changed their list").toBe(0);
});

/** The ids of everything that belongs to a list. */
function idsOf(snapshot: Map<string, Record<string, unknown>[]>, listId: string): string[] {
  const ids = [listId];
  for (const rows of snapshot.values()) {
    for (const row of rows) if (row.listId === listId) ids.push(String(row.id));
    for (const row of rows) if (row.listId === listId && row.token) ids.push(String(row.token));
  }
  return ids;
}
